"""What is the first of its kind may begin on a day that has been: nothing was in force before it (see `is_first`)."""

from django.db import migrations, models
from django.db.models import F, Q

DECISION_FITS = """
CREATE OR REPLACE FUNCTION municipalities_decision_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM municipalities_proposal p JOIN municipalities_concern c ON c.proposal_id = p.id
        WHERE p.id = NEW.proposal_id AND p.state = 'proposed' AND {time}
          AND c.municipality_id = NEW.municipality_id
    ) THEN
        RAISE EXCEPTION 'proposal %: nothing to decide for %', NEW.proposal_id, NEW.municipality_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
AHEAD = "p.takes_effect_at > NEW.decided_at"


def changed(name, condition):
    return [
        migrations.RemoveConstraint(model_name="proposal", name=name),
        migrations.AddConstraint(
            model_name="proposal", constraint=models.CheckConstraint(condition=condition, name=name)
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("municipalities", "0006_governance_grants")]
    operations = [
        migrations.AddField("proposal", "is_first", models.BooleanField(default=False)),
        *changed("proposal_never_takes_effect_backwards", Q(is_first=True) | Q(takes_effect_at__gt=F("proposed_at"))),
        *changed(
            "proposal_adopted_before_it_takes_effect",
            ~Q(state="adopted") | Q(is_first=True) | Q(settled_at__lt=F("takes_effect_at")),
        ),
        migrations.RunSQL(DECISION_FITS.format(time=f"(p.is_first OR {AHEAD})"), DECISION_FITS.format(time=AHEAD)),
    ]
