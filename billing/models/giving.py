"""Pools that give to other pools: what was decided, from when until when, and what a run gave."""

from fractions import Fraction

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.models.columns import ENDS_AFTER_START
from billing.querysets import DatedQuerySet


class Giving(models.Model):
    """How much of a pool goes to other pools, from a first of a month (included) to another (excluded).

    By percent, `capacity` is 100. By units it is the whole capacity; what is neither given nor used by the
    municipalities (`own`, shared by the pool's own key) is idle, and `idle` carries it.
    """

    class Basis(models.TextChoices):
        PERCENT = "percent", pgettext_lazy("basis of giving", "percentages")
        UNITS = "units", pgettext_lazy("basis of giving", "units of a capacity")

    giver = models.ForeignKey("billing.Pool", on_delete=models.PROTECT, related_name="givings")
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    basis = models.CharField(max_length=10, choices=Basis)
    capacity = models.DecimalField(_("capacity"), max_digits=18, decimal_places=6)
    own = models.DecimalField(_("used by the municipalities"), max_digits=18, decimal_places=6)
    unit = models.CharField(_("unit"), max_length=40, blank=True)
    idle = models.ForeignKey(
        "billing.Pool", null=True, blank=True, on_delete=models.PROTECT, related_name="carries_idle_of"
    )
    decided_by = models.CharField(_("decided by"), max_length=120)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    reference = models.CharField(_("decision document"), max_length=120, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["giver__position", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["giver", "valid_from"], name="giving_one_a_day"),
            models.CheckConstraint(condition=ENDS_AFTER_START, name="giving_ends_after_start"),
            models.CheckConstraint(
                condition=Q(valid_from__day=1) & (Q(valid_to=None) | Q(valid_to__day=1)), name="giving_is_of_months"
            ),
            models.CheckConstraint(condition=Q(capacity__gt=0, own__gte=0), name="giving_has_a_capacity"),
            models.CheckConstraint(condition=Q(own__lte=F("capacity")), name="giving_within_capacity"),
            models.CheckConstraint(condition=~Q(basis="percent") | Q(capacity=100), name="giving_percent_of_100"),
            models.CheckConstraint(condition=Q(idle=None) | ~Q(idle=F("giver")), name="giving_idle_to_another"),
        ]

    def __str__(self):
        return f"{self.giver_id} {self.valid_from}"


class GivenPart(models.Model):
    """What one pool receives: percents or units. Never to the giver itself (a trigger refuses it)."""

    giving = models.ForeignKey(Giving, on_delete=models.PROTECT, related_name="parts")
    receiver = models.ForeignKey("billing.Pool", on_delete=models.PROTECT, related_name="receives")
    units = models.DecimalField(max_digits=18, decimal_places=6)

    class Meta:
        ordering = ["receiver__position"]
        constraints = [
            models.UniqueConstraint(fields=["giving", "receiver"], name="given_part_once"),
            models.CheckConstraint(condition=Q(units__gt=0), name="given_part_is_something"),
        ]

    def __str__(self):
        return f"{self.giving_id} {self.receiver_id} {self.units}"


class Transfer(models.Model):
    """What a pool received from another in a run: whole øre, with the exact share and rounding (øre) as text.

    Joint: pools are nobody's own, so every municipality reads it.
    """

    run = models.ForeignKey("billing.Run", on_delete=models.PROTECT, related_name="transfers")
    period = models.ForeignKey("billing.Period", on_delete=models.PROTECT, related_name="transfers")
    giver = models.ForeignKey("billing.Pool", on_delete=models.PROTECT, related_name="given")
    receiver = models.ForeignKey("billing.Pool", on_delete=models.PROTECT, related_name="received")
    share = models.TextField(blank=True)
    amount_ore = models.BigIntegerField()
    rounding = models.TextField(default="0")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "giver", "receiver"], name="transfer_once"),
            models.CheckConstraint(condition=~Q(giver=F("receiver")), name="transfer_to_another"),
        ]
        indexes = [models.Index(fields=["period"], name="transfer_by_period")]

    def __str__(self):
        return f"{self.run_id} {self.giver_id} {self.receiver_id} {self.amount_ore}"

    @property
    def exact_share(self) -> Fraction:
        """0 when there was nothing to share and no key was read."""
        return Fraction(self.share) if self.share else Fraction(0)

    @property
    def exact_rounding(self) -> Fraction:
        return Fraction(self.rounding)
