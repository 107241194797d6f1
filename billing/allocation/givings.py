"""A pool that gives to other pools before its key shares the rest among the municipalities.

The whole are percents, or the units of a capacity: so many for each receiving pool, so many (`own`) for the
municipalities by the pool's own key, and what is left of a capacity for the pool that carries idle capacity. As plain
data, beside what says how the rest is shared:

    {"gives": {"capacity": "100", "units": {"SECURITY": "8"}, "own": "92", "idle": "IDLE"}}
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from billing.allocation import plain
from billing.allocation.drivers import idle_units
from billing.allocation.errors import AllocationError
from billing.allocation.shares import Shares, blend, in_proportion
from billing.allocation.sharings import Allocated, Sharing


@dataclass(frozen=True)
class Giving:
    """`units` per receiving pool, idle capacity among them; `own` units are shared as `rest` says.

    Mutual ones are calculated together with those they give to and receive from (billing.allocation.mutual).
    """

    units: Mapping[str, Fraction]
    own: Fraction
    rest: Sharing
    is_mutual: bool = False

    def receivers(self, allocated: Allocated) -> Collection[str]:
        members = self.rest.receivers(allocated) if self.own else ()
        return [*self.units, *members]

    def shares(self, allocated: Allocated) -> Shares:
        """Without own units the rest is not read, so its drivers may be missing."""
        whole = sum(self.units.values(), self.own)
        given = {pool: units for pool, units in self.units.items() if units}
        parts = [(units / whole, Shares({pool: 1}, 1)) for pool, units in given.items()]
        if self.own:
            parts.append((self.own / whole, self.rest.shares(allocated)))
        return blend(parts) if parts else in_proportion({})


def read_giving(value: object, rest: Sharing) -> Giving:
    """NEGATIVE_DRIVER when more is given than there is, BAD_KEY when nobody is named for idle capacity."""
    table = plain.mapping(value)
    units = {pool: plain.weight(given) for pool, given in sorted(plain.mapping(table.get("units")).items())}
    own, capacity = plain.weight(table.get("own")), plain.weight(table.get("capacity"))
    used = sum(units.values(), own)
    if used > capacity:
        raise AllocationError("NEGATIVE_DRIVER", "capacity", found=f"{capacity}")
    left = idle_units(str(capacity), {"used": str(used)})
    if left:
        idle = table.get("idle")
        if idle is None:
            raise AllocationError("BAD_KEY", "idle", found=f"{left}")
        units[plain.name(idle)] = units.get(plain.name(idle), Fraction(0)) + left
    return Giving(units, own, rest)
