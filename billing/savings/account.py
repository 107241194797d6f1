"""The saving of a year, up to a month, read from the database: what the old way would have cost, beside what is paid.

Yearly figures of the baseline count for as many twelfths as the municipality had calculated months. Whatever is missing
makes the saving "not measured", with the reason; it is never 0. (docs/en/allocation.md, "Savings")
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.utils.translation import gettext as _

from billing.allocation.errors import AllocationError
from billing.allocation.rounding import half_up, rounded_ore
from billing.allocation.savings import Savings, savings
from billing.models import Baseline, BaselinePart, Driver, DriverValue, HomeCost, IndexValue
from municipalities.models import Municipality

YEAR = 12  # months

Volumes = Mapping[tuple[int, int], Sequence[Fraction]]  # (municipality, driver) → one value per measured month


@dataclass(frozen=True)
class Saved:
    """One municipality. `savings` is None as long as something is missing, which `missing` then says in words."""

    municipality: Municipality
    months: int
    shared_ore: int
    home_ore: int = 0
    baseline: Baseline | None = None
    savings: Savings | None = None
    missing: str = ""

    @property
    def promised_ore(self) -> int:
        """Of the whole year, in base-year prices."""
        return self.baseline.promised_ore if self.baseline else 0

    @property
    def plan_ore(self) -> int:
        """What should be saved by now, in base-year prices."""
        return half_up(Fraction(self.promised_ore * self.months, YEAR))

    @property
    def saved_ore(self) -> int | None:
        """The running saving in base-year prices, which is what was promised in."""
        return rounded_ore(self.savings.running_saving_ore / self.savings.price_change) if self.savings else None

    @property
    def ahead_ore(self) -> int | None:
        """Saved − planned: below zero is behind."""
        return None if self.saved_ore is None else self.saved_ore - self.plan_ore

    @property
    def attained(self) -> Fraction | None:
        """Of the promise of the whole year, both in base-year prices."""
        return Fraction(self.saved_ore, self.promised_ore) if self.promised_ore and self.saved_ore is not None else None

    @property
    def stand_alone_ore(self) -> int | None:
        """What the municipality would pay alone today, of the same scope."""
        return self.savings.adjusted_baseline_ore if self.savings else None


@dataclass(frozen=True)
class Account:
    """All municipalities that carried something in the year's months."""

    months: Sequence[date]
    rows: Sequence[Saved]

    @property
    def measured(self) -> list[Saved]:
        return [row for row in self.rows if row.savings]

    @property
    def is_whole(self) -> bool:
        return bool(self.rows) and len(self.measured) == len(self.rows)

    @property
    def saved_ore(self) -> int | None:
        """Together, of those measured; None when nobody is."""
        found = [row.saved_ore for row in self.measured if row.saved_ore is not None]
        return sum(found) if found else None

    @property
    def promised_ore(self) -> int:
        return sum(row.promised_ore for row in self.measured)

    @property
    def plan_ore(self) -> int:
        return sum(row.plan_ore for row in self.measured)


def read(carried: Mapping[Municipality, Mapping[date, int]]) -> Account:
    """The account of months of one year. `carried`: municipality → month → øre, of calculated months only."""
    months = sorted({month for row in carried.values() for month in row})
    if not months:
        return Account([], [])
    baselines = {
        row.municipality_id: row for row in Baseline.objects.prefetch_related("parts__series", "parts__driver")
    }
    homes = {row.municipality_id: row for row in HomeCost.objects.filter(year=months[0].year)}
    reading = _Reading(months[0].year, baselines, homes, _indices(), _volumes(months, baselines.values()))
    owners = sorted(carried, key=lambda owner: owner.code)
    return Account(months, [reading.saved(owner, carried[owner]) for owner in owners])


def _indices() -> dict[tuple[int, int], Fraction]:
    return {(row.series_id, row.year): Fraction(row.value) for row in IndexValue.objects.all()}


def _volumes(months: Sequence[date], baselines) -> dict[tuple[int, int], dict[date, Fraction]]:
    drivers = {part.driver_id for baseline in baselines for part in baseline.parts.all() if part.driver_id}
    rows = DriverValue.objects.filter(driver__in=drivers, period__month__in=months)
    found: dict[tuple[int, int], dict[date, Fraction]] = {}
    for owner, driver, month, value in rows.values_list("municipality_id", "driver_id", "period__month", "value"):
        found.setdefault((owner, driver), {})[month] = Fraction(value)
    return found


@dataclass(frozen=True)
class _Missing(Exception):
    words: str


@dataclass(frozen=True)
class _Reading:
    year: int
    baselines: Mapping[int, Baseline]
    homes: Mapping[int, HomeCost]
    indices: Mapping[tuple[int, int], Fraction]
    volumes: Mapping[tuple[int, int], Mapping[date, Fraction]]

    def saved(self, owner: Municipality, carried: Mapping[date, int]) -> Saved:
        shared, baseline = sum(carried.values()), self.baselines.get(owner.pk)
        try:
            result, home = self._savings(owner, sorted(carried), shared)
        except _Missing as missing:
            return Saved(owner, len(carried), shared, baseline=baseline, missing=missing.words)
        except AllocationError as error:
            return Saved(owner, len(carried), shared, baseline=baseline, missing=error.sentence())
        return Saved(owner, len(carried), shared, home, baseline, result)

    def _savings(self, owner: Municipality, months: list[date], shared_ore: int) -> tuple[Savings, int]:
        baseline, home = self.baselines.get(owner.pk), self.homes.get(owner.pk)
        if baseline is None or not baseline.parts.all():
            raise _Missing(_("no baseline is entered"))
        if home is None:
            raise _Missing(_("the cost left at home in %(year)s is not entered") % {"year": self.year})
        part_of_year = Fraction(len(months), YEAR)
        parts = [self._part(part, baseline, months, part_of_year) for part in baseline.parts.all()]
        home_ore = half_up(home.running_ore * part_of_year)
        result = savings(
            parts, actual_ore=shared_ore + home_ore, one_off_ore=home.one_off_ore, promised_ore=baseline.promised_ore
        )
        return result, home_ore

    def _part(self, part: BaselinePart, baseline: Baseline, months: list[date], part_of_year: Fraction) -> dict:
        volume, base_volume = self._volume(part, months, part_of_year)
        return {
            "baseline_fixed_ore": half_up(part.fixed_ore * part_of_year),
            "baseline_variable_ore": half_up(part.variable_ore * part_of_year),
            "volume": volume, "base_volume": base_volume,
            "index_base": self._index(part, baseline.base_year), "index": self._index(part, self.year),
        }  # fmt: skip

    def _index(self, part: BaselinePart, year: int) -> Fraction:
        value = self.indices.get((part.series_id, year))
        if value is None:
            raise _Missing(
                _("the index “%(series)s” has no value for %(year)s") % {"series": part.series, "year": year}
            )
        return value

    def _volume(self, part: BaselinePart, months: list[date], part_of_year: Fraction) -> tuple[Fraction, Fraction]:
        """Today's volume and that of the base year, counted alike: a stock by its average, a flow by its sum."""
        if part.driver is None or part.base_volume is None:
            return Fraction(1), Fraction(1)
        measured = self.volumes.get((part.municipality_id, part.driver.pk), {})
        missing = [month for month in months if month not in measured]
        if missing:
            words = {"driver": part.driver.name, "month": f"{missing[0]:%Y-%m}"}
            raise _Missing(_("“%(driver)s” was not measured in %(month)s") % words)
        total = sum((measured[month] for month in months), Fraction(0))
        if part.driver.nature == Driver.Nature.FLOW:
            return total, Fraction(part.base_volume) * part_of_year
        return total / len(months), Fraction(part.base_volume)
