"""The steps of a month: lines are assigned, it is calculated, approved by another person, and closed.

Each verb locks the period, checks, writes and records in one transaction. What the database refuses on its own
(migration 0003) is checked here first, to say it in words.
"""

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing import evidence
from billing.allocation import runs
from billing.allocation.cascade import Step
from billing.measuring import PeriodFrozen, lock
from billing.models import Allocation, AssignmentRule, LedgerLine, Period, Pool, Run, RunRequest, Snapshot, Transfer
from billing.plans import Plan, check_scope, digest_of, plan_of
from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken

ENGINE_VERSION = "1"


class NotCalculated(RuleBroken):
    def __init__(self):
        super().__init__(_("The month is not calculated yet. Calculate it first."))


class CalculationIsOld(RuleBroken):
    def __init__(self):
        super().__init__(_("Lines, keys or quantities changed since the month was calculated. Calculate it again."))


class LinesUnassigned(RuleBroken):
    def __init__(self, count: int):
        super().__init__(
            _("%(count)s lines belong to no pool and to no municipality. Assign them, then calculate again.")
            % {"count": count}
        )


class LateLinesUncorrected(RuleBroken):
    def __init__(self, count: int):
        super().__init__(
            _("%(count)s late lines belong to months that are closed. Book their corrections, then approve.")
            % {"count": count}
        )


class SamePerson(RuleBroken):
    def __init__(self):
        super().__init__(_("You calculated this month yourself. Another person must approve it."))


class NotApproved(RuleBroken):
    def __init__(self):
        super().__init__(_("The month is not approved, or it is closed already. Load the page again to see its state."))


class WrongPool(RuleBroken):
    def __init__(self):
        super().__init__(
            _("One municipality's line needs a direct pool, and a joint line a shared one. Choose another.")
        )


@transaction.atomic
def assign(
    line: LedgerLine,
    *,
    pool: Pool | None,
    municipality: Municipality | None = None,
    by: Person,
    rule: AssignmentRule | None = None,
) -> LedgerLine:
    """Say which pool shares a line or, with a municipality, who alone carries it. `pool` may then be a direct one.

    `rule` is the rule that decided, when it was not the person. Raises PeriodFrozen and WrongPool.
    """
    lock(line.period)
    if pool and pool.is_direct != bool(municipality):
        raise WrongPool
    owner = municipality or Municipality.objects.operator()
    line.pool, line.municipality, line.assigned_by, line.assigned_rule = pool, owner, by, rule
    line.save(update_fields=["pool", "municipality", "assigned_by", "assigned_rule"])
    AuditEntry.objects.record(
        "line_assigned", municipality_id=owner.pk, actor=by, subject=str(line)[:200], pool=pool.code if pool else "",
        rule=rule.pk if rule else None,
    )  # fmt: skip
    return line


@transaction.atomic
def request_run(period: Period, *, by: Person, at: datetime | None = None) -> RunRequest:
    """Ask for a calculation: a row first, the task second. A request that still waits is not doubled."""
    from billing.tasks import calculate_period

    period = lock(period)
    at = at or timezone.now()
    waiting = period.requests.filter(settled_at=None).first()
    request = waiting or RunRequest.objects.create(period=period, requested_by=by, requested_at=at)
    calculate_period.delay_on_commit(request.pk, scope=everybody())  # type: ignore[attr-defined]
    return request


def everybody() -> list[int]:
    """The scope in which a month is calculated: every municipality and the shared centre."""
    return sorted(Municipality.objects.values_list("pk", flat=True))


@transaction.atomic
def calculate(period: Period, *, by: Person, at: datetime | None = None) -> Run:
    """Share the month's cost. The same lines, keys and quantities give the run there is, and write nothing.

    Raises AllocationError when the allocation refuses, and RuleBroken when the month cannot be calculated.
    """
    period, at = lock(period), at or timezone.now()
    plan = plan_of(period)
    digest = digest_of(plan)
    run = period.runs.filter(sha256=digest).first()
    if run and run.is_current:
        return run
    result = runs.run(runs.read_plan(plan))
    period.runs.filter(is_current=True).update(is_current=False)
    if run:
        run.is_current = True
        run.save(update_fields=["is_current"])
    else:
        run = _write(period, plan, digest, result, by=by, at=at)
    period.state, period.calculated_by, period.calculated_at = Period.State.CALCULATED, by, at
    period.save()
    _record("period_calculated", period, by=by, at=at, run=run)
    return run


@transaction.atomic
def approve(period: Period, *, by: Person, at: datetime | None = None) -> Period:
    """Another person accepts the month: every line is assigned, the sums agree, and nothing changed since the run.

    The tickets behind the quantities are kept with it. Raises QuantityIsOld when they give another sum by now.
    """
    period, at = Period.objects.select_for_update().get(pk=period.pk), at or timezone.now()
    if period.is_frozen:
        raise PeriodFrozen
    run = period.runs.filter(is_current=True).first()
    if run is None:
        raise NotCalculated
    if run.unassigned_count:
        raise LinesUnassigned(run.unassigned_count)
    if late := LedgerLine.objects.filter(period=period, correction=None).late().count():
        raise LateLinesUncorrected(late)
    if digest_of(plan_of(period)) != run.sha256:
        raise CalculationIsOld
    if period.calculated_by_id == by.pk:
        raise SamePerson
    evidence.keep(period)
    period.state, period.approved_by, period.approved_at = Period.State.APPROVED, by, at
    period.save()
    _record("period_approved", period, by=by, at=at, run=run)
    return period


@transaction.atomic
def close(period: Period, *, by: Person, at: datetime | None = None) -> Period:
    """The bill is final and sealed by its hash. From here on a mistake is mended in a later month."""
    period, at = Period.objects.select_for_update().get(pk=period.pk), at or timezone.now()
    if period.state != Period.State.APPROVED:
        raise NotApproved
    check_scope()
    period.state, period.closed_by, period.closed_at = Period.State.CLOSED, by, at
    period.save()
    _record("period_closed", period, by=by, at=at, run=period.runs.get(is_current=True))
    return period


def _write(period: Period, plan: Plan, digest: str, result: runs.Run, *, by: Person, at: datetime) -> Run:
    control = result.control
    run = Run.objects.create(
        period=period, sha256=digest, engine_version=ENGINE_VERSION, created_by=by, created_at=at,
        ledger_ore=control.ledger_ore, allocated_ore=control.allocated_ore, unallocated_ore=control.unallocated_ore,
        unassigned_count=len(result.unassigned),
    )  # fmt: skip
    Snapshot.objects.create(municipality=Municipality.objects.operator(), run=run, content=plan)
    rows = _Rows(run, period)
    Allocation.objects.bulk_create(rows.of(plan, result))
    Transfer.objects.bulk_create(rows.transfers(result))
    return run


def rows_of(plan: Plan, result: runs.Run, run: Run, period: Period) -> list[Allocation]:
    """A result as rows that are not stored yet."""
    return _Rows(run, period).of(plan, result)


@dataclass
class _Rows:
    """Turns a result, which speaks in codes, into rows."""

    run: Run
    period: Period
    owners: dict[str, int] = field(default_factory=lambda: dict(Municipality.objects.values_list("code", "pk")))
    pools: dict[str, int] = field(default_factory=lambda: dict(Pool.objects.values_list("code", "pk")))

    def of(self, plan: Plan, result: runs.Run) -> list[Allocation]:
        rows = [row for step in result.cascade.steps for row in self._shared(step)]
        return rows + self._direct(plan)

    def _shared(self, step: Step) -> list[Allocation]:
        (pool,) = step.pools
        shares = step.split.shares
        return [
            self._row(
                self.pools[pool], member, amount,
                share=_text(shares.of(member)) if shares else "",
                rounding=_text(step.split.rounding(member)), is_tied=member in step.split.tied,
            )
            for member, amount in step.split.amounts.items() if member not in self.pools
        ]  # fmt: skip

    def transfers(self, result: runs.Run) -> list[Transfer]:
        """What every pool received from those before it."""
        return [
            Transfer(
                run=self.run, period=self.period, giver_id=self.pools[step.name], receiver_id=self.pools[receiver],
                amount_ore=amount, share=_text(step.split.shares.of(receiver)) if step.split.shares else "",
                rounding=_text(step.split.rounding(receiver)),
            )
            for step in result.cascade.steps
            for receiver, amount in step.split.amounts.items() if receiver in self.pools
        ]  # fmt: skip

    def _direct(self, plan: Plan) -> list[Allocation]:
        sums: dict[tuple[int | None, str], int] = {}
        for line in plan["lines"]:
            if "direct" in line:
                key = (self.pools.get(line["label"]), line["direct"])
                sums[key] = sums.get(key, 0) + line["amount_ore"]
        return [self._row(pool, member, amount) for (pool, member), amount in sums.items()]

    def _row(self, pool: int | None, member: str, amount: int, **exact: Any) -> Allocation:
        return Allocation(
            run_id=self.run.pk,
            period_id=self.period.pk,
            pool_id=pool,
            municipality_id=self.owners[member],
            amount_ore=amount,
            **exact,
        )


def _text(exact: Fraction) -> str:
    return f"{exact.numerator}/{exact.denominator}" if exact.denominator > 1 else str(exact.numerator)


def _record(action: str, period: Period, *, by: Person, at: datetime, run: Run) -> None:
    AuditEntry.objects.record(
        action, municipality_id=Municipality.objects.operator().pk, actor=by, at=at.replace(microsecond=0),
        subject=period.code, sha256=run.sha256, ledger_ore=run.ledger_ore,
    )  # fmt: skip
