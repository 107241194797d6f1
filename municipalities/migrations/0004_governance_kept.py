"""Joint decisions as the database keeps them: forward only, complete, within one's own municipality, never rewritten."""

from django.db import migrations

from servicecenter.tenancy.rls import append_only, protect, same_tenant

# What a proposal says never changes. It is adopted only with a yes of everybody concerned, and the concerned must be
# seen: without a scope they are hidden, and nothing is adopted.
FORWARD = """
CREATE FUNCTION municipalities_proposal_forward() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changing CONSTANT text[] := ARRAY['state', 'settled_at', 'settled_by_name', 'settled_note'];
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'proposed' OR (to_jsonb(NEW) - changing) <> (to_jsonb(OLD) - changing) THEN
        RAISE EXCEPTION 'proposal %: % is refused', OLD.id, TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'adopted' AND (
        NOT EXISTS (SELECT FROM municipalities_concern WHERE proposal_id = NEW.id)
        OR EXISTS (
            SELECT FROM municipalities_concern c WHERE c.proposal_id = NEW.id AND NOT EXISTS (
                SELECT FROM municipalities_decision d
                WHERE d.proposal_id = c.proposal_id AND d.municipality_id = c.municipality_id AND d.is_yes))
    ) THEN
        RAISE EXCEPTION 'proposal %: not everybody concerned has said yes', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
MADE_OPEN = """
CREATE FUNCTION municipalities_proposal_made_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'proposed' THEN
        RAISE EXCEPTION 'a proposal begins undecided' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""
# A decision needs a proposal that is open, and a municipality that it concerns.
DECISION_FITS = """
CREATE FUNCTION municipalities_decision_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM municipalities_proposal p JOIN municipalities_concern c ON c.proposal_id = p.id
        WHERE p.id = NEW.proposal_id AND p.state = 'proposed' AND p.takes_effect_at > NEW.decided_at
          AND c.municipality_id = NEW.municipality_id
    ) THEN
        RAISE EXCEPTION 'proposal %: nothing to decide for %', NEW.proposal_id, NEW.municipality_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
FUNCTIONS = {
    "municipalities_proposal_forward()": FORWARD,
    "municipalities_proposal_made_open()": MADE_OPEN,
    "municipalities_decision_fits()": DECISION_FITS,
}


def trigger(name, table, events, function, level="ROW"):
    return migrations.RunSQL(
        f"CREATE TRIGGER {name} BEFORE {events} ON municipalities_{table} FOR EACH {level} EXECUTE FUNCTION {function}",
        f"DROP TRIGGER {name} ON municipalities_{table}",
    )


class Migration(migrations.Migration):
    dependencies = [("municipalities", "0003_governance"), ("tenancy", "0001_refuse_change")]
    operations = [
        protect("municipalities_concern", readable="totals"),
        protect("municipalities_decision", readable="totals"),
        protect("municipalities_effectdetail"),
        # Who decides belongs to the municipality that decides, whatever the person was granted.
        same_tenant("municipalities_decision", "decided_by_id", "municipalities_person"),
        append_only("municipalities_concern"),
        append_only("municipalities_decision"),
        append_only("municipalities_effectdetail"),
        *(migrations.RunSQL(body, f"DROP FUNCTION {name}") for name, body in FUNCTIONS.items()),
        trigger("made_open", "proposal", "INSERT", "municipalities_proposal_made_open()"),
        trigger("forward", "proposal", "UPDATE OR DELETE", "municipalities_proposal_forward()"),
        trigger("never_truncated", "proposal", "TRUNCATE", "refuse_change()", level="STATEMENT"),
        trigger("fits", "decision", "INSERT", "municipalities_decision_fits()"),
    ]
