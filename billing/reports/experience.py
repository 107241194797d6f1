"""The account since the start, year by year: cost, savings, service, and what was learnt. No person is in it.

"In two years we can tell of our experience": the page may be published as it stands, and so may its exports. Shares of
fewer than 30 promises are left out, because they could point at single people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import Sum

from billing.allocation.fairness import unit_cost
from billing.models import Allocation, Driver, DriverValue, Lesson
from billing.savings import account
from billing.savings.account import Account
from municipalities.models import Municipality
from tickets.levels import equality, totals
from tickets.sla.attainment import Attainment

FEWEST = 30

Carried = Mapping[Municipality, Mapping[date, int]]


@dataclass(frozen=True)
class Year:
    """One year, as far as its months are calculated. Amounts in øre; a unit cost is per month, or None."""

    year: int
    months: Sequence[date]
    cost_ore: Mapping[Municipality, int]
    savings: Account
    answered: Attainment
    solved: Attainment
    equality: str
    per_unit_ore: Sequence[tuple[Driver, int | None]]

    @property
    def total_ore(self) -> int:
        return sum(self.cost_ore.values())

    @property
    def monthly_ore(self) -> int:
        return self.total_ore // len(self.months)


@dataclass(frozen=True)
class Experience:
    municipalities: Sequence[Municipality]
    years: Sequence[Year]
    lessons: Sequence[Lesson]

    @property
    def first(self) -> date:
        return self.years[0].months[0]

    @property
    def last(self) -> date:
        return self.years[-1].months[-1]

    @property
    def month_count(self) -> int:
        return sum(len(year.months) for year in self.years)

    @property
    def saved_ore(self) -> int | None:
        """In base-year prices, of all years that are measured."""
        found = [year.savings.saved_ore for year in self.years if year.savings.saved_ore is not None]
        return sum(found) if found else None

    @property
    def promised_ore(self) -> int:
        """What should have been saved by now, in the measured years."""
        return sum(year.savings.plan_ore for year in self.years)

    @property
    def drivers(self) -> list[Driver]:
        found = {driver.code: driver for year in self.years for driver, _cost in year.per_unit_ore}
        return [found[code] for code in sorted(found)]

    def per_unit(self, driver: Driver) -> list[int | None]:
        return [{d.code: ore for d, ore in year.per_unit_ore}.get(driver.code) for year in self.years]


def read() -> Experience | None:
    """Everything since the first calculated month; None when there is none."""
    carried = _carried()
    if not carried:
        return None
    months = sorted({month for row in carried.values() for month in row})
    years = sorted({month.year for month in months})
    lessons = Lesson.objects.filter(is_withdrawn=False).select_related("municipality")
    counts, units = totals.of_years(), _units(months)
    found = [_year(year, carried, counts, units) for year in years]
    return Experience(sorted(carried, key=lambda owner: owner.code), found, list(lessons))


def _carried() -> dict[Municipality, dict[date, int]]:
    rows = Allocation.objects.filter(run__is_current=True).order_by()
    sums = rows.values_list("municipality_id", "period__month").annotate(ore=Sum("amount_ore"))
    owners = Municipality.objects.in_bulk()
    carried: dict[Municipality, dict[date, int]] = {}
    for owner, month, ore in sums:
        carried.setdefault(owners[owner], {})[month] = int(ore)
    return carried


def _units(months: Sequence[date]) -> dict[tuple[int, Driver], list[tuple[date, Fraction]]]:
    """(year, driver) → the joint value of each month."""
    rows = DriverValue.objects.filter(period__month__in=months).order_by()
    sums = rows.values_list("driver_id", "period__month").annotate(total=Sum("value"))
    drivers = Driver.objects.in_bulk()
    found: dict[tuple[int, Driver], list[tuple[date, Fraction]]] = {}
    for driver, month, total in sums:
        found.setdefault((month.year, drivers[driver]), []).append((month, Fraction(total)))
    return found


def _year(year: int, carried: Carried, counts: Mapping, units: Mapping) -> Year:
    mine = {owner: {m: ore for m, ore in row.items() if m.year == year} for owner, row in carried.items()}
    mine = {owner: row for owner, row in mine.items() if row}
    months = sorted({month for row in mine.values() for month in row})
    judged = equality.read(months[-1], span=12)
    cost = {owner: sum(row.values()) for owner, row in mine.items()}
    return Year(
        year, months, cost, account.read(mine), counts.get(("first_response", year), Attainment()),
        counts.get(("resolution", year), Attainment()), judged.finding if judged else "",
        [(driver, _per_unit(values, driver, mine)) for (of, driver), values in units.items() if of == year],
    )  # fmt: skip


def _per_unit(values: Sequence[tuple[date, Fraction]], driver: Driver, carried: Carried) -> int | None:
    """A flow: cost of the months ÷ their units. A stock: cost of an average month ÷ units on average."""
    measured = [month for month, _value in values]
    cost = sum(ore for row in carried.values() for month, ore in row.items() if month in measured)
    total = sum((value for _month, value in values), Fraction(0))
    return unit_cost(cost, total or None)
