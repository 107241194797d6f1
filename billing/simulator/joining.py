"""A municipality that might join: its name, and how large it is.

Quantities nobody has written are estimated: as many per unit of the first written quantity as the others have.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from billing.allocation.rounding import half_up

LAST_CODE = 999


@dataclass
class Joining:
    """`given` are the written quantities by driver code; `estimated` gathers what had to be estimated."""

    code: str
    name: str
    given: Mapping[str, Fraction]
    estimated: set[str] = field(default_factory=set)

    def add_to(self, values: dict[str, dict[str, str]]) -> None:
        """Put this municipality's quantities among those of a month (driver → municipality code → value)."""
        factor = self._factor(values)
        for driver, table in values.items():
            if driver in self.given:
                table[self.code] = str(self.given[driver])
            elif factor is not None and self.code not in table:
                table[self.code] = str(half_up(factor * sum(map(Fraction, table.values()))))
                self.estimated.add(driver)

    def _factor(self, values: Mapping[str, Mapping[str, str]]) -> Fraction | None:
        for driver, quantity in self.given.items():
            others = sum(Fraction(value) for code, value in values.get(driver, {}).items() if code != self.code)
            if others:
                return quantity / others
        return None


def free_code(taken: Collection[str]) -> str:
    """A municipality code nobody has, the highest first: the tie rule favours low codes, so it favours the others."""
    return next(str(code) for code in range(LAST_CODE, 0, -1) if str(code) not in taken)
