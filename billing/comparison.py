"""A calculated month beside the month before and the budget, pool by pool and municipality by municipality, in øre."""

from dataclasses import dataclass

from django.db.models import Sum
from django.utils.translation import gettext as _

from billing.models import Allocation, Budget, Period, Pool, Run
from municipalities.models import Municipality


@dataclass(frozen=True)
class Compared:
    """One pool or municipality: now, the month before, and the budget. None where there is nothing to compare with."""

    name: str
    now_ore: int
    before_ore: int | None = None
    budget_ore: int | None = None

    @property
    def change_ore(self) -> int | None:
        return None if self.before_ore is None else self.now_ore - self.before_ore

    @property
    def over_budget_ore(self) -> int | None:
        return None if self.budget_ore is None else self.now_ore - self.budget_ore


@dataclass(frozen=True)
class Comparison:
    before: Period | None
    pools: list[Compared]
    members: list[Compared]
    total: Compared


def compare(run: Run) -> Comparison:
    """The run of a month against the current run of the month before and the month's budget."""
    earlier = Run.objects.filter(is_current=True, period__month__lt=run.period.month, period__month__gte=_before(run))
    earlier = earlier.select_related("period").first()
    budget = dict(Budget.objects.filter(month=run.period.month).values_list("pool_id", "amount_ore"))
    pools = _compared(run, earlier, "pool_id", _pool_names(), budget)
    owners = dict(Municipality.objects.order_by("code").values_list("pk", "name"))
    members = _compared(run, earlier, "municipality_id", owners, None)
    before = None if earlier is None else sum(row.before_ore or 0 for row in pools)
    total = Compared(_("Total"), sum(row.now_ore for row in pools), before, sum(budget.values()) if budget else None)
    return Comparison(earlier.period if earlier else None, pools, members, total)


def _before(run: Run):
    month = run.period.month
    return month.replace(year=month.year - (month.month == 1), month=(month.month - 2) % 12 + 1)


def _pool_names() -> dict[int | None, str]:
    return {None: _("Other direct cost"), **dict(Pool.objects.values_list("pk", "name"))}


def _compared(run: Run, earlier: Run | None, column: str, names: dict, budget: dict | None) -> list[Compared]:
    now, before = _sums(run, column), _sums(earlier, column) if earlier else {}
    keys = [key for key in names if key in now or key in before or (budget and key in budget)]
    return [
        Compared(
            names[key], now.get(key, 0), before.get(key, 0) if earlier else None, budget.get(key) if budget else None
        )
        for key in keys
    ]


def _sums(run: Run, column: str) -> dict:
    """By pool it is what was posted to each, as its budget is: what pools gave to each other is put back."""
    rows = Allocation.objects.filter(run=run).order_by().values(column)
    sums = dict(rows.annotate(total=Sum("amount_ore")).values_list(column, "total"))
    if column == "pool_id":
        for giver, receiver, ore in run.transfers.values_list("giver_id", "receiver_id", "amount_ore"):
            sums[giver] = sums.get(giver, 0) + ore
            sums[receiver] = sums.get(receiver, 0) - ore
    return sums
