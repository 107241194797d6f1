"""Service levels as rows: counted figures and verdicts per municipality and month, and their frozen copies.

The figures are totals that every municipality may read. They are counted anew each night until the month is closed; at
closing they are copied into tables that the database itself refuses to change. Whatever happens later to the tickets
of a closed month is seen in the figures that go on being counted, as restated beside the frozen ones.
"""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from servicecenter.tenancy.querysets import OwnedQuerySet

FIRST_OF_MONTH = Q(month__day=1)


class LevelKind(models.TextChoices):
    """What is counted: the five clocks, and the four parts of proximity."""

    FIRST_RESPONSE = "first_response", _("First reply in time")
    NEXT_UPDATE = "next_update", _("Next update in time")
    RESOLUTION = "resolution", _("Solved in time")
    OLA = "ola", _("Queue visit in time")
    VENDOR = "vendor", _("Vendor in time")
    FIRST_CONTACT = "first_contact", _("Solved at first contact")
    PHONE = "phone", _("Reached a person within 60 seconds")
    VISIT = "visit", _("On-site visit in time")
    SATISFACTION = "satisfaction", _("Satisfied (4 or 5 of 5)")


CLOCKS = (LevelKind.FIRST_RESPONSE, LevelKind.NEXT_UPDATE, LevelKind.RESOLUTION)
PROXIMITY = (LevelKind.FIRST_CONTACT, LevelKind.PHONE, LevelKind.VISIT, LevelKind.SATISFACTION)
JUDGED = (*CLOCKS, *PROXIMITY)


def _owner():
    return models.ForeignKey("municipalities.Municipality", on_delete=models.PROTECT, related_name="+")


class FigureColumns(models.Model):
    """One cell of what was counted. Seconds are open seconds.

    `subject`: the vendor's or queue's code, the kind of place of a visit, else ''. `elapsed` holds the elapsed of each
    decided clock, so that medians of any sum of cells are exact; a broken promise that still runs stands there with
    what was used when it broke. `counted_s` and the waits sum up elapsed and paused time of the decided clocks.
    The `repeated_` ones are part of met, breached and elapsed: further clocks of a major incident that has one in this
    municipality already, which are left out when service is compared.
    """

    municipality = _owner()
    month = models.DateField()
    kind = models.CharField(max_length=20, choices=LevelKind)
    subject = models.CharField(max_length=60, blank=True)
    service = models.ForeignKey("tickets.Service", null=True, on_delete=models.PROTECT, related_name="+")
    category = models.ForeignKey("tickets.Category", null=True, on_delete=models.PROTECT, related_name="+")
    priority = models.PositiveSmallIntegerField(null=True)
    met = models.PositiveIntegerField(default=0)
    breached = models.PositiveIntegerField(default=0)
    excluded = models.PositiveIntegerField(default=0)
    undecided = models.PositiveIntegerField(default=0)
    voided = models.PositiveIntegerField(default=0)
    by_priority_change = models.PositiveIntegerField(default=0)
    reopened = models.PositiveIntegerField(default=0)
    elapsed = ArrayField(models.PositiveIntegerField(), default=list)
    counted_s = models.BigIntegerField(default=0)
    repeated_met = models.PositiveIntegerField(default=0)
    repeated_breached = models.PositiveIntegerField(default=0)
    repeated_elapsed = ArrayField(models.PositiveIntegerField(), default=list)
    waiting_requester_s = models.BigIntegerField(default=0)
    waiting_planned_s = models.BigIntegerField(default=0)
    waiting_vendor_s = models.BigIntegerField(default=0)
    waiting_third_party_s = models.BigIntegerField(default=0)
    measured_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        abstract = True
        app_label = "tickets"
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "month", "kind", "subject", "service", "category", "priority"],
                nulls_distinct=False,
                name="%(class)s_once",
            ),
            models.CheckConstraint(condition=FIRST_OF_MONTH, name="%(class)s_is_of_a_month"),
        ]

    def __str__(self):
        return f"{self.municipality_id} {self.month:%Y-%m} {self.kind}"


class LevelFigure(FigureColumns):
    """As counted last."""

    class Meta(FigureColumns.Meta):
        indexes = [models.Index(fields=["month", "kind"], name="level_figure_by_month")]


class FrozenFigure(FigureColumns):
    """As counted when the month was closed."""

    class Meta(FigureColumns.Meta):
        indexes = [models.Index(fields=["month", "kind"], name="frozen_figure_by_month")]


class VerdictColumns(models.Model):
    """How one municipality was served beside the others, over the `span` months that end with `month`.

    `margin_points` are the percentage points agreed beforehand. `result` holds what the statistics say, by the names of
    tickets.sla.equality, with the seed of the interval of times.
    """

    municipality = _owner()
    month = models.DateField()
    span = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=LevelKind)
    verdict = models.CharField(max_length=10)
    margin_points = models.DecimalField(max_digits=4, decimal_places=1)
    result = models.JSONField()
    measured_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        abstract = True
        app_label = "tickets"
        constraints = [
            models.UniqueConstraint(fields=["municipality", "month", "span", "kind"], name="%(class)s_once"),
            models.CheckConstraint(condition=FIRST_OF_MONTH, name="%(class)s_is_of_a_month"),
        ]

    def __str__(self):
        return f"{self.municipality_id} {self.month:%Y-%m} {self.kind}: {self.verdict}"


class EqualityVerdict(VerdictColumns):
    """As judged last."""


class FrozenVerdict(VerdictColumns):
    """As judged when the month was closed."""


class LevelMonth(models.Model):
    """A month that somebody closes. Asked for first, closed by a worker: from `closed_at` on nothing of it changes."""

    month = models.DateField(unique=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "tickets"
        ordering = ["-month"]
        constraints = [models.CheckConstraint(condition=FIRST_OF_MONTH, name="level_month_is_a_month")]

    def __str__(self):
        return f"{self.month:%Y-%m}"


class EqualityMargin(models.Model):
    """Within how many percentage points service counts as equal: decided by people, beforehand, and never changed.

    A later decision is a new row; it counts from the months of its `valid_from` on, all of which are still open.
    """

    DEFAULT = Decimal("5.0")

    points = models.DecimalField(_("percentage points"), max_digits=4, decimal_places=1)
    valid_from = models.DateField(_("counts from the month"))
    decided_by = models.CharField(_("decided by"), max_length=120)
    decided_on = models.DateField(_("decided on"))
    reference = models.CharField(_("reference to the minutes"), max_length=200, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        app_label = "tickets"
        ordering = ["valid_from", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0, points__lte=50), name="equality_margin_is_a_share"),
            models.CheckConstraint(condition=Q(valid_from__day=1), name="equality_margin_from_a_month"),
            models.UniqueConstraint(fields=["valid_from"], name="equality_margin_one_a_month"),
        ]

    def __str__(self):
        return f"{self.points} {self.valid_from:%Y-%m}"
