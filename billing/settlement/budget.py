"""The year's budget: entered per pool and month, shared once by a key, and invoiced on account in twelve instalments.

The budget's key are the shares of one calculated month. (docs/en/allocation.md, "Corrections, settlement, instalments")
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.allocation.rounding import largest_remainder
from billing.allocation.settlement import instalments
from billing.allocation.shares import in_proportion
from billing.giving.flows import end_shares
from billing.models import Allocation, Budget, BudgetPlan, BudgetShare, Instalment, Period, Pool, Run, Transfer
from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken

MONTHS = 12
Weights = dict[int, Fraction]  # municipality → weight


class BudgetInUse(RuleBroken):
    def __init__(self, year: int):
        super().__init__(_("A month of %(year)s is closed, so the budget of the year stays as it is.") % {"year": year})


class BudgetMissing(RuleBroken):
    def __init__(self, year: int):
        super().__init__(_("No budget is entered for %(year)s. Enter it first.") % {"year": year})


class BudgetWithoutKey(RuleBroken):
    def __init__(self, pool: str):
        super().__init__(
            _("Nobody carries anything of “%(pool)s” in the chosen month. Choose another month to share the budget by.")
            % {"pool": pool}
        )


@transaction.atomic
def enter_budget(amounts: Mapping[tuple[Pool, date], int], *, by: Person, at: datetime | None = None) -> int:
    """Write the amounts (øre) that differ from what is there; returns their number. Raises BudgetInUse."""
    known = {(row.pool_id, row.month): row for row in Budget.objects.filter(pool__in={pool for pool, _m in amounts})}
    changed = [
        (pool, month, amount)
        for (pool, month), amount in amounts.items()
        if (pool.pk, month) not in known or known[pool.pk, month].amount_ore != amount
    ]
    for year in sorted({month.year for _pool, month, _amount in changed}):
        _refuse_in_use(year)
    for pool, month, amount in changed:
        Budget.objects.update_or_create(pool=pool, month=month, defaults={"amount_ore": amount})
    if changed:
        _record("budget_entered", by=by, at=at, subject=str(changed[0][1].year), cells=len(changed))
    return len(changed)


@transaction.atomic
def fix_budget(year: int, *, basis: Run, by: Person, at: datetime | None = None) -> BudgetPlan:
    """Share the year's budget by the shares of a calculated month, and plan the instalments.

    Done again it replaces the plan, as long as no month of the year is closed. Raises BudgetMissing, BudgetWithoutKey
    and BudgetInUse.
    """
    at = at or timezone.now()
    totals = _yearly(year)
    if not totals:
        raise BudgetMissing(year)
    if BudgetPlan.objects.filter(year=year).exists():
        _refuse_in_use(year)
        BudgetPlan.objects.filter(year=year).delete()
    plan = BudgetPlan.objects.create(year=year, basis=basis, created_by=by, created_at=at)
    shares = [share for pool, total in totals.items() for share in _shared(plan, pool, total)]
    BudgetShare.objects.bulk_create(shares)
    Instalment.objects.bulk_create(_instalments(plan, shares))
    _record("budget_fixed", by=by, at=at, subject=str(year), basis=basis.sha256)
    return plan


def is_in_use(year: int) -> bool:
    """Whether the year's budget is shared and a month of it closed: from then on it stays as it is."""
    return BudgetPlan.objects.filter(year=year).exists() and (
        Period.objects.filter(month__year=year, state=Period.State.CLOSED).exists()
    )


def _refuse_in_use(year: int) -> None:
    if is_in_use(year):
        raise BudgetInUse(year)


def _yearly(year: int) -> dict[Pool, int]:
    rows = Budget.objects.filter(month__year=year).values_list("pool").annotate(total=Sum("amount_ore"))
    pools = Pool.objects.in_bulk()
    return {pools[pool]: total for pool, total in rows.order_by("pool__position")}


def _shared(plan: BudgetPlan, pool: Pool, total: int) -> list[BudgetShare]:
    """A pool that gives to others is carried by those whom its money reaches in the end."""
    moved = list(Transfer.objects.filter(run=plan.basis))
    ends = end_shares(Allocation.objects.filter(run=plan.basis), moved) if moved else {}
    weights = ends.get(pool.pk) or weights_of(Allocation.objects.filter(run=plan.basis, pool=pool))
    if not any(weights.values()):
        raise BudgetWithoutKey(pool.name)
    codes = dict(Municipality.objects.values_list("pk", "code"))
    split = largest_remainder(total, in_proportion({codes[owner]: weight for owner, weight in weights.items()}))
    whole = sum(weights.values())
    return [
        BudgetShare(
            plan=plan, pool=pool, municipality_id=owner, share=str(weight / whole),
            amount_ore=split.amounts.get(codes[owner], 0),
        )
        for owner, weight in weights.items()
    ]  # fmt: skip


def weights_of(rows: Iterable[Allocation]) -> Weights:
    """The shares of a pool in a run; for direct cost what each carries, credits as nothing."""
    return {row.municipality_id: row.exact_share or Fraction(max(row.amount_ore, 0)) for row in rows}


def _instalments(plan: BudgetPlan, shares: Iterable[BudgetShare]) -> list[Instalment]:
    totals: dict[int, int] = {}
    for share in shares:
        totals[share.municipality_id] = totals.get(share.municipality_id, 0) + share.amount_ore
    return [
        Instalment(plan=plan, municipality_id=owner, number=number, month=date(plan.year, number, 1), amount_ore=amount)
        for owner, total in sorted(totals.items())
        for number, amount in enumerate(instalments(total, MONTHS), start=1)
    ]


def _record(action: str, *, by: Person, at: datetime | None, subject: str, **data) -> None:
    operator = Municipality.objects.operator().pk
    AuditEntry.objects.record(action, municipality_id=operator, actor=by, at=at, subject=subject, **data)
