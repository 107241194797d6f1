"""What each municipality's own it cost before, what was promised, and what has been learnt. Totals, readable by all."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.columns import actor, owner
from servicecenter.tenancy.querysets import OwnedQuerySet


class IndexSeries(models.Model):
    """How prices of one kind have moved, year by year: wages, licences, hosting."""

    code = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=80)
    source = models.CharField(_("source"), max_length=200, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class IndexValue(models.Model):
    series = models.ForeignKey(IndexSeries, on_delete=models.PROTECT, related_name="values")
    year = models.PositiveSmallIntegerField(_("year"))
    value = models.DecimalField(_("index"), max_digits=10, decimal_places=4)

    class Meta:
        ordering = ["year"]
        constraints = [
            models.UniqueConstraint(fields=["series", "year"], name="index_value_once"),
            models.CheckConstraint(condition=Q(value__gt=0), name="index_value_above_zero"),
        ]

    def __str__(self):
        return f"{self.series_id} {self.year}"


class Baseline(models.Model):
    """The business case of a municipality: its own cost in the base year, and the yearly saving promised, in øre."""

    municipality = owner()
    base_year = models.PositiveSmallIntegerField(_("base year"))
    promised_ore = models.BigIntegerField(_("promised saving a year"))
    scope = models.TextField(_("what is counted, one thing a line"), blank=True)
    approved_by = models.CharField(_("approved by"), max_length=120, blank=True)
    approved_on = models.DateField(_("approved on"), null=True, blank=True)
    reference = models.CharField(_("decision document"), max_length=120, blank=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["municipality"], name="baseline_once"),
            models.UniqueConstraint(fields=["municipality", "id"], name="baseline_tenant_key"),
            models.CheckConstraint(condition=Q(promised_ore__gte=0), name="baseline_promise_not_negative"),
        ]

    def __str__(self):
        return f"{self.municipality_id} {self.base_year}"


class BaselinePart(models.Model):
    """A part of the baseline with its own volume and index series. Yearly amounts in øre; `base_volume` as the driver
    counts: its average for a stock, its sum over the base year for a flow. Without a driver nothing varies.
    """

    municipality = owner()
    baseline = models.ForeignKey(Baseline, on_delete=models.CASCADE, related_name="parts")
    name = models.CharField(_("name"), max_length=80)
    fixed_ore = models.BigIntegerField(_("fixed cost"), default=0)
    variable_ore = models.BigIntegerField(_("variable cost"), default=0)
    driver = models.ForeignKey("billing.Driver", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    base_volume = models.DecimalField(
        _("volume in the base year"), max_digits=24, decimal_places=6, null=True, blank=True
    )
    series = models.ForeignKey(IndexSeries, on_delete=models.PROTECT, related_name="+", verbose_name=_("price index"))

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(variable_ore=0) | Q(driver__isnull=False, base_volume__gt=0),
                name="baseline_part_varies_by_something",
            ),
        ]

    def __str__(self):
        return self.name


class HomeCost(models.Model):
    """What a municipality still spends at home on the same scope in a year, and what happened once, in øre."""

    municipality = owner()
    year = models.PositiveSmallIntegerField(_("year"))
    running_ore = models.BigIntegerField(_("running cost at home"))
    one_off_ore = models.BigIntegerField(_("cost that happens once"), default=0)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["year"]
        constraints = [models.UniqueConstraint(fields=["municipality", "year"], name="home_cost_once")]

    def __str__(self):
        return f"{self.municipality_id} {self.year}"


class Lesson(models.Model):
    """What somebody learnt that others may read: no person is named in the published account, only the municipality."""

    municipality = owner()
    title = models.CharField(_("in one line"), max_length=120)
    text = models.TextField(_("what we learnt"), max_length=2000)
    created_by = actor()
    created_at = models.DateTimeField()
    is_withdrawn = models.BooleanField(default=False)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self):
        return self.title
