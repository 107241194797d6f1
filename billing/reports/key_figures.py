"""Cost per ticket, user and inhabitant; who pays for whom; and whether each is better off than alone, in øre."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from billing.allocation.errors import AllocationError
from billing.allocation.fairness import fairness, max_over_min, no_worse_off_than_alone, unit_cost, unit_costs
from billing.models import Driver, DriverValue
from billing.overview import Overview
from municipalities.models import Municipality

Units = Mapping[tuple[str, str], Fraction]  # (driver code, municipality code) → units in the months


@dataclass(frozen=True)
class UnitCost:
    """What one unit of a driver costs each municipality; None without units, never 0. `ratio` is highest ÷ lowest."""

    driver: Driver
    by_member_ore: Mapping[str, int | None]
    joint_ore: int | None
    ratio: Fraction | None

    @property
    def is_measured(self) -> bool:
        return self.joint_ore is not None


@dataclass(frozen=True)
class Subsidy:
    """One municipality: its part of the shared pools, what it would be by consumption, and the difference."""

    municipality: Municipality
    charge_ore: int
    by_use_ore: int

    @property
    def difference_ore(self) -> int:
        """Above zero pays for others."""
        return self.charge_ore - self.by_use_ore


@dataclass(frozen=True)
class Alone:
    """What a municipality pays together and at home, beside its indexed baseline; None where that is not measured."""

    municipality: Municipality
    together_ore: int
    alone_ore: int | None
    is_no_worse_off: bool | None


@dataclass(frozen=True)
class KeyFigures:
    municipalities: Sequence[Municipality]
    months: Sequence[date]
    unit_costs: Sequence[UnitCost]
    consumption: Driver | None
    subsidies: Sequence[Subsidy]
    alone: Sequence[Alone]


def read(seen: Overview, months: Sequence[date], *, consumption: str = "") -> KeyFigures:
    """The figures of some months of one year. `consumption` names the driver by which use is measured.

    Without a name, or with an unknown one, the tickets of the desk are taken, else the first driver that is measured.
    """
    drivers, units = _units(months)
    charged = {owner.code: sum(seen.of_month(month, owner.pk) for month in months) for owner in seen.municipalities}
    costs = [_unit_cost(driver, charged, units) for driver in drivers]
    measured = [cost.driver for cost in costs if cost.is_measured]
    chosen = _chosen(measured, consumption)
    return KeyFigures(
        seen.municipalities, months, [cost for cost in costs if cost.is_measured], chosen,
        _subsidies(seen, months, units, chosen) if chosen else [], _alone(seen),
    )  # fmt: skip


def _units(months: Sequence[date]) -> tuple[list[Driver], Units]:
    """A flow is summed over the months; a stock is averaged over those in which it was measured."""
    rows = DriverValue.objects.filter(period__month__in=months).select_related("driver", "municipality")
    drivers: dict[str, Driver] = {}
    values: dict[tuple[str, str], list[Fraction]] = {}
    for row in rows:
        drivers[row.driver.code] = row.driver
        values.setdefault((row.driver.code, row.municipality.code), []).append(Fraction(row.value))
    units = {
        key: sum(found, Fraction(0)) / (1 if drivers[key[0]].nature == Driver.Nature.FLOW else len(found))
        for key, found in values.items()
    }
    return [drivers[code] for code in sorted(drivers)], units


def _unit_cost(driver: Driver, charged: Mapping[str, int], units: Units) -> UnitCost:
    sizes = {code: units.get((driver.code, code)) for code in charged}
    exact = unit_costs(charged, {code: size for code, size in sizes.items() if size is not None})
    sized = {code: size for code, size in sizes.items() if size}
    total = sum(charged[code] for code in sized)
    by_member = {code: unit_cost(charged[code], sizes[code]) for code in charged}
    return UnitCost(driver, by_member, unit_cost(total, sum(sized.values()) or None), max_over_min(exact))


def _chosen(measured: Sequence[Driver], wanted: str) -> Driver | None:
    named = [driver for driver in measured if driver.code == wanted]
    tickets = [driver for driver in measured if driver.source == Driver.Source.TICKETS]
    return next(iter([*named, *tickets, *measured]), None)


def _subsidies(seen: Overview, months: Sequence[date], units: Units, driver: Driver) -> list[Subsidy]:
    shared = [pool.pk for pool in seen.pools if pool and not pool.is_direct]
    charges = {
        owner.code: sum(seen.of_pool(pool, list(months), owner.pk) for pool in shared) for owner in seen.municipalities
    }
    try:
        found = fairness(charges, {code: units.get((driver.code, code), Fraction(0)) for code in charges})
    except AllocationError:
        return []  # nobody used anything, so nothing can be told
    return [
        Subsidy(owner, charges[owner.code], found.consumption_share_ore[owner.code]) for owner in seen.municipalities
    ]


def _alone(seen: Overview) -> list[Alone]:
    """For the year up to the month, since a baseline is one of years."""
    rows = seen.savings.rows
    together = {row.municipality.code: row.shared_ore + row.home_ore for row in rows}
    baseline = {row.municipality.code: row.stand_alone_ore for row in rows if row.stand_alone_ore is not None}
    verdicts = no_worse_off_than_alone(together, baseline)
    return [
        Alone(row.municipality, together[row.municipality.code], row.stand_alone_ore, verdicts[row.municipality.code])
        for row in rows
    ]
