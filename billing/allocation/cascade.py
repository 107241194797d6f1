"""The order in which cost runs through the pools until all of it is with members.

Support pools give to members and to later pools (step-down), in whole øre at every step, so nothing is lost. Pools that
serve each other are calculated together (`reciprocal`). Overhead is shared by the cost already carried. A pool shares
what was posted to it and what it received. (docs/en/allocation.md, "Support pools and overhead")
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import groupby

from billing.allocation import plain
from billing.allocation.errors import AllocationError, located
from billing.allocation.reciprocal import Ring, solve, without_exit
from billing.allocation.rounding import Split, largest_remainder, nothing
from billing.allocation.shares import in_proportion
from billing.allocation.sharings import DIRECT, Keyed, Sharing, Weighted, carried


@dataclass(frozen=True)
class Step:
    """One pool, or several that serve each other, shared out.

    `own_ore` was posted to the pools; `received_ore` came from earlier steps (pool → giver → øre). `ring` holds the
    exact gross amounts of pools that serve each other; they have one split, and one rounding, in common.
    """

    pools: tuple[str, ...]
    own_ore: Mapping[str, int]
    received_ore: Mapping[str, Mapping[str, int]]
    split: Split
    ring: Ring | None = None

    @property
    def name(self) -> str:
        return step_name(self.pools)

    def total_ore(self, pool: str) -> int:
        return self.own_ore[pool] + sum(self.received_ore[pool].values())


def step_name(pools: Sequence[str]) -> str:
    return "+".join(pools)


@dataclass(frozen=True)
class Cascade:
    """All steps in the order of calculation, and what each member carries in the end."""

    steps: tuple[Step, ...]
    direct_ore: Mapping[str, int]

    @cached_property
    def pools(self) -> frozenset[str]:
        return frozenset(pool for step in self.steps for pool in step.pools)

    def allocated_ore(self) -> dict[str, Mapping[str, int]]:
        """Giver (`direct`, a pool, or pools joined by +) → receiver → whole øre."""
        return {DIRECT: self.direct_ore} | {step.name: step.split.amounts for step in self.steps}

    def pool_total_ore(self) -> dict[str, int]:
        """What each pool had to share: its own cost and what it received from earlier steps."""
        return {pool: step.total_ore(pool) for step in self.steps for pool in step.pools}

    def member_total_ore(self) -> dict[str, int]:
        return dict(self._member_totals)

    @cached_property
    def _member_totals(self) -> dict[str, int]:
        allocated = self.allocated_ore()
        totals = carried(allocated, allocated, self.pools)
        return {member: plain.whole_ore(amount, member=member) for member, amount in totals.items()}


def calculate(
    order: Sequence[str],
    sharings: Mapping[str, Sharing],
    *,
    own_ore: Mapping[str, int],
    direct_ore: Mapping[str, int] | None = None,
) -> Cascade:
    """Share every pool in order.

    CYCLE when a pool gives to itself or to an earlier one, BAD_KEY for a receiver that is neither pool nor member,
    NO_EXIT for pools that give only to each other, and whatever the keys refuse.
    """
    allocated: dict[str, Mapping[str, int]] = {DIRECT: direct_ore or {}}
    received: dict[str, dict[str, int]] = {pool: {} for pool in order}
    steps = []
    for pools in steps_in(order, sharings):
        step = _Calculation(pools, order, sharings, allocated).step(own_ore, received)
        for receiver in received.keys() & step.split.amounts.keys():
            received[receiver][step.name] = step.split.amounts[receiver]
        allocated[step.name] = step.split.amounts
        steps.append(step)
    return Cascade(tuple(steps), allocated[DIRECT])


def steps_in(order: Sequence[str], sharings: Mapping[str, Sharing]) -> list[tuple[str, ...]]:
    """The pools one by one, but mutual neighbours together. BAD_KEY when a pool is called like several joined."""
    steps = [tuple(pools) for _, pools in groupby(order, key=lambda pool: sharings[pool].is_mutual or pool)]
    for pools in steps:
        if len(pools) > 1 and step_name(pools) in sharings:
            raise AllocationError("BAD_KEY", "reserved", found=step_name(pools))
    return steps


@dataclass(frozen=True)
class _Calculation:
    """The sharing of the pools of one step, when the earlier steps are done."""

    pools: tuple[str, ...]
    order: Sequence[str]
    sharings: Mapping[str, Sharing]
    allocated: Mapping[str, Mapping[str, int]]

    @property
    def is_mutual(self) -> bool:
        return self.sharings[self.pools[0]].is_mutual

    def step(self, own_ore: Mapping[str, int], received_ore: Mapping[str, Mapping[str, int]]) -> Step:
        own = {pool: own_ore[pool] for pool in self.pools}
        received = {pool: dict(received_ore[pool]) for pool in self.pools}
        totals = {pool: plain.whole_ore(own[pool] + sum(received[pool].values()), pool=pool) for pool in self.pools}
        receivers = {pool: self.sharings[pool].receivers(self.allocated) for pool in self.pools}
        self._refuse_strangers(receivers)
        ring = solve(totals, lambda pool: self.sharings[pool].shares(self.allocated)) if self.is_mutual else None
        split = self._leaving(totals, receivers, ring) if ring else self._alone(totals, receivers)
        self._refuse_strangers({self.pools[-1]: split.amounts})
        return Step(self.pools, own, received, split, ring)

    def _alone(self, totals: Mapping[str, int], receivers: Mapping[str, Collection[str]]) -> Split:
        (pool,) = self.pools
        with located(pool=pool):
            if not totals[pool]:
                return nothing(receivers[pool])
            sharing = self.sharings[pool]
            if isinstance(sharing, Keyed):
                return sharing.split(totals[pool])
            return largest_remainder(totals[pool], sharing.shares(self.allocated))

    def _leaving(self, totals: Mapping[str, int], receivers: Mapping[str, Collection[str]], ring: Ring) -> Split:
        """One rounding for all pools of a ring. Those who could receive but get nothing are named with 0."""
        outside = set().union(*receivers.values()) - set(self.pools)
        total = plain.whole_ore(sum(totals.values()), pool=step_name(self.pools))
        if not total:
            return nothing(outside)
        return largest_remainder(total, in_proportion({**dict.fromkeys(sorted(outside), Fraction(0)), **ring.exact}))

    def _refuse_strangers(self, receivers: Mapping[str, Collection[str]]) -> None:
        """Only members, later pools and, in a ring, each other may receive."""
        later = self.order[self.order.index(self.pools[-1]) + 1 :]
        allowed = {*later, *self.pools} if self.is_mutual else set(later)
        for pool, named in receivers.items():
            cyclic = (self.sharings.keys() & named) - allowed
            if cyclic:
                raise AllocationError("CYCLE", found=min(cyclic), pool=pool)
            unknown = [name for name in named if not plain.is_municipality(name) and name not in self.sharings]
            if unknown:
                raise AllocationError("BAD_KEY", "receiver", found=min(unknown), pool=pool)


def step_down(order: object, pools: object) -> Cascade:
    """Share pools of plain weights in order: {pool: {"own_ore", "weights"}}."""
    tables = {pool: plain.mapping(table, pool=pool) for pool, table in plain.mapping(pools).items()}
    own = {pool: plain.whole_ore(table.get("own_ore"), pool=pool) for pool, table in tables.items()}
    sharings = {pool: Weighted(plain.mapping(table.get("weights"), pool=pool)) for pool, table in tables.items()}
    return calculate(read_order(order, sharings), sharings, own_ore=own)


def reciprocal(pools: object) -> Step:
    """Share pools of plain weights that serve each other: {pool: {"own_ore", "weights"}}."""
    tables = {pool: plain.mapping(table, pool=pool) for pool, table in sorted(plain.mapping(pools).items())}
    own = {pool: plain.whole_ore(table.get("own_ore"), pool=pool) for pool, table in tables.items()}
    weights = {pool: plain.mapping(table.get("weights"), pool=pool) for pool, table in tables.items()}
    closed = without_exit({pool: set(table) for pool, table in weights.items() if table})
    if closed:
        raise AllocationError("NO_EXIT", pool=", ".join(closed))
    sharings = {pool: Weighted(table, is_mutual=True) for pool, table in weights.items()}
    steps = calculate(list(sharings), sharings, own_ore=own).steps
    return steps[0] if steps else Step((), {}, {}, nothing(()), Ring({}, {}, {}))


def read_order(order: object, pools: Collection[str]) -> list[str]:
    """The order of calculation: every pool exactly once. DUPLICATE or BAD_KEY otherwise."""
    ordered = plain.names(order)
    for pool in ordered:
        if pool not in pools:
            raise AllocationError("BAD_KEY", "pool", found=pool)
    for pool in sorted(pools):
        if pool not in ordered:
            raise AllocationError("BAD_KEY", "order", found=pool, pool=pool)
    return ordered
