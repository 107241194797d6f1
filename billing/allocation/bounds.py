"""Shares kept between floors and caps by one common factor.

x(m) = min(max(L·s(m), floor(m)), cap(m)) with the single L that makes Σ x = 1; whoever has s = 0 gets the floor. The
sum never falls as L grows, and it is a straight line between the points at which somebody leaves a floor or meets a
cap, so the factor is found exactly and not by approximation. Bounds are whole parts of a unit and shares whole parts
of a whole: the walk along the line is integer arithmetic.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cmp_to_key
from math import lcm

from billing.allocation.errors import AllocationError
from billing.allocation.shares import Shares, reduced

Bounds = Mapping[str, Fraction]


def bounded(shares: Shares, *, floor: Bounds, cap: Bounds) -> Shares:
    """The bounded shares of everybody in `shares`; bounds of others do not count. BOUNDS when no split keeps them."""
    unit = lcm(*(bound.denominator for bounds in (floor, cap) for bound in bounds.values()))
    walk = _Walk(shares.parts, unit, _whole(floor, unit, shares.parts), _whole(cap, unit, shares.parts))
    walk.refuse_crossed()
    walk.to_one()
    return walk.shares()


def _whole(bounds: Bounds, unit: int, members: Iterable[str]) -> dict[str, int]:
    return {member: int(bounds[member] * unit) for member in members if member in bounds}


@dataclass
class _Walk:
    """From L = 0, where everybody is held at the floor, until the sum is 1.

    `held` are those at a bound, in parts of the unit; the others are free and grow with their parts.
    """

    parts: Mapping[str, int]
    unit: int
    floors: Mapping[str, int]
    caps: Mapping[str, int]
    held: dict[str, int] = field(init=False)
    held_sum: int = field(init=False)
    free_parts: int = 0

    def __post_init__(self) -> None:
        self.held = {member: self.floors.get(member, 0) for member in self.parts}
        self.held_sum = sum(self.held.values())

    def refuse_crossed(self) -> None:
        for member, highest in sorted(self.caps.items()):
            if self.floors.get(member, 0) > highest:
                raise AllocationError("BOUNDS", "crossed", member=member)

    def to_one(self) -> None:
        for bound, member, leaves_floor in self.bends():
            part = self.parts[member]
            if self.held_sum * part + self.free_parts * bound >= self.unit * part:
                break
            if leaves_floor:
                self.held_sum -= self.held.pop(member)
                self.free_parts += part
            else:
                self.held[member] = bound
                self.held_sum += bound
                self.free_parts -= part
        if self.held_sum > self.unit or (self.held_sum < self.unit and not self.free_parts):
            raise AllocationError("BOUNDS")

    def bends(self) -> list[tuple[int, str, bool]]:
        """Where somebody leaves the floor or meets the cap, by L = bound ÷ part; among equals the floors first."""
        bends = [(self.floors.get(member, 0), member, True) for member, part in self.parts.items() if part]
        bends += [(cap, member, False) for member, cap in self.caps.items() if self.parts[member]]
        return sorted(bends, key=cmp_to_key(self.compared))

    def compared(self, bend: tuple[int, str, bool], other: tuple[int, str, bool]) -> int:
        return bend[0] * self.parts[other[1]] - other[0] * self.parts[bend[1]]

    def shares(self) -> Shares:
        """Those held have their bound; the free ones share the rest by their parts."""
        if not self.free_parts:
            return reduced({member: self.held[member] for member in self.parts}, self.unit)
        left = self.unit - self.held_sum
        held = {member: bound * self.free_parts for member, bound in self.held.items()}
        mixed = {member: held[member] if member in held else part * left for member, part in self.parts.items()}
        return reduced(mixed, self.unit * self.free_parts)
