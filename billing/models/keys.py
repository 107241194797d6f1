"""Pools, the keys that share them, who takes part and what was planned."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.columns import ENDS_AFTER_START, FIRST_OF_MONTH, owner
from billing.querysets import DatedQuerySet, OwnedDatedQuerySet


class Pool(models.Model):
    """A heap of cost that one key shares. A direct pool only names lines that each belong to one municipality."""

    code = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(_("order of calculation"), unique=True)
    is_direct = models.BooleanField(_("direct cost"), default=False)

    class Meta:
        ordering = ["position"]
        verbose_name = _("pool")
        verbose_name_plural = _("pools")

    def __str__(self):
        return self.name


class KeyVersion(models.Model):
    """How a pool is shared from a day (included) to a day (excluded), by whose decision.

    `definition` is a key as billing.allocation reads it, or {"type": "on_cost", "of": ["direct", "pool-code"]}.
    """

    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="key_versions")
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    definition = models.JSONField(_("definition"))
    label = models.CharField(_("short name"), max_length=60)
    sentence = models.CharField(_("in words"), max_length=300)
    decided_by = models.CharField(_("decided by"), max_length=120)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    reference = models.CharField(_("decision document"), max_length=120, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["pool__position", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "valid_from"], name="key_version_one_a_day"),
            models.CheckConstraint(condition=ENDS_AFTER_START, name="key_version_ends_after_start"),
        ]

    def __str__(self):
        return f"{self.pool_id} {self.valid_from}: {self.label}"

    @property
    def is_on_cost(self):
        return self.definition.get("type") == "on_cost"

    @property
    def driver_codes(self) -> list[str]:
        """Codes of the drivers that the key reads, in the order in which it names them."""
        return list(dict.fromkeys(_drivers_in(self.definition)))


def _drivers_in(definition):
    if isinstance(definition, dict):
        if definition.get("type") == "driver":
            yield definition["driver"]
        for inner in definition.values():
            yield from _drivers_in(inner)
    elif isinstance(definition, list):
        for inner in definition:
            yield from _drivers_in(inner)


class Participation(models.Model):
    """A municipality takes part in a pool from a day (included) to a day (excluded)."""

    municipality = owner()
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="participations")
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    objects = OwnedDatedQuerySet.as_manager()

    class Meta:
        ordering = ["pool__position", "municipality__code", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["municipality", "pool", "valid_from"], name="participation_one_a_day"),
            models.CheckConstraint(condition=ENDS_AFTER_START, name="participation_ends_after_start"),
        ]

    def __str__(self):
        return f"{self.municipality_id} {self.pool_id} {self.valid_from}"


class Budget(models.Model):
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="budgets")
    month = models.DateField()
    amount_ore = models.BigIntegerField(_("amount"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pool", "month"], name="budget_once"),
            models.CheckConstraint(condition=FIRST_OF_MONTH, name="budget_is_of_a_month"),
        ]

    def __str__(self):
        return f"{self.pool_id} {self.month:%Y-%m}"
