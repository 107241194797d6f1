"""Savings against the business case: what the old way would cost today, with today's volume and prices.

A baseline may have several parts with their own volumes and index series (wages, licences, hosting). The parts are
calculated separately, in whole øre, and added. Amounts in base-year prices use the price change of the baseline as a
whole: indexed ÷ not indexed, at today's volume. (docs/en/allocation.md, "Savings")
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from billing.allocation import plain
from billing.allocation.errors import AllocationError
from billing.allocation.rounding import half_up, rounded_ore


@dataclass(frozen=True)
class BaselinePart:
    """What a part cost in the base year, and how volume and prices have moved. Volumes and indices are above 0."""

    fixed_ore: int
    variable_ore: int
    base_volume: Fraction
    volume: Fraction
    index_base: Fraction
    index: Fraction

    @property
    def at_volume(self) -> Fraction:
        """Today's volume at the prices of the base year, in øre."""
        return self.fixed_ore + self.variable_ore * self.volume / self.base_volume

    @property
    def price_change(self) -> Fraction:
        return self.index / self.index_base

    @property
    def adjusted_ore(self) -> int:
        return rounded_ore(self.at_volume * self.price_change)


@dataclass(frozen=True)
class Savings:
    """Saving of a year. `actual_ore` is the share of the community plus the IT cost left at home, of the same scope."""

    parts: Sequence[BaselinePart]
    actual_ore: int
    one_off_ore: int
    promised_ore: int

    @property
    def base_ore(self) -> int:
        """The baseline as it was: fixed and variable cost of the base year."""
        return sum(part.fixed_ore + part.variable_ore for part in self.parts)

    @property
    def adjusted_baseline_ore(self) -> int:
        return sum(part.adjusted_ore for part in self.parts)

    @property
    def running_saving_ore(self) -> int:
        return self.adjusted_baseline_ore - self.actual_ore

    @property
    def net_saving_ore(self) -> int:
        return self.running_saving_ore - self.one_off_ore

    @property
    def net_saving_base_prices_ore(self) -> int:
        return rounded_ore(self.net_saving_ore / self.price_change)

    @property
    def promised_now_ore(self) -> int:
        return rounded_ore(self.promised_ore * self.price_change)

    @property
    def attained(self) -> Fraction | None:
        """Running saving ÷ what was promised, both in today's prices; None when nothing was promised."""
        return Fraction(self.running_saving_ore, self.promised_now_ore) if self.promised_now_ore else None

    @property
    def naive_saving_ore(self) -> int:
        """Base year minus this year. naive + volume effect + index effect = running saving."""
        return self.base_ore - self.actual_ore

    @property
    def volume_effect_ore(self) -> int:
        return half_up(sum((part.at_volume for part in self.parts), Fraction(0))) - self.base_ore

    @property
    def index_effect_ore(self) -> int:
        return self.running_saving_ore - self.naive_saving_ore - self.volume_effect_ore

    @cached_property
    def price_change(self) -> Fraction:
        """How prices moved since the base year, the parts weighed by their cost at today's volume."""
        changes = {part.price_change for part in self.parts}
        if len(changes) == 1:
            return changes.pop()
        at_volume = sum((part.at_volume for part in self.parts), Fraction(0))
        indexed = sum((part.at_volume * part.price_change for part in self.parts), Fraction(0))
        if at_volume <= 0 or indexed <= 0:
            raise AllocationError("NO_BASE", found="baseline")
        return indexed / at_volume


def savings(parts: Iterable[Mapping], *, actual_ore: object, one_off_ore: object, promised_ore: object) -> Savings:
    """Savings from plain data.

    Parts hold baseline_fixed_ore, baseline_variable_ore, base_volume, volume, index_base and index.
    NO_BASE when a volume of the baseline or an index is missing or not above 0; MISSING_DRIVER without today's volume.
    """
    return Savings(
        tuple(_part(part) for part in parts),
        plain.whole_ore(actual_ore),
        plain.whole_ore(one_off_ore),
        plain.whole_ore(promised_ore),
    )


def _part(part: Mapping) -> BaselinePart:
    fixed, variable = (plain.whole_ore(part.get(f"baseline_{kind}_ore")) for kind in ("fixed", "variable"))
    return BaselinePart(
        fixed_ore=fixed,
        variable_ore=variable,
        base_volume=_above_zero(part, "base_volume"),
        volume=plain.weight(part.get("volume"), driver="volume"),
        index_base=_above_zero(part, "index_base"),
        index=_above_zero(part, "index"),
    )


def _above_zero(part: Mapping, field: str) -> Fraction:
    if part.get(field) is None:
        raise AllocationError("NO_BASE", found=field)
    number = plain.exact_number(part[field])
    if number <= 0:
        raise AllocationError("NO_BASE", found=field)
    return number


def with_decimals(exact: Fraction, decimals: int) -> str:
    """A fraction as a decimal text, half away from zero: 1.0706."""
    scaled = half_up(exact * 10**decimals)
    units, fraction = divmod(abs(scaled), 10**decimals)
    return f"{'-' if scaled < 0 else ''}{units}.{fraction:0{decimals}}"
