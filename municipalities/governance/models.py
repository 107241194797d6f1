"""What the municipalities decide together: a proposal, whom it concerns, what it does to each, and their answers.

A proposal and its totals are joint. What it does to the tickets of one municipality is that municipality's own. Who
decided is kept by name, as it was then: the people of another municipality are not there for the reader.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from municipalities.governance.querysets import ProposalQuerySet
from servicecenter.tenancy.querysets import OwnedQuerySet


def _person(**options):
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", **options)


def _owner():
    return models.ForeignKey("municipalities.Municipality", on_delete=models.PROTECT, related_name="+")


class Proposal(models.Model):
    """A change that gets force when every municipality concerned has said yes; never changed after it was made.

    `kind` names what is changed (see `kinds`), `subject` which one, `change` the new version as plain data. `effect`
    holds the totals per municipality code as they were when it was proposed, `effect_digest` their sha256. `is_first`:
    nothing of the kind was in force before, so nothing is judged anew when it begins on a day that has been.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", pgettext_lazy("proposal", "awaits decisions")
        ADOPTED = "adopted", pgettext_lazy("proposal", "adopted")
        REJECTED = "rejected", pgettext_lazy("proposal", "rejected")
        WITHDRAWN = "withdrawn", pgettext_lazy("proposal", "withdrawn")
        LAPSED = "lapsed", pgettext_lazy("proposal", "too late")

    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=80)
    title = models.CharField(_("what is changed"), max_length=120)
    reason = models.TextField(_("why"))
    change = models.JSONField()
    effect = models.JSONField(default=dict)
    effect_digest = models.CharField(max_length=64)
    takes_effect_at = models.DateTimeField(_("takes effect"))
    is_first = models.BooleanField(default=False)
    proposed_by = _person()
    proposed_by_name = models.CharField(max_length=120)
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    settled_at = models.DateTimeField(null=True)
    settled_by_name = models.CharField(max_length=120, blank=True)
    settled_note = models.CharField(max_length=300, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        app_label = "municipalities"
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(state="proposed"), name="proposal_one_open_per_subject"
            ),
            models.CheckConstraint(
                condition=Q(is_first=True) | Q(takes_effect_at__gt=F("proposed_at")),
                name="proposal_never_takes_effect_backwards",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", settled_at=None) | ~Q(state="proposed") & Q(settled_at__isnull=False),
                name="proposal_settled_has_an_instant",
            ),
            models.CheckConstraint(
                condition=~Q(state="adopted") | Q(is_first=True) | Q(settled_at__lt=F("takes_effect_at")),
                name="proposal_adopted_before_it_takes_effect",
            ),
        ]
        indexes = [models.Index(fields=["kind", "subject", "-proposed_at"], name="proposal_of_subject")]

    def __str__(self):
        return f"{self.kind} {self.subject} {self.takes_effect_at:%Y-%m-%d}"

    def get_absolute_url(self):
        return reverse("municipalities:proposal", args=[self.pk])

    def state_at(self, at):
        """The state at `at`: an undecided proposal whose day has come is too late, whether or not anybody said so."""
        is_late = self.state == self.State.PROPOSED and self.takes_effect_at <= at and not self.is_first
        return self.State.LAPSED if is_late else self.State(self.state)


class Concern(models.Model):
    """A municipality that must say yes; everybody may read who does."""

    municipality = _owner()
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="concerns")

    objects = OwnedQuerySet.as_manager()

    class Meta:
        app_label = "municipalities"
        ordering = ["municipality__code"]
        constraints = [models.UniqueConstraint(fields=["municipality", "proposal"], name="concern_once")]

    def __str__(self):
        return f"{self.proposal_id} {self.municipality_id}"


class EffectDetail(models.Model):
    """What a proposal did to one municipality when it was made, row by row: for that municipality and the desk only.

    `digest` is the sha256 of its whole effect, also of rows beyond those that `content` keeps.
    """

    municipality = _owner()
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="details")
    content = models.JSONField()
    digest = models.CharField(max_length=64)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        app_label = "municipalities"
        constraints = [models.UniqueConstraint(fields=["municipality", "proposal"], name="effect_detail_once")]

    def __str__(self):
        return f"{self.proposal_id} {self.municipality_id}"


class Decision(models.Model):
    """One municipality's yes or no, by whom, when, and where it stands in the minutes. Readable by all, final."""

    municipality = _owner()
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="decisions")
    is_yes = models.BooleanField()
    decided_by = _person()
    decided_by_name = models.CharField(max_length=120)
    decided_by_title = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField()
    reference = models.CharField(_("reference to the minutes"), max_length=160)
    note = models.TextField(_("note"), blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        app_label = "municipalities"
        ordering = ["decided_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["municipality", "proposal"], name="decision_once"),
            models.CheckConstraint(condition=~Q(reference=""), name="decision_names_the_minutes"),
        ]

    def __str__(self):
        return f"{self.proposal_id} {self.municipality_id} {'yes' if self.is_yes else 'no'}"
