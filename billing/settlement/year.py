"""The settlement of a year, as far as its months are closed: what each municipality still pays, in three parts.

cost + key + unbilled = actual − invoiced on account, in whole øre for everybody. Corrections count in the month that
they correct.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from django.db.models import Sum
from django.utils.translation import gettext as _

from billing.allocation.rounding import largest_remainder
from billing.allocation.settlement import settle
from billing.allocation.shares import in_proportion
from billing.models import (
    Allocation,
    Budget,
    BudgetPlan,
    BudgetShare,
    CorrectionAmount,
    Instalment,
    Period,
    Pool,
    Transfer,
)
from billing.parties import short_name
from municipalities.models import Municipality
from servicecenter.ui import formats

Amounts = dict[str, int]  # municipality code → øre


@dataclass
class PoolYear:
    """One pool over the counted months: budget and actual cost in all, and what each carries of them."""

    pool: Pool | None
    budget_ore: int = 0
    actual_ore: int = 0
    budget: Amounts = field(default_factory=dict)
    actual: Amounts = field(default_factory=dict)
    by_budget_key: Amounts = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.pool.name if self.pool else _("Other direct cost")

    @property
    def difference_ore(self) -> int:
        return self.actual_ore - self.budget_ore


@dataclass(frozen=True)
class Settled:
    """What a municipality still pays (or, negative, gets back), and why. Amounts in øre."""

    municipality: Municipality
    budget_ore: int
    actual_ore: int
    invoiced_ore: int
    cost_ore: int
    key_ore: int
    unbilled_ore: int

    @property
    def settlement_ore(self) -> int:
        return self.cost_ore + self.key_ore + self.unbilled_ore

    def sentence(self) -> str:
        """The settlement and its three reasons in words."""
        words = {
            "name": short_name(self.municipality), "amount": formats.kroner(abs(self.settlement_ore)),
            "cost": formats.kroner(self.cost_ore, signed=True), "key": formats.kroner(self.key_ore, signed=True),
            "unbilled": formats.kroner(self.unbilled_ore, signed=True),
        }  # fmt: skip
        if self.settlement_ore == 0:
            return _("%(name)s is even: what was invoiced on account is what was carried.") % words
        pattern = _(
            "%(name)s still pays %(amount)s: %(cost)s because the joint cost was another, %(key)s because keys and"
            " quantities were others, and %(unbilled)s of the budget that was not invoiced."
        )
        if self.settlement_ore < 0:
            pattern = _(
                "%(name)s gets %(amount)s back: %(cost)s because the joint cost was another, %(key)s because keys and"
                " quantities were others, and %(unbilled)s of the budget that was not invoiced."
            )
        return pattern % words


@dataclass(frozen=True)
class Year:
    plan: BudgetPlan
    months: list[date]
    pools: list[PoolYear]
    members: list[Settled]

    @property
    def is_whole(self) -> bool:
        return len(self.months) == 12

    @property
    def settlement_ore(self) -> int:
        return sum(member.settlement_ore for member in self.members)


def read(year: int) -> Year | None:
    """The settlement over the closed months of a year; None when its budget is not fixed."""
    plan = BudgetPlan.objects.filter(year=year).select_related("basis__period", "created_by").first()
    if plan is None:
        return None
    closed = Period.objects.filter(month__year=year, state=Period.State.CLOSED).order_by("month")
    months = list(closed.values_list("month", flat=True))
    owners = {owner.code: owner for owner in Municipality.objects.members()}
    pools = _pools(plan, months)
    return Year(plan, months, pools, _settled(pools, _invoiced(plan, months), owners))


def _pools(plan: BudgetPlan, months: list[date]) -> list[PoolYear]:
    known = Pool.objects.in_bulk()
    found: dict[int | None, PoolYear] = {}
    for pool, total in _sums(Budget.objects.filter(month__in=months), "pool"):
        found.setdefault(pool, PoolYear(known[pool])).budget_ore = total
    for pool, code, amount in _actual(months):
        row = found.setdefault(pool, PoolYear(known[pool] if pool else None))
        row.actual[code] = row.actual.get(code, 0) + amount
        row.actual_ore += amount
    for pool, moved in _moved(months):
        found.setdefault(pool, PoolYear(known[pool])).actual_ore += moved
    weights: dict[int, dict] = {}
    for share in BudgetShare.objects.filter(plan=plan).select_related("municipality"):
        weights.setdefault(share.pool_id, {})[share.municipality.code] = share.exact_share
    for pool, row in found.items():
        _share(row, weights.get(pool) if pool else None)
    return sorted(found.values(), key=lambda row: row.pool.position if row.pool else 10**6)


def _share(row: PoolYear, weights: dict | None) -> None:
    """By the budget's key. A pool that the budget did not know has none, so nothing of it is due to another key."""
    if not weights:
        row.by_budget_key = _as_carried(row)
        return
    row.budget = dict(largest_remainder(row.budget_ore, in_proportion(weights)).amounts)
    row.by_budget_key = dict(largest_remainder(row.actual_ore, in_proportion(weights)).amounts)


def _as_carried(row: PoolYear) -> Amounts:
    """Shared as it was. What the pool gave to others belongs to it here, so that nothing counts twice."""
    carried = {code: Fraction(amount) for code, amount in row.actual.items() if amount > 0}
    if row.actual_ore == sum(row.actual.values()) or not carried:
        return dict(row.actual)
    return dict(largest_remainder(row.actual_ore, in_proportion(carried)).amounts)


def _moved(months: list[date]) -> Iterable[tuple[int, int]]:
    """(pool, øre): what pools gave is cost of the giver, as it is in the budget, and no cost of the receiver."""
    rows = Transfer.objects.filter(run__is_current=True, period__month__in=months)
    yield from _sums(rows, "giver")
    for pool, total in _sums(rows, "receiver"):
        yield pool, -total


def _actual(months: list[date]) -> Iterable[tuple[int | None, str, int]]:
    """(pool, municipality code, øre): what the months' runs gave, and what later corrections of them added."""
    closed = Allocation.objects.current().filter(period__month__in=months)
    corrected = CorrectionAmount.objects.filter(correction__corrected__month__in=months)
    for rows in (closed, corrected):
        sums = rows.order_by().values_list("pool", "municipality__code").annotate(total=Sum("amount_ore"))
        yield from sums.order_by("pool", "municipality__code")


def _sums(rows, column: str):
    return rows.order_by(column).values_list(column).annotate(total=Sum("amount_ore"))


def _invoiced(plan: BudgetPlan, months: list[date]) -> Amounts:
    return dict(_sums(Instalment.objects.filter(plan=plan, month__in=months), "municipality__code"))


def _settled(pools: list[PoolYear], invoiced: Amounts, owners: dict[str, Municipality]) -> list[Settled]:
    budget, actual, by_budget_key = (
        _together(getattr(row, name) for row in pools) for name in ("budget", "actual", "by_budget_key")
    )
    parts = settle(budget=budget, actual=actual, actual_by_budget_key=by_budget_key, invoiced=invoiced)
    return [
        Settled(
            owners[code], parts.budget_share_ore[code], parts.actual_share_ore[code], invoiced.get(code, 0),
            parts.of_which_cost_ore[code], parts.of_which_key_ore[code], parts.of_which_unbilled_ore[code],
        )
        for code in parts.settlement_ore
    ]  # fmt: skip


def _together(amounts: Iterable[Amounts]) -> Amounts:
    totals: Amounts = {}
    for some in amounts:
        for code, amount in some.items():
            totals[code] = totals.get(code, 0) + amount
    return totals
