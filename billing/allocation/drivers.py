"""Drivers: the measured quantities that keys share by, for one period.

A stock is held on each day (inhabitants, devices); a flow happened in the period (tickets, minutes). Values are read
when a key asks for them, so a value of somebody who does not take part can neither help nor harm.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction

from billing.allocation import plain
from billing.allocation.errors import AllocationError
from billing.allocation.shares import Shares, in_proportion

STOCK, FLOW = "stock", "flow"


class Driver:
    """One driver in one period, from {"nature", "values"} or {"nature", "values_by_from"}.

    `values_by_from` counts apart for each key version, named by the day from which it is in force: a flow is counted
    separately when the key changes inside the period. Where it names no such version, `values` count.
    """

    def __init__(self, code: str, plain_driver: object):
        self.code = code
        table = plain.mapping(plain_driver, driver=code)
        self.nature = table.get("nature")
        self._values = plain.mapping(table.get("values"), driver=code)
        self._by_from = plain.mapping(table.get("values_by_from"), driver=code)
        self._read: dict[tuple[str, date], Fraction] = {}
        self._shares: dict[tuple[tuple[str, ...], date], Shares] = {}
        if self.nature not in (STOCK, FLOW):
            raise AllocationError("BAD_KEY", "nature", found=self.nature, driver=code)

    @property
    def is_flow(self) -> bool:
        return self.nature == FLOW

    def shares(self, members: tuple[str, ...], *, version_from: date) -> Shares:
        """In proportion to the values, calculated once for all pools that share by them; ZERO_DRIVER if all are 0."""
        asked = (members, version_from)
        if asked not in self._shares:
            self._shares[asked] = in_proportion(self.values(members, version_from=version_from))
        return self._shares[asked]

    def values(self, members: Iterable[str], *, version_from: date) -> dict[str, Fraction]:
        """The exact value of each member; MISSING_DRIVER, BAD_NUMBER or NEGATIVE_DRIVER names the first fault."""
        return {member: self.value(member, version_from=version_from) for member in members}

    def value(self, member: str, *, version_from: date) -> Fraction:
        known = (member, version_from)
        if known not in self._read:
            raw = self.table(version_from).get(member)
            self._read[known] = plain.weight(raw, member=member, driver=self.code)
        return self._read[known]

    def table(self, version_from: date) -> Mapping[str, object]:
        """The values, as they were given, that count for the key version in force from a day."""
        for first, values in self._by_from.items():
            if plain.day(first, driver=self.code) == version_from:
                return plain.mapping(values, driver=self.code)
        return self._values


class Drivers:
    """All drivers of a period by code; a driver is read when a key first asks for it."""

    def __init__(self, plain_drivers: object = None):
        self._plain = plain.mapping(plain_drivers)
        self._read: dict[str, Driver] = {}

    def __getitem__(self, code: str) -> Driver:
        if code not in self._read:
            if self._plain.get(code) is None:
                raise AllocationError("MISSING_DRIVER", "driver", driver=code)
            self._read[code] = Driver(code, self._plain[code])
        return self._read[code]


def idle_units(capacity: object, used: object) -> Fraction:
    """The units nobody used: the driver value of the receiver IDLE, so that idle cost is seen and not hidden in prices.

    NEGATIVE_DRIVER when more was used than there is.
    """
    taken = sum((plain.weight(units, member=member) for member, units in plain.mapping(used).items()), Fraction(0))
    return plain.weight(plain.weight(capacity) - taken)
