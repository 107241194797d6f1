"""Calendars and agreements as data, and the stored copy of each ticket's clocks."""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from servicecenter.tenancy.querysets import OwnedQuerySet
from tickets.sla.calendar import Calendar as Hours
from tickets.sla.errors import SlaError


class Calendar(models.Model):
    code = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=80)
    timezone = models.CharField(_("time zone"), max_length=60, default="Europe/Copenhagen")
    # With closing days of its own; then it concerns nobody else. Empty: joint.
    for_municipality = models.ForeignKey(
        "municipalities.Municipality", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        app_label = "tickets"

    def __str__(self):
        return self.name

    def as_dict(self, *, adding=None):
        """The plain form that the calculation reads."""
        versions = [version.as_dict() for version in self.versions.all() if adding is None or version.pk != adding.pk]
        return {"timezone": self.timezone, "versions": versions + ([adding.as_dict()] if adding else [])}


class CalendarVersion(models.Model):
    """Opening hours from a local date on. Earlier days keep the version that was in force then."""

    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="versions")
    valid_from = models.DateField(_("valid from"))
    weekly = models.JSONField(_("weekly hours"), default=dict)
    holidays = ArrayField(models.DateField(), default=list, blank=True)
    exceptions = models.JSONField(_("exceptions"), default=dict, blank=True)

    class Meta:
        app_label = "tickets"
        ordering = ["valid_from"]
        constraints = [models.UniqueConstraint(fields=["calendar", "valid_from"], name="calendar_one_version_a_day")]

    def __str__(self):
        return f"{self.calendar} {self.valid_from}"

    def clean(self):
        try:
            Hours.parse(self.calendar.as_dict(adding=self), code=self.calendar.code)
        except SlaError as error:
            raise ValidationError(str(error)) from error

    def as_dict(self):
        return {
            "valid_from": self.valid_from.isoformat(),
            "weekly": self.weekly,
            "holidays": [day.isoformat() for day in self.holidays],
            "exceptions": self.exceptions,
        }


class Replanning(models.Model):
    """A calendar got a new version: the plans of the clocks that run in it are made anew, before its first day.

    Once that day has come, none of them is fired before it is `done` (`sla.due`). Tickets up to `reached_ticket` are.
    """

    version = models.OneToOneField(CalendarVersion, on_delete=models.PROTECT, related_name="replanning")
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    tickets = models.PositiveIntegerField(null=True)
    reached_ticket = models.BigIntegerField(default=0)

    class Meta:
        app_label = "tickets"
        indexes = [models.Index("id", condition=Q(done_at=None), name="replanning_waiting")]

    def __str__(self):
        return str(self.version)


class Agreement(models.Model):
    """What is promised. First match counts: service and municipality, service, municipality, default."""

    code = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=80)
    service = models.ForeignKey("tickets.Service", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    for_municipality = models.ForeignKey(
        "municipalities.Municipality", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        app_label = "tickets"
        constraints = [
            models.UniqueConstraint(
                fields=["service", "for_municipality"], nulls_distinct=False, name="agreement_one_per_scope"
            )
        ]

    def __str__(self):
        return self.name


class AgreementVersion(models.Model):
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="versions")
    valid_from = models.DateTimeField(_("valid from"))
    terms = models.JSONField(_("terms"))

    class Meta:
        app_label = "tickets"
        ordering = ["valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "valid_from"], name="agreement_one_version_an_instant")
        ]

    def __str__(self):
        return f"{self.agreement} {self.valid_from:%Y-%m-%d}"

    @property
    def code(self):
        """How a ticket's events name the version that counts."""
        return f"{self.agreement.code}@{self.pk}"


class Clock(models.Model):
    """One promise on one ticket, as of its last change: a copy that `sla.keeping` makes again from the events.

    `elapsed_s` and `paused_s` are open seconds as of `anchor_at`. `plan_at` and `plan_percent` hold the instants at
    which the clock will warn (percent below 100) and breach (100) if nothing more happens; `next_at` is the first.
    """

    municipality = models.ForeignKey(
        "municipalities.Municipality", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="clocks", db_index=False)
    kind = models.CharField(max_length=20)
    cycle = models.PositiveIntegerField()
    subject = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=12)
    is_paused = models.BooleanField(default=False)
    calendar = models.CharField(max_length=60, blank=True)
    started_at = models.DateTimeField()
    anchor_at = models.DateTimeField()
    elapsed_s = models.PositiveIntegerField()
    paused_s = models.PositiveIntegerField()
    target_s = models.PositiveIntegerField(null=True)
    due_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    cause = models.CharField(max_length=20, blank=True)
    void_reason = models.CharField(max_length=200, blank=True)
    plan_at = ArrayField(models.DateTimeField(), default=list)
    plan_percent = ArrayField(models.PositiveSmallIntegerField(), default=list)
    next_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        app_label = "tickets"
        constraints = [
            models.UniqueConstraint(fields=["ticket", "kind", "cycle"], name="clock_once_per_cycle"),
            models.CheckConstraint(
                condition=Q(next_at__isnull=True) | Q(stopped_at__isnull=True), name="clock_stopped_is_never_due"
            ),
        ]
        indexes = [models.Index("next_at", "id", condition=Q(next_at__isnull=False), name="clock_due")]

    def __str__(self):
        return f"{self.kind} {self.cycle}: {self.state}"


class ClockFailure(models.Model):
    """A clock that cannot be fired, with the last reason; the row goes when it is fired or tried again by hand."""

    REASON_LENGTH = 300

    municipality = models.ForeignKey("municipalities.Municipality", on_delete=models.PROTECT, related_name="+")
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="clock_failures")
    kind = models.CharField(max_length=20)
    cycle = models.PositiveIntegerField()
    tries = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=REASON_LENGTH)
    failed_at = models.DateTimeField()
    is_set_aside = models.BooleanField(default=False)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        app_label = "tickets"
        ordering = ["failed_at", "id"]
        constraints = [models.UniqueConstraint(fields=["ticket", "kind", "cycle"], name="clock_failure_once")]

    def __str__(self):
        return f"{self.kind} {self.cycle}: {self.reason}"


class ClockEffect(models.Model):
    """A warning (percent below 100) or a breach (100): exactly one row each, at its exact instant."""

    municipality = models.ForeignKey(
        "municipalities.Municipality", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="clock_effects", db_index=False)
    kind = models.CharField(max_length=20)
    cycle = models.PositiveIntegerField()
    percent = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    found_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        app_label = "tickets"
        constraints = [models.UniqueConstraint(fields=["ticket", "kind", "cycle", "percent"], name="clock_effect_once")]

    def __str__(self):
        return f"{self.kind} {self.percent} %"
