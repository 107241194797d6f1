"""Who pays for whom: unit cost, cross-subsidy, and the comparison with standing alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from billing.allocation import plain
from billing.allocation.rounding import apportion, rounded_ore
from billing.allocation.settlement import Amounts, difference


def unit_cost(amount_ore: object, units: object) -> int | None:
    """Whole øre per unit, half up; None without units, never 0."""
    exact = exact_unit_cost(plain.whole_ore(amount_ore), units)
    return None if exact is None else rounded_ore(exact)


def exact_unit_cost(amount_ore: int, units: object, **where: object) -> Fraction | None:
    counted = Fraction(0) if units is None else plain.weight(units, **where)
    return amount_ore / counted if counted else None


@dataclass(frozen=True)
class Fairness:
    """Charges beside what the members would pay by their consumption."""

    charge_ore: Amounts
    consumption_share_ore: Amounts

    @property
    def cross_subsidy_ore(self) -> dict[str, int]:
        """Charge − consumption share: positive pays for others. The sum is 0."""
        return difference(self.charge_ore, self.consumption_share_ore)


def fairness(charge_ore: object, consumption_weights: object) -> Fairness:
    charges = plain.amounts(charge_ore)
    shares = apportion(sum(charges.values()), consumption_weights).amounts
    everybody = dict.fromkeys(sorted(charges.keys() | shares.keys()), 0)
    return Fairness(everybody | charges, everybody | dict(shares))


def no_worse_off_than_alone(charge_ore: Amounts, stand_alone_ore: object) -> dict[str, bool | None]:
    """Whether each pays at most its own indexed baseline; None for whom that was not measured."""
    table = plain.mapping(stand_alone_ore)
    return {member: _no_worse_off(charge, table.get(member), member) for member, charge in charge_ore.items()}


def _no_worse_off(charge: int, alone: object, member: str) -> bool | None:
    return None if alone is None else charge <= plain.whole_ore(alone, member=member)


def unit_costs(charge_ore: Amounts, size: object) -> dict[str, Fraction | None]:
    """The exact cost per unit of size; None for a size of 0 or one that was not measured."""
    sizes = plain.mapping(size)
    return {member: exact_unit_cost(charge, sizes.get(member), member=member) for member, charge in charge_ore.items()}


def max_over_min(costs: Mapping[str, Fraction | None]) -> Fraction | None:
    """The highest unit cost as a multiple of the lowest; None when there is none, or the lowest is not above 0."""
    known = [cost for cost in costs.values() if cost is not None]
    return max(known) / min(known) if known and min(known) > 0 else None
