"""What is shared, how, and what everybody carries.

Amounts are whole øre. Tables without a municipality are joint: they hold nothing of one municipality. Totals (amounts
and driver values per municipality) are written in scope and read by all; direct lines, evidence and the snapshot of a
run are not. What a period in the states approved and closed rests on cannot change: triggers refuse it, to the owner
of the tables too (migration 0003).
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from billing.allocation.errors import AllocationError
from billing.querysets import (
    AllocationQuerySet,
    DatedQuerySet,
    LedgerLineQuerySet,
    OwnedDatedQuerySet,
    PeriodQuerySet,
    RunRequestQuerySet,
)
from municipalities.models import Municipality
from servicecenter.tenancy.querysets import OwnedQuerySet


def actor(**options):
    """Who did it. A plain key: staff of the shared centre act on every municipality's rows."""
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", **options)


def owner():
    return models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")


FIRST_OF_MONTH = Q(month__day=1)
ENDS_AFTER_START = Q(valid_to=None) | Q(valid_to__gt=F("valid_from"))


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


class Period(models.Model):
    """A calendar month of local time, from open lines to a closed bill. Its state only goes forward."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("period", "open")
        CALCULATED = "calculated", pgettext_lazy("period", "calculated")
        APPROVED = "approved", pgettext_lazy("period", "approved")
        CLOSED = "closed", pgettext_lazy("period", "closed")

    month = models.DateField(unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    calculated_by = actor(null=True)
    calculated_at = models.DateTimeField(null=True)
    approved_by = actor(null=True)
    approved_at = models.DateTimeField(null=True)
    closed_by = actor(null=True)
    closed_at = models.DateTimeField(null=True)

    objects = PeriodQuerySet.as_manager()

    class Meta:
        ordering = ["-month"]
        constraints = [
            models.CheckConstraint(condition=FIRST_OF_MONTH, name="period_is_a_month"),
            models.CheckConstraint(
                condition=Q(state="open") | Q(calculated_by__isnull=False, calculated_at__isnull=False),
                name="period_calculated_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "calculated"])
                | Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("calculated_by")),
                name="period_approved_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_by__isnull=False, closed_at__isnull=False),
                name="period_closed_by_somebody",
            ),
        ]

    def __str__(self):
        return self.code

    def get_absolute_url(self):
        return reverse("billing:period", args=[self.code])

    @property
    def code(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def end(self) -> date:
        """The first day of the next month."""
        return date(self.month.year + self.month.month // 12, self.month.month % 12 + 1, 1)

    @property
    def is_frozen(self):
        return self.state in (self.State.APPROVED, self.State.CLOSED)


class DriverValue(models.Model):
    """What one municipality has of a driver in a period: a total, readable by all. `digest` names its evidence."""

    municipality = owner()
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="driver_values")
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


class ImportBatch(models.Model):
    """One file of ledger lines that was read in."""

    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    line_count = models.PositiveIntegerField()
    known_count = models.PositiveIntegerField(default=0)
    created_by = actor(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self):
        return f"{self.name} {self.created_at:%Y-%m-%d}"


class Upload(models.Model):
    """A file of ledger lines between its preview and its import. Belongs to the shared centre."""

    municipality = owner()
    name = models.CharField(max_length=200)
    content = models.TextField()
    mapping = models.JSONField(default=dict)
    source = models.CharField(max_length=40)
    created_by = actor()
    created_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    def __str__(self):
        return self.name


class LedgerLine(models.Model):
    """One posting. A line of the shared centre is joint, a line of a municipality is carried by it alone (direct).

    Positive is cost, negative a credit. VAT that is not refunded is a line of its own; `vat_ore` is for information.
    Append-only: as long as its period is not approved, only its assignment (pool, municipality) may change.
    """

    municipality = owner()
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="lines")
    pool = models.ForeignKey(Pool, null=True, blank=True, on_delete=models.PROTECT, related_name="lines")
    source = models.CharField(_("source"), max_length=40)
    external_id = models.CharField(_("id in the accounts"), max_length=80)
    digest = models.CharField(max_length=64)
    document_ref = models.CharField(_("document"), max_length=80, blank=True)
    vendor = models.CharField(_("vendor"), max_length=120, blank=True)
    account = models.CharField(_("account"), max_length=40, blank=True)
    booked_on = models.DateField(_("booked on"))
    amount_ore = models.BigIntegerField(_("amount"))
    vat_ore = models.BigIntegerField(_("VAT"), default=0)
    text = models.CharField(_("text"), max_length=200, blank=True)
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, related_name="lines")
    assigned_by = actor(null=True)

    objects = LedgerLineQuerySet.as_manager()

    class Meta:
        ordering = ["booked_on", "external_id"]
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="ledger_line_once")]
        indexes = [models.Index(fields=["period", "pool", "municipality"], name="ledger_by_pool")]

    def __str__(self):
        return f"{self.source} {self.external_id}"


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


class Run(models.Model):
    """One calculation of a period, with its control sums in øre. `sha256` is that of its snapshot."""

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="runs")
    sha256 = models.CharField(max_length=64)
    engine_version = models.CharField(max_length=20)
    ledger_ore = models.BigIntegerField()
    allocated_ore = models.BigIntegerField()
    unallocated_ore = models.BigIntegerField()
    unassigned_count = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    created_by = actor(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period"], condition=Q(is_current=True), name="run_one_current"),
            models.UniqueConstraint(fields=["period", "sha256"], name="run_once_per_snapshot"),
            models.CheckConstraint(
                condition=Q(ledger_ore=F("allocated_ore") + F("unallocated_ore")), name="run_balances"
            ),
        ]

    def __str__(self):
        return f"{self.period_id} {self.sha256[:8]}"

    @property
    def control_number(self):
        """The start of the snapshot's digest, as printed on the statement."""
        return f"{self.sha256[:4]}-{self.sha256[4:8]}"


class Snapshot(models.Model):
    """All that a run read. Holds the direct lines of every municipality, so it belongs to the shared centre."""

    municipality = owner()
    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="snapshot")
    content = models.JSONField()

    objects = OwnedQuerySet.as_manager()

    def __str__(self):
        return str(self.run_id)


class Allocation(models.Model):
    """What a municipality carries of a pool in a run; without a pool, of the direct lines that name none.

    `share` and `rounding` (øre, less than one) are exact fractions as text: "29/80". A share is empty when the total
    is 0 and no key was read, and for direct cost.
    """

    municipality = owner()
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="allocations")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="allocations")
    pool = models.ForeignKey(Pool, null=True, on_delete=models.PROTECT, related_name="allocations")
    share = models.TextField(blank=True)
    amount_ore = models.BigIntegerField()
    rounding = models.TextField(default="0")
    is_tied = models.BooleanField(default=False)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "pool", "municipality"], nulls_distinct=False, name="allocation_once"
            )
        ]
        indexes = [models.Index(fields=["period", "municipality"], name="allocation_by_period")]

    def __str__(self):
        return f"{self.run_id} {self.pool_id} {self.municipality_id} {self.amount_ore}"

    @property
    def exact_share(self) -> Fraction | None:
        return Fraction(self.share) if self.share else None

    @property
    def exact_rounding(self) -> Fraction:
        return Fraction(self.rounding)


class ServiceFigure(models.Model):
    """How many promises of a kind were kept in a month: a total, readable by all. Written by billing.figures."""

    municipality = owner()
    month = models.DateField()
    kind = models.CharField(max_length=20)
    met = models.PositiveIntegerField(default=0)
    breached = models.PositiveIntegerField(default=0)
    excluded = models.PositiveIntegerField(default=0)
    undecided = models.PositiveIntegerField(default=0)
    measured_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["municipality", "month", "kind"], name="service_figure_once"),
            models.CheckConstraint(condition=FIRST_OF_MONTH, name="service_figure_is_of_a_month"),
        ]

    def __str__(self):
        return f"{self.municipality_id} {self.month:%Y-%m} {self.kind}"


class DeskFigure(models.Model):
    """Tickets received and solved in a week, and open at its end: totals, readable by all."""

    municipality = owner()
    monday = models.DateField()
    received = models.PositiveIntegerField()
    solved = models.PositiveIntegerField()
    still_open = models.PositiveIntegerField()
    measured_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["municipality", "monday"], name="desk_figure_once")]

    def __str__(self):
        return f"{self.municipality_id} {self.monday}"


class RunRequest(models.Model):
    """Somebody asked for a calculation. The row is the truth; the queue only wakes a worker.

    `fault` is what the allocation refused, as data, so that each reader reads the sentence in the own language.
    """

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="requests")
    requested_by = actor()
    requested_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)
    run = models.ForeignKey(Run, null=True, on_delete=models.PROTECT, related_name="requests")
    fault = models.JSONField(null=True)

    GAVE_UP = "GAVE_UP"

    objects = RunRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index("id", condition=Q(settled_at=None), name="run_request_waiting")]

    def __str__(self):
        return f"{self.period_id} {self.requested_at:%Y-%m-%d %H:%M}"

    @property
    def is_settled(self):
        return self.settled_at is not None

    def sentence(self, names: Mapping[str, Mapping[str, str]] | None = None) -> str:
        """Why there is no result, in words; `names` turns codes into names as in AllocationError."""
        if not self.fault:
            return ""
        if self.fault["code"] == self.GAVE_UP:
            return gettext("The calculation stopped several times without a result. Ask the administrator to look.")
        return self.fault.get("message") or self._error().sentence(names)

    def _error(self) -> AllocationError:
        fault = self.fault or {}
        where = dict(fault.get("where", {}))
        if "day" in where:
            where["day"] = date.fromisoformat(where["day"])
        reason, found = fault.get("reason", ""), fault.get("found", "")
        return AllocationError(fault["code"], reason, found=found, **where)
