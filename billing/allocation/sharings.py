"""The ways a pool is shared: by plain weights, by its key over a period, or by the cost that members already carry."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Protocol

from billing.allocation import plain
from billing.allocation.drivers import Drivers
from billing.allocation.errors import AllocationError
from billing.allocation.pools import Terms
from billing.allocation.rounding import Split, largest_remainder, nothing, weighed
from billing.allocation.shares import Shares, in_proportion
from billing.allocation.spans import Period, taking_part_in

DIRECT = "direct"  # the name under which direct lines stand among the pools

Allocated = Mapping[str, Mapping[str, int]]  # what is calculated so far, in whole øre: giver → receiver → amount


class Sharing(Protocol):
    """How one pool is shared. Mutual pools, which serve each other, are calculated together."""

    @property
    def is_mutual(self) -> bool: ...

    def receivers(self, allocated: Allocated) -> Collection[str]:
        """Those who may receive, as far as they can be told without reading a driver."""
        ...

    def shares(self, allocated: Allocated) -> Shares: ...


@dataclass(frozen=True)
class Weighted:
    """By plain weights."""

    weights: Mapping[str, object]
    is_mutual: bool = False

    def receivers(self, allocated: Allocated) -> Collection[str]:
        return self.weights

    def shares(self, allocated: Allocated) -> Shares:
        return weighed(self.weights)


@dataclass(frozen=True)
class Keyed:
    """By key versions and participations over a period. Pools that receive take part like members."""

    terms: Terms
    period: Period
    drivers: Drivers
    is_mutual: bool = False

    def receivers(self, allocated: Allocated) -> Collection[str]:
        return self._receivers

    def shares(self, allocated: Allocated) -> Shares:
        return self._shares

    def split(self, total_ore: int) -> Split:
        """A total shared. Calculated once: a simulation shares most totals as they are shared now."""
        if total_ore not in self._splits:
            self._splits[total_ore] = largest_remainder(total_ore, self._shares)
        return self._splits[total_ore]

    @cached_property
    def _splits(self) -> dict[int, Split]:
        return {}

    @cached_property
    def _receivers(self) -> tuple[str, ...]:
        return taking_part_in(self.terms.participation, self.period)

    @cached_property
    def _shares(self) -> Shares:
        """Calculated once: a simulation compares plans that share most of their pools."""
        return self.terms.shares(self.period, self.drivers)


@dataclass(frozen=True)
class OnCost:
    """Overhead: by what members already carry from the named givers. `pools` are all pools, whom nothing is charged."""

    givers: tuple[str, ...]
    pools: frozenset[str]
    is_mutual = False

    def receivers(self, allocated: Allocated) -> Collection[str]:
        return carried(allocated, self.givers, self.pools)

    def shares(self, allocated: Allocated) -> Shares:
        return by_cost(carried(allocated, self.givers, self.pools))


def carried(allocated: Allocated, givers: Iterable[str], pools: Collection[str]) -> dict[str, int]:
    """What each member carries from some givers. What a pool received is carried by those it gives to."""
    totals: dict[str, int] = {}
    for giver in givers:
        for receiver, amount in allocated[giver].items():
            if receiver not in pools:
                totals[receiver] = totals.get(receiver, 0) + amount
    return dict(sorted(totals.items()))


def by_cost(basis_ore: Mapping[str, int]) -> Shares:
    """Shares in proportion to amounts. NEGATIVE_BASIS for a credit, ZERO_DRIVER when nobody carries anything."""
    for member, amount in sorted(basis_ore.items()):
        if amount < 0:
            raise AllocationError("NEGATIVE_BASIS", found=amount, member=member)
    return in_proportion({member: Fraction(amount) for member, amount in basis_ore.items()})


def overhead(total_ore: object, basis_ore: object) -> Split:
    """Share a total in proportion to cost already carried. A total of 0 gives everyone 0 without reading the basis."""
    total, table = plain.whole_ore(total_ore), plain.mapping(basis_ore)
    return largest_remainder(total, by_cost(plain.amounts(table))) if total else nothing(table)
