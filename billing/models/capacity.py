"""Capacity that municipalities have, lend and sell each other, and the critical systems that stand on it."""

from fractions import Fraction

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.allocation.exchange import Trade
from billing.models.columns import actor, owner
from servicecenter.tenancy.querysets import OwnedQuerySet


class Resource(models.Model):
    """What is metered and traded. `pool` holds its cost, or `pool_percent` of it; without one no cost can be told."""

    code = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=80)
    unit = models.CharField(_("unit"), max_length=20)
    pool = models.ForeignKey("billing.Pool", null=True, blank=True, on_delete=models.PROTECT, related_name="resources")
    pool_percent = models.DecimalField(_("percent of the pool's cost"), max_digits=7, decimal_places=4, default=100)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(pool_percent__gt=0, pool_percent__lte=100), name="resource_part_of_pool"
            ),
        ]
        verbose_name = _("resource")
        verbose_name_plural = _("resources")

    def __str__(self):
        return self.name


class Holding(models.Model):
    """What one municipality owns of a resource in a month, and uses of it: a total, readable by all."""

    municipality = owner()
    period = models.ForeignKey("billing.Period", on_delete=models.PROTECT, related_name="holdings")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="holdings")
    owned = models.DecimalField(pgettext_lazy("capacity", "owned"), max_digits=18, decimal_places=4)
    used = models.DecimalField(pgettext_lazy("capacity", "used"), max_digits=18, decimal_places=4)
    source = models.CharField(_("source"), max_length=200, blank=True)
    measured_at = models.DateTimeField()
    measured_by = actor()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["municipality", "period", "resource"], name="holding_once"),
            models.CheckConstraint(condition=Q(owned__gte=0, used__gte=0), name="holding_not_negative"),
        ]

    def __str__(self):
        return f"{self.municipality_id} {self.resource_id} {self.used}/{self.owned}"


class CapacityTrade(models.Model):
    """Units that the municipality of the row lends or sells to `buyer` in a month, at a price the two agreed.

    `unit_price` is øre and may have decimals; `amount_ore` is units times price, half up. Append-only: a mistake is
    cancelled.
    """

    class Kind(models.TextChoices):
        LOAN = "loan", _("loan")
        SALE = "sale", _("sale")

    municipality = owner()
    buyer = owner()
    period = models.ForeignKey("billing.Period", on_delete=models.PROTECT, related_name="trades")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="trades")
    kind = models.CharField(max_length=10, choices=Kind)
    units = models.DecimalField(pgettext_lazy("capacity", "units"), max_digits=18, decimal_places=4)
    unit_price = models.DecimalField(_("price per unit"), max_digits=18, decimal_places=4)
    amount_ore = models.BigIntegerField(_("amount"))
    agreement = models.CharField(_("agreement"), max_length=120)
    entered_by = actor()
    entered_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["entered_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["municipality", "id"], name="capacity_trade_tenant_key"),
            models.CheckConstraint(condition=~Q(buyer=F("municipality")), name="capacity_trade_between_two"),
            models.CheckConstraint(condition=Q(units__gt=0, unit_price__gte=0), name="capacity_trade_of_something"),
        ]
        indexes = [models.Index(fields=["period", "municipality"], name="capacity_trade_by_period")]

    def __str__(self):
        return f"{self.municipality_id} → {self.buyer_id}: {self.units}"

    @property
    def exact(self) -> Trade:
        """As the exchange calculates with it, parties by municipality code."""
        return Trade(self.municipality.code, self.buyer.code, Fraction(self.units), Fraction(self.unit_price))


class TradeCancellation(models.Model):
    """A trade that does not count: the row that says so, by whom and why. The trade stays readable."""

    municipality = owner()
    trade = models.OneToOneField(CapacityTrade, on_delete=models.PROTECT, related_name="cancellation")
    period = models.ForeignKey("billing.Period", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=200)
    cancelled_by = actor()
    cancelled_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    def __str__(self):
        return str(self.trade_id)


class DataCentre(models.Model):
    """Where machines stand. Joint: every municipality shall know what it depends on."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    operated_by = models.CharField(_("operated by"), max_length=80)

    class Meta:
        ordering = ["name"]
        verbose_name = _("data centre")
        verbose_name_plural = _("data centres")

    def __str__(self):
        return self.name


class CriticalSystem(models.Model):
    """A system without which a municipality cannot do its duty, and how soon it must be back (hours)."""

    code = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=80)
    purpose = models.CharField(_("used for"), max_length=200)
    data_centre = models.ForeignKey(DataCentre, on_delete=models.PROTECT, related_name="systems")
    standby = models.ForeignKey(
        DataCentre, null=True, blank=True, on_delete=models.PROTECT, related_name="standby_systems",
        verbose_name=_("standby"),
    )  # fmt: skip
    recovery_hours = models.PositiveSmallIntegerField(_("back within, hours"))
    data_loss_minutes = models.PositiveIntegerField(_("data lost at most, minutes"))
    agreed_on = models.DateField(_("agreed on"))
    reference = models.CharField(_("agreement"), max_length=120)
    tested_on = models.DateField(_("recovery last tested"), null=True, blank=True)

    class Meta:
        ordering = ["recovery_hours", "name"]
        verbose_name = _("critical system")
        verbose_name_plural = _("critical systems")
        constraints = [
            models.CheckConstraint(condition=~Q(standby=F("data_centre")), name="critical_system_standby_elsewhere"),
        ]

    def __str__(self):
        return self.name


class Dependence(models.Model):
    """A municipality that cannot do its duty without the system; readable by all."""

    municipality = owner()
    system = models.ForeignKey(CriticalSystem, on_delete=models.CASCADE, related_name="dependences")
    duty = models.CharField(_("which duty"), max_length=120, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["municipality__code"]
        constraints = [models.UniqueConstraint(fields=["municipality", "system"], name="dependence_once")]

    def __str__(self):
        return f"{self.municipality_id} {self.system_id}"
