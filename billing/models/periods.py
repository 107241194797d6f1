"""The month: its state, its runs and what each municipality carries."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from billing.allocation.errors import AllocationError
from billing.models.columns import FIRST_OF_MONTH, actor, owner
from billing.querysets import AllocationQuerySet, PeriodQuerySet, RunRequestQuerySet
from servicecenter.tenancy.querysets import OwnedQuerySet


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

    @property
    def last_hash(self) -> str:
        """The seal of a closed month (64 hex digits), printed on its statements; empty before."""
        seal = getattr(self, "seal", None)
        return seal.sha256 if seal else ""


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
    pool = models.ForeignKey("billing.Pool", null=True, on_delete=models.PROTECT, related_name="allocations")
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

    stage = models.CharField(max_length=20, blank=True)

    GAVE_UP = "GAVE_UP"
    MEASURING, CALCULATING = "measuring", "calculating"
    STAGES = {
        "": _("waits for its turn"),
        MEASURING: _("counts tickets and time"),
        CALCULATING: _("shares the cost"),
    }

    objects = RunRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index("id", condition=Q(settled_at=None), name="run_request_waiting")]

    def __str__(self):
        return f"{self.period_id} {self.requested_at:%Y-%m-%d %H:%M}"

    @property
    def is_settled(self):
        return self.settled_at is not None

    @property
    def stage_name(self):
        """What the calculation is doing, for those who wait."""
        return self.STAGES.get(self.stage, "")

    @property
    def percent_done(self) -> int:
        """How far it is, in steps: waiting, counting, sharing."""
        return {"": 5, self.MEASURING: 35, self.CALCULATING: 70}.get(self.stage, 0)

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
