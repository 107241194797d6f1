from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servicecenter.tenancy.querysets import OwnedQuerySet


class ImportedJudgement(models.Model):
    """One imported incident: our judgement of its solution beside the export's own, as compared last.

    Seconds: `elapsed_s` and `target_s` open ones by our law; `closed_after_s` from opening to closing by the clock on
    the wall, and `limit_s` the export's own limit for that, as its figures tell it.
    """

    class Outcome(models.TextChoices):
        KEPT = "kept", pgettext_lazy("promise", "kept")
        MISSED = "missed", pgettext_lazy("promise", "missed")
        UNDECIDED = "undecided", _("undecided")
        NOT_COUNTED = "not counted", _("not counted")
        UNKNOWN = "not told", _("not told")

    class Cause(models.TextChoices):
        END = "end", _("End: the export counts until the incident is closed, we until it is solved")
        PAUSES = "pauses", _("Pauses: waiting does not stop the clock of the export")
        REOPENED = "reopened", _("Reopened: the export judges at the first solution")
        PRIORITY = "priority", _("Priority: the export judges by the last priority from the start")
        CALENDAR = "calendar", _("Calendar: the export counts round the clock")
        TARGET = "target", _("Target: the export’s own limit, as its figures tell it, is another")
        UNEXPLAINED = "unexplained", _("Unexplained by any single change")

    municipality = models.ForeignKey("municipalities.Municipality", on_delete=models.PROTECT, related_name="+")
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="+")
    incident = models.CharField(max_length=60)
    priority = models.PositiveSmallIntegerField()
    ours = models.CharField(max_length=12, choices=Outcome)
    theirs = models.CharField(max_length=12, choices=Outcome)
    cause = models.CharField(max_length=12, choices=Cause, blank=True)
    elapsed_s = models.PositiveIntegerField()
    target_s = models.PositiveIntegerField(null=True)
    closed_after_s = models.PositiveIntegerField(null=True)
    limit_s = models.PositiveIntegerField(null=True)
    compared_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        app_label = "tickets"
        ordering = ["incident"]
        constraints = [models.UniqueConstraint(fields=["ticket"], name="imported_judgement_once")]

    def __str__(self):
        return f"{self.incident}: {self.ours}, {self.theirs}"
