"""Quantities that keys share by, and what they were counted from."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.columns import actor, owner
from servicecenter.tenancy.querysets import OwnedQuerySet


class Driver(models.Model):
    """A quantity that keys share by. A stock is held on each day, a flow happened in the period."""

    class Nature(models.TextChoices):
        STOCK = "stock", _("stock")
        FLOW = "flow", _("flow")

    class Source(models.TextChoices):
        ENTERED = "entered", _("entered")
        TICKETS = "tickets", _("tickets of the desk")
        AGENT_MINUTES = "agent_minutes", _("time registered at the desk")

    code = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=80)
    nature = models.CharField(max_length=10, choices=Nature)
    unit = models.CharField(_("unit"), max_length=40)
    source = models.CharField(max_length=20, choices=Source, default=Source.ENTERED)
    weights = models.JSONField(_("weight of each priority"), null=True, blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(source="entered") | Q(nature="flow"), name="driver_of_the_desk_is_a_flow"
            ),
        ]

    def __str__(self):
        return self.name


class DriverValue(models.Model):
    """What one municipality has of a driver in a period: a total, readable by all. `digest` names its evidence."""

    municipality = owner()
    period = models.ForeignKey("billing.Period", on_delete=models.PROTECT, related_name="driver_values")
    driver = models.ForeignKey(Driver, on_delete=models.PROTECT, related_name="values")
    value = models.DecimalField(_("value"), max_digits=24, decimal_places=6)
    digest = models.CharField(max_length=64, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)
    measured_at = models.DateTimeField()
    measured_by = actor(null=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["municipality", "period", "driver"], name="driver_value_once"),
            models.UniqueConstraint(fields=["municipality", "id"], name="driver_value_tenant_key"),
            models.CheckConstraint(condition=Q(value__gte=0), name="driver_value_not_negative"),
        ]

    def __str__(self):
        return f"{self.driver_id} {self.municipality_id} {self.value}"


class DriverPart(models.Model):
    """A flow counted from `first` until the day before `end`, for a key that changes inside the month."""

    municipality = owner()
    period = models.ForeignKey("billing.Period", on_delete=models.PROTECT, related_name="driver_parts")
    value = models.ForeignKey(DriverValue, on_delete=models.PROTECT, related_name="parts")
    first = models.DateField()
    end = models.DateField()
    amount = models.DecimalField(max_digits=24, decimal_places=6)
    digest = models.CharField(max_length=64)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["value", "first", "end"], name="driver_part_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="driver_part_not_negative"),
            models.CheckConstraint(condition=Q(end__gt=models.F("first")), name="driver_part_ends_after_start"),
        ]

    def __str__(self):
        return f"{self.value_id} {self.first} {self.amount}"


class DriverEvidence(models.Model):
    """What a value was counted from: [[ticket number, quantity], …]. For the municipality and joint finance only."""

    municipality = owner()
    value = models.ForeignKey(DriverValue, on_delete=models.PROTECT, related_name="evidence")
    digest = models.CharField(max_length=64)
    content = models.JSONField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["value", "digest"], name="driver_evidence_once")]

    def __str__(self):
        return self.digest
