"""The year: budget shared by a key, on-account instalments, and contracts that bind beyond a month."""

from fractions import Fraction

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.columns import FIRST_OF_MONTH, actor, owner
from servicecenter.tenancy.querysets import OwnedQuerySet


class BudgetPlan(models.Model):
    """The year's budget as it was shared once, by the shares of one run (`basis`): the budget's key."""

    year = models.PositiveSmallIntegerField(unique=True)
    basis = models.ForeignKey("billing.Run", on_delete=models.PROTECT, related_name="+")
    created_by = actor()
    created_at = models.DateTimeField()

    def __str__(self):
        return str(self.year)


class BudgetShare(models.Model):
    """A municipality's part of a pool's yearly budget in øre; `share` is exact, as text ("29/80")."""

    municipality = owner()
    plan = models.ForeignKey(BudgetPlan, on_delete=models.CASCADE, related_name="shares")
    pool = models.ForeignKey("billing.Pool", on_delete=models.PROTECT, related_name="+")
    share = models.TextField()
    amount_ore = models.BigIntegerField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["municipality", "plan", "pool"], name="budget_share_once"),
        ]

    def __str__(self):
        return f"{self.plan_id} {self.pool_id} {self.municipality_id}"

    @property
    def exact_share(self) -> Fraction:
        return Fraction(self.share)


class Instalment(models.Model):
    """What a municipality is invoiced on account for a month, in øre. Twelve a year; the first carry the odd øre."""

    municipality = owner()
    plan = models.ForeignKey(BudgetPlan, on_delete=models.CASCADE, related_name="instalments")
    number = models.PositiveSmallIntegerField()
    month = models.DateField()
    amount_ore = models.BigIntegerField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["municipality", "plan", "number"], name="instalment_once"),
            models.CheckConstraint(condition=FIRST_OF_MONTH, name="instalment_is_of_a_month"),
        ]

    def __str__(self):
        return f"{self.plan_id} {self.number} {self.municipality_id}"


class Contract(models.Model):
    """An agreement with a vendor that binds the community: until its end, or until its notice runs out."""

    number = models.CharField(_("number"), max_length=40, unique=True)
    vendor = models.CharField(_("vendor"), max_length=120)
    name = models.CharField(_("what it is for"), max_length=120)
    pool = models.ForeignKey("billing.Pool", on_delete=models.PROTECT, related_name="contracts", verbose_name=_("pool"))
    monthly_ore = models.BigIntegerField(_("cost a month"))
    valid_to = models.DateField(_("ends on"), null=True, blank=True)
    notice_months = models.PositiveSmallIntegerField(_("months of notice"), default=0)

    class Meta:
        ordering = ["vendor", "number"]
        constraints = [models.CheckConstraint(condition=Q(monthly_ore__gte=0), name="contract_costs_something")]

    def __str__(self):
        return f"{self.vendor}, {self.name}"
