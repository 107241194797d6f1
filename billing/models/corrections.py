"""What was wrong in a closed month: corrected quantities, and the differences booked in a later month.

A closed month never changes. It is calculated anew from its own snapshot with late lines and corrected quantities, and
the difference is carried in the first open month (billing.corrections).
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.columns import actor, owner
from billing.querysets import CorrectionAmountQuerySet
from servicecenter.tenancy.querysets import OwnedQuerySet


class DriverCorrection(models.Model):
    """A quantity of a closed month as it should have been; the latest one counts. Append-only, a total read by all."""

    municipality = owner()
    period = models.ForeignKey("billing.Period", on_delete=models.PROTECT, related_name="driver_corrections")
    driver = models.ForeignKey("billing.Driver", on_delete=models.PROTECT, related_name="corrections")
    value = models.DecimalField(_("value"), max_digits=24, decimal_places=6)
    reason = models.CharField(_("reason"), max_length=200)
    measured_by = actor()
    measured_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(value__gte=0), name="driver_correction_not_negative"),
        ]

    def __str__(self):
        return f"{self.driver_id} {self.municipality_id} {self.value}"


class Correction(models.Model):
    """One recalculation of a closed month (`corrected`), booked in `period`. `sha256` is that of what it read."""

    corrected = models.ForeignKey("billing.Period", on_delete=models.PROTECT, related_name="corrections")
    period = models.ForeignKey("billing.Period", on_delete=models.PROTECT, related_name="booked_corrections")
    reason = models.CharField(_("reason"), max_length=200)
    sha256 = models.CharField(max_length=64)
    created_by = actor()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return f"{self.corrected_id} in {self.period_id}"


class CorrectionAmount(models.Model):
    """What a municipality carries more (or, negative, less) of a pool of the corrected month, in øre."""

    municipality = owner()
    correction = models.ForeignKey(Correction, on_delete=models.PROTECT, related_name="amounts")
    period = models.ForeignKey("billing.Period", on_delete=models.PROTECT, related_name="correction_amounts")
    pool = models.ForeignKey("billing.Pool", null=True, on_delete=models.PROTECT, related_name="+")
    amount_ore = models.BigIntegerField()

    objects = CorrectionAmountQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["correction", "pool", "municipality"], nulls_distinct=False, name="correction_amount_once"
            )
        ]

    def __str__(self):
        return f"{self.correction_id} {self.municipality_id} {self.amount_ore}"


class CorrectionSnapshot(models.Model):
    """All that a correction read. Holds direct lines of every municipality, so it belongs to the shared centre."""

    municipality = owner()
    correction = models.OneToOneField(Correction, on_delete=models.PROTECT, related_name="snapshot")
    content = models.JSONField()

    objects = OwnedQuerySet.as_manager()

    def __str__(self):
        return str(self.correction_id)
