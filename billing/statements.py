"""The statement of one municipality and month, read from the current run: what it consists of, and what changed.

Only totals are read here, so that every director can open every statement. Entries stand in billing.entries.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property

from django.db.models import Max, Q, Sum
from django.utils.translation import gettext as _

from billing.allocation.rounding import largest_remainder, rounded_ore
from billing.allocation.shares import in_proportion
from billing.giving.flows import PoolFlow, Weights, end_shares, flows, posted, transfers_since
from billing.models import (
    Allocation,
    Budget,
    CorrectionAmount,
    DriverValue,
    Invoice,
    KeyVersion,
    Period,
    Pool,
    Run,
    Transfer,
)
from billing.quantities import Values, quantity
from municipalities.models import Municipality
from servicecenter.ui import formats


@dataclass
class Row:
    """One pool: what the municipality carries of it, now and the month before, in øre."""

    pool: Pool | None
    key: str = ""
    sentence: str = ""
    quantity: str = ""
    amount_ore: int = 0
    total_ore: int = 0
    before_ore: int = 0
    total_before_ore: int = 0
    quantity_before: str = ""
    is_direct: bool = False
    flow: PoolFlow | None = None

    @property
    def name(self) -> str:
        return self.pool.name if self.pool else _("Other direct cost")

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.amount_ore, self.total_ore) if self.total_ore else None

    @property
    def share_before(self) -> Fraction | None:
        return Fraction(self.before_ore, self.total_before_ore) if self.total_before_ore else None

    @property
    def difference_ore(self) -> int:
        return self.amount_ore - self.before_ore

    @property
    def pool_effect(self) -> Fraction:
        """How far the pool's total alone moved the amount, in øre: the share stays what it was."""
        return abs((self.total_ore - self.total_before_ore) * (self.share_before or 0))

    @property
    def share_effect(self) -> Fraction:
        """How far the share alone moved it, in øre: the total is the new one."""
        return abs(self.total_ore * ((self.share or 0) - (self.share_before or 0)))


@dataclass
class Statement:
    municipality: Municipality
    period: Period
    run: Run
    rows: list[Row]
    carriers: list[tuple[Municipality, int]]
    before: Period | None
    values: dict[str, Values] = field(default_factory=dict)
    budget_ore: int | None = None
    year_ore: int = 0
    year_budget_ore: int | None = None
    due_on: date | None = None
    key_sets: list[tuple[str, date | None]] = field(default_factory=list)
    flows: list[PoolFlow] = field(default_factory=list)
    year_transfers: list[Transfer] = field(default_factory=list)

    @cached_property
    def corrections(self) -> list[CorrectionAmount]:
        """What this month carries for months that were closed before, oldest first, each with its pool and reason."""
        return list(CorrectionAmount.objects.booked_in(self.period).filter(municipality=self.municipality))

    @cached_property
    def corrections_ore(self) -> int:
        return sum(row.amount_ore for row in self.corrections)

    @property
    def payable_ore(self) -> int:
        """The month's own amount and the corrections booked in it."""
        return self.amount_ore + self.corrections_ore

    @cached_property
    def amount_ore(self) -> int:
        return sum(row.amount_ore for row in self.rows)

    @cached_property
    def total_ore(self) -> int:
        return sum(row.total_ore for row in self.rows)

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.amount_ore, self.total_ore) if self.total_ore else None

    def share_of(self, ore: int) -> Fraction | None:
        return Fraction(ore, self.total_ore) if self.total_ore else None

    @property
    def before_ore(self) -> int:
        return sum(row.before_ore for row in self.rows)

    @property
    def difference_ore(self) -> int:
        return self.amount_ore - self.before_ore

    @property
    def relative_difference(self) -> Fraction | None:
        return Fraction(self.difference_ore, self.before_ore) if self.before_ore else None

    @property
    def budget_difference_ore(self) -> int | None:
        return None if self.budget_ore is None else self.amount_ore - self.budget_ore

    @property
    def year_difference(self) -> Fraction | None:
        """How far the year so far lies from its budget, as a share of it."""
        if not self.year_budget_ore:
            return None
        return Fraction(self.year_ore - self.year_budget_ore, self.year_budget_ore)

    @property
    def remainder_ore(self) -> int:
        return self.run.ledger_ore - sum(amount for _owner, amount in self.carriers)

    @property
    def number(self) -> str:
        """2026-10-EGE."""
        return f"{self.period.code}-{self.municipality.slug[:3].upper()}"

    def largest_changes(self, most: int = 2) -> list[Row]:
        changed = [row for row in self.rows if row.difference_ore]
        return sorted(changed, key=lambda row: (-abs(row.difference_ore), row.name))[:most]

    def reasons(self) -> list[tuple[str, str]]:
        """The largest changes in words: (pool, why)."""
        if self.before is None:
            return []
        return [(row.name, self._reason(row, self.before.month)) for row in self.largest_changes()]

    def _reason(self, row: Row, earlier_month: date) -> str:
        """What moved the amount more: the pool's total, or the municipality's part of it, with its quantities."""
        month = month_name(earlier_month)
        if row.is_direct:
            words = {"now": formats.kroner(row.amount_ore), "before": formats.kroner(row.before_ore), "month": month}
            return _("own invoices are %(now)s against %(before)s in %(month)s.") % words
        if row.share is None or row.share_before is None or row.pool_effect >= row.share_effect:
            words = {"now": formats.kroner(row.total_ore), "before": formats.kroner(row.total_before_ore)}
            return _("the whole pool is %(now)s against %(before)s in %(month)s.") % (words | {"month": month})
        words = {"now": formats.percent(row.share), "before": formats.percent(row.share_before), "month": month}
        if row.quantity_before in {"", row.quantity}:
            return _("the share is %(now)s against %(before)s in %(month)s.") % words
        words |= {"quantity": row.quantity, "earlier": row.quantity_before}
        return _("the share is %(now)s (%(quantity)s) against %(before)s (%(earlier)s) in %(month)s.") % words


def read(municipality: Municipality, month: date) -> Statement | None:
    """The statement, or None when the month has not been calculated."""
    runs = _runs(month)
    if month not in runs:
        return None
    run, earlier = runs[month], runs.get(before(month))
    rows = list(Allocation.objects.filter(run__in=runs.values()).select_related("pool", "municipality"))
    now = [row for row in rows if row.run_id == run.pk]
    then = [row for row in rows if earlier and row.run_id == earlier.pk]
    statement = Statement(
        municipality=municipality, period=run.period, run=run, rows=_rows(now, then, municipality),
        carriers=_carriers(now), before=earlier.period if earlier else None,
    )  # fmt: skip
    _explain(statement, now)
    ends = _follow(statement, now)
    _compare_with_budget(statement, now, ends)
    statement.due_on = _due_on(statement)
    return statement


def _follow(statement: Statement, now: list[Allocation]) -> dict[int, Weights]:
    """Put what pools gave to each other on the rows. Returns who carries an øre of those that give, by pool."""
    year = transfers_since(statement.period.month.replace(month=1), statement.period)
    statement.year_transfers = year
    moved = [transfer for transfer in year if transfer.run_id == statement.run.pk]
    if not moved:
        return {}
    shared: dict[int, int] = {}
    for row in now:
        if row.pool_id is not None:
            shared[row.pool_id] = shared.get(row.pool_id, 0) + row.amount_ore
    involved = {pool for transfer in moved for pool in (transfer.giver_id, transfer.receiver_id)}
    statement.flows = flows(moved, shared, posted(statement.run, involved))
    by_pool = {flow.pool.pk: flow for flow in statement.flows}
    for row in statement.rows:
        row.flow = by_pool.get(row.pool.pk) if row.pool else None
    return end_shares(now, moved)


def before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


def month_name(month: date) -> str:
    return formats.month(month).split()[0]


def _runs(month: date) -> dict[date, Run]:
    runs = Run.objects.filter(is_current=True, period__month__in=[month, before(month)])
    found = runs.select_related("period__calculated_by", "period__approved_by", "period__seal", "period__closed_by")
    return {run.period.month: run for run in found}


def _rows(now: Iterable[Allocation], then: Iterable[Allocation], owner: Municipality) -> list[Row]:
    rows: dict[int | None, Row] = {}
    for allocation in now:
        row = rows.setdefault(allocation.pool_id, Row(allocation.pool))
        row.total_ore += allocation.amount_ore
        row.amount_ore += allocation.amount_ore if allocation.municipality_id == owner.pk else 0
    for allocation in then:
        row = rows.setdefault(allocation.pool_id, Row(allocation.pool))
        row.total_before_ore += allocation.amount_ore
        row.before_ore += allocation.amount_ore if allocation.municipality_id == owner.pk else 0
    return sorted(rows.values(), key=lambda row: row.pool.position if row.pool else 10**6)


def _carriers(now: Iterable[Allocation]) -> list[tuple[Municipality, int]]:
    owners = {allocation.municipality_id: allocation.municipality for allocation in now}
    sums = dict.fromkeys(owners, 0)
    for allocation in now:
        sums[allocation.municipality_id] += allocation.amount_ore
    return [(owner, sums[pk]) for pk, owner in sorted(owners.items(), key=lambda item: item[1].code)]


def _explain(statement: Statement, now: list[Allocation]) -> None:
    """Put key and quantity on each row."""
    versions = _versions(statement.period)
    statement.key_sets = list(
        dict.fromkeys((v.reference, v.decided_on) for found in versions.values() for v in found if v.reference)
    )
    statement.values = _values([period for period in (statement.period, statement.before) if period], statement.period)
    owner = statement.municipality
    for row in statement.rows:
        found = versions.get(row.pool.pk, []) if row.pool else []
        sharers = {a.municipality_id for a in now if row.pool and a.pool_id == row.pool.pk}
        row.key = " / ".join(dict.fromkeys(version.label for version in found)) or _("Direct invoice")
        row.sentence = " ".join(version.sentence for version in found)
        row.is_direct = not found
        row.quantity, row.quantity_before = (
            quantity(found, statement.values[side], owner=owner.pk, code=owner.code, sharers=sharers)
            for side in ("now", "before")
        )


def _versions(period: Period) -> dict[int, list[KeyVersion]]:
    versions: dict[int, list[KeyVersion]] = {}
    for version in KeyVersion.objects.in_force(period.month, period.end).order_by("valid_from"):
        versions.setdefault(version.pool_id, []).append(version)
    return versions


def _values(periods: list[Period], current: Period) -> dict[str, Values]:
    values: dict[str, Values] = {"now": {}, "before": {}}
    for value in DriverValue.objects.filter(period__in=periods).select_related("driver"):
        side = "now" if value.period_id == current.pk else "before"
        values[side][value.driver.code, value.municipality_id] = value
    return values


def _compare_with_budget(statement: Statement, now: list[Allocation], ends: dict[int, Weights]) -> None:
    """The month's budget shared as the month's cost was, and the year so far beside its own.

    `ends` says who carries the pools that give to others.
    """
    month = statement.period.month
    budgets = {
        (row.month, row.pool_id): row.amount_ore
        for row in Budget.objects.filter(month__range=(month.replace(month=1), month))
    }
    of_month = {pool: ore for (when, pool), ore in budgets.items() if when == month}
    if of_month:
        statement.budget_ore = sum(
            _budget_share(ore, _weights(pool, now, ends), statement.municipality) for pool, ore in of_month.items()
        )
    _add_the_year(statement, budgets)


def _weights(pool: int, rows: list[Allocation], ends: dict[int, Weights]) -> dict[str, Fraction]:
    """Municipality code → its part of the pool's cost, by all ways."""
    codes = {row.municipality_id: row.municipality.code for row in rows}
    if pool in ends:
        return {codes[owner]: part for owner, part in ends[pool].items()}
    found = [row for row in rows if row.pool_id == pool]
    return {row.municipality.code: row.exact_share or Fraction(max(row.amount_ore, 0)) for row in found}


def _budget_share(budget_ore: int, weights: dict[str, Fraction], owner: Municipality) -> int:
    if not any(weights.values()):
        return 0
    return largest_remainder(budget_ore, in_proportion(weights)).amounts.get(owner.code, 0)


def _add_the_year(statement: Statement, budgets: dict[tuple[date, int], int]) -> None:
    """The calendar year up to and with this month: what the municipality bore, and its part of the budget.

    A month's budget is shared as its cost was, each pool's part rounded half up to whole øre.
    """
    month, mine = statement.period.month, Q(municipality=statement.municipality)
    year = Allocation.objects.current().filter(period__month__range=(month.replace(month=1), month))
    rows = year.values("period__month", "pool_id").order_by().annotate(
        total=Sum("amount_ore"), own=Sum("amount_ore", filter=mine), part=Max("share", filter=mine)
    )  # fmt: skip
    carried = {(row["period__month"], row["pool_id"]): row for row in rows if row["own"] is not None}
    statement.year_ore = sum(row["own"] for row in carried.values())
    parts = {
        place: Fraction(row["part"]) if row["part"] else _part(row["own"], row["total"])
        for place, row in carried.items()
    }
    if budgets:
        parts |= _ends_of_the_year(statement)
        statement.year_budget_ore = sum(
            rounded_ore(budgets[place] * part) for place, part in parts.items() if place in budgets
        )


def _ends_of_the_year(statement: Statement) -> dict[tuple[date, int | None], Fraction]:
    """(month, pool) → the municipality's part by all ways, for pools that gave to others in the year so far."""
    by_run: dict[Run, list[Transfer]] = {}
    for transfer in statement.year_transfers:
        by_run.setdefault(transfer.run, []).append(transfer)
    if not by_run:
        return {}
    rows: dict[int, list[Allocation]] = {}
    for row in Allocation.objects.filter(run__in=list(by_run), municipality=statement.municipality):
        rows.setdefault(row.run_id, []).append(row)
    owner = statement.municipality.pk
    return {
        (run.period.month, pool): ends.get(owner, Fraction(0))
        for run, transfers in by_run.items()
        for pool, ends in end_shares(rows.get(run.pk, []), transfers).items()
    }


def _part(amount_ore: int, total_ore: int) -> Fraction:
    return Fraction(amount_ore, total_ore) if total_ore else Fraction(0)


def _due_on(statement: Statement) -> date | None:
    """When the month's invoice is due; None before it is issued, and for readers from whom it is hidden."""
    issued = Invoice.objects.filter(
        municipality=statement.municipality, period=statement.period, kind=Invoice.Kind.SETTLEMENT, is_credit=False
    )
    return issued.exclude(followers__source__startswith="credit/").values_list("due_on", flat=True).last()
