"""The director's overview: what the month cost, against the budget, how well the desk kept its promises, and for whom.

Reads totals only, in a handful of queries, so that every director sees the same page.
"""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from billing.giving.flows import transfers_of
from billing.models import Allocation, Budget, DeskFigure, KeyVersion, Period, Pool, Run, Transfer
from billing.savings import account
from billing.savings.account import Account
from municipalities.models import Municipality
from tickets.levels import totals
from tickets.sla.attainment import Attainment

MONTHS, WEEKS = 12, 16


@dataclass
class Overview:
    """Everything in øre; `cost[month][municipality][pool]`."""

    period: Period
    run: Run
    choices: list[Period]
    months: list[date]
    cost: dict[date, dict[int, dict[int | None, int]]]
    municipalities: list[Municipality]
    pools: list[Pool | None]
    budgets: dict[tuple[int, date], int]
    keys: dict[int | None, str]
    service: dict[str, dict[int, Attainment]] = field(default_factory=dict)
    weeks: list[tuple[date, int, int, int]] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)

    @cached_property
    def savings(self) -> Account:
        """The saving of the year's calculated months up to this one."""
        carried = {owner: self._carried(owner.pk) for owner in self.municipalities}
        return account.read({owner: row for owner, row in carried.items() if row})

    def _carried(self, owner: int) -> dict[date, int]:
        return {month: self.of_month(month, owner) for month in self.year if owner in self.cost.get(month, {})}

    def of_month(self, month: date, owner: int | None = None) -> int:
        return sum(
            amount
            for municipality, pools in self.cost.get(month, {}).items()
            if owner in (None, municipality)
            for amount in pools.values()
        )

    def of_pool(self, pool: int | None, months: list[date], owner: int | None = None) -> int:
        return sum(
            pools.get(pool, 0)
            for month in months
            for municipality, pools in self.cost.get(month, {}).items()
            if owner in (None, municipality)
        )

    def spent_on(self, pool: int, months: list[date]) -> int:
        """What was posted to a pool, as its budget is: what it gave to others is its own, what it received is not."""
        moved = [transfer for transfer in self.transfers if transfer.run.period.month in months]
        given = sum(transfer.amount_ore for transfer in moved if transfer.giver_id == pool)
        received = sum(transfer.amount_ore for transfer in moved if transfer.receiver_id == pool)
        return self.of_pool(pool, months) + given - received

    @property
    def moved(self) -> list[Transfer]:
        """What pools gave to each other in the month shown."""
        return [transfer for transfer in self.transfers if transfer.run_id == self.run.pk]

    @property
    def total_ore(self) -> int:
        return self.of_month(self.period.month)

    @cached_property
    def year(self) -> list[date]:
        """The calculated months of the year up to this one."""
        return [month for month in self.months if month.year == self.period.month.year]

    def budget_of(self, month: date) -> int | None:
        found = [amount for (_pool, on), amount in self.budgets.items() if on == month]
        return sum(found) if found else None

    def budgeted_months(self, pool: Pool) -> list[date]:
        return [month for month in self.year if (pool.pk, month) in self.budgets]

    def budget_of_pool(self, pool: Pool) -> int:
        return sum(self.budgets.get((pool.pk, month), 0) for month in self.year)

    def attained(self, kind: str) -> Attainment:
        """All municipalities together."""
        counts = self.service.get(kind, {}).values()
        return Attainment(sum(c.met for c in counts), sum(c.breached for c in counts))

    @property
    def open_count(self) -> int | None:
        return self.weeks[-1][3] if self.weeks else None


def read(wanted: str = "") -> Overview | None:
    """The overview of a month ("2026-10"), else of the newest calculated one; None when there is none."""
    runs = list(Run.objects.filter(is_current=True).select_related("period").order_by("-period__month")[:36])
    run = next((run for run in runs if run.period.code == wanted), runs[0] if runs else None)
    if run is None:
        return None
    shown = [other for other in runs if other.period.month <= run.period.month][:MONTHS]
    rows = list(Allocation.objects.filter(run__in=shown).select_related("municipality", "pool"))
    months = {other.pk: other.period.month for other in shown}
    period = run.period
    return Overview(
        period=period, run=run, choices=[other.period for other in runs], months=sorted(months.values()),
        cost=_cost(rows, months), municipalities=_municipalities(rows), pools=_pools(rows, run),
        budgets=_budgets(min(months.values()), period.month), keys=_keys(period), service=totals.of_month(period.month),
        weeks=_weeks(period.end), transfers=transfers_of(shown),
    )  # fmt: skip


def _cost(rows, months):
    cost: dict[date, dict[int, dict[int | None, int]]] = {month: {} for month in months.values()}
    for row in rows:
        pools = cost[months[row.run_id]].setdefault(row.municipality_id, {})
        pools[row.pool_id] = pools.get(row.pool_id, 0) + row.amount_ore
    return cost


def _municipalities(rows: list[Allocation]) -> list[Municipality]:
    return sorted({row.municipality_id: row.municipality for row in rows}.values(), key=lambda owner: owner.code)


def _pools(rows: list[Allocation], run: Run) -> list[Pool | None]:
    found = {row.pool_id: row.pool for row in rows if row.run_id == run.pk}
    return sorted(found.values(), key=lambda pool: pool.position if pool else 10**6)


def _budgets(first: date, last: date) -> dict[tuple[int, date], int]:
    rows = Budget.objects.filter(month__range=(first, last))
    return {(row.pool_id, row.month): row.amount_ore for row in rows}


def _keys(period: Period) -> dict[int | None, str]:
    versions = KeyVersion.objects.in_force(period.month, period.end).order_by("valid_from")
    return {version.pool_id: version.label for version in versions}


def _weeks(end: date) -> list[tuple[date, int, int, int]]:
    """(monday, received, solved, open) of the last weeks that began before `end`, all municipalities together."""
    sums: dict[date, list[int]] = {}
    for row in DeskFigure.objects.filter(monday__lt=end).order_by("-monday")[: WEEKS * 100]:
        week = sums.setdefault(row.monday, [0, 0, 0])
        for place, count in enumerate((row.received, row.solved, row.still_open)):
            week[place] += count
    weeks = [(monday, received, solved, still_open) for monday, (received, solved, still_open) in sorted(sums.items())]
    return weeks[-WEEKS:]
