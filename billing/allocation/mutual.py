"""A plan whose pools give in any direction, earlier ones too: those that serve each other are calculated together.

The order of calculation follows from who gives to whom, and who builds on whose cost. Where nothing goes back to an
earlier pool it is the plan's own order, and the result is that of step-down to the øre.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from billing.allocation.errors import AllocationError
from billing.allocation.givings import Giving
from billing.allocation.runs import Plan, with_joint_givers
from billing.allocation.sharings import OnCost, Sharing

Later = Mapping[str, set[str]]  # pool → the pools that need its result


def together(plan: Plan) -> Plan:
    """The plan calculated reciprocally. CYCLE when overhead would build on the cost of a pool that it serves itself."""
    later = _later(plan)
    reached = {pool: _reached(pool, later) for pool in plan.order}
    rings = {pool: _ring(pool, plan.order, reached) for pool in plan.order}
    _refuse_overhead_on_its_own(plan, rings)
    order = tuple(_in_order(plan.order, later, rings))
    sharings = {
        pool: replace(sharing, is_mutual=True) if isinstance(sharing, Giving) and len(rings[pool]) > 1 else sharing
        for pool, sharing in plan.sharings.items()
    }
    return replace(plan, order=order, sharings=with_joint_givers(list(order), sharings))


def _later(plan: Plan) -> Later:
    found: dict[str, set[str]] = {pool: set() for pool in plan.order}
    for pool in plan.order:
        sharing = plan.sharings[pool]
        if isinstance(sharing, Giving):
            found[pool] |= {receiver for receiver, units in sharing.units.items() if units and receiver in found}
        for basis in _bases(sharing):
            if basis in found:
                found[basis].add(pool)
    return found


def _bases(sharing: Sharing) -> Sequence[str]:
    """The pools on whose cost an overhead builds; none when it gives everything away and its key is not read."""
    rest = sharing.rest if isinstance(sharing, Giving) and sharing.own else sharing
    return rest.givers if isinstance(rest, OnCost) else ()


def _reached(pool: str, later: Later) -> set[str]:
    found: set[str] = set()
    waiting = [pool]
    while waiting:
        new = later[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def _ring(pool: str, order: Sequence[str], reached: Mapping[str, set[str]]) -> tuple[str, ...]:
    """The pool and those that it serves and that serve it, if need be through others."""
    return tuple(other for other in order if other == pool or (other in reached[pool] and pool in reached[other]))


def _refuse_overhead_on_its_own(plan: Plan, rings: Mapping[str, Sequence[str]]) -> None:
    for pool in plan.order:
        for basis in _bases(plan.sharings[pool]):
            if basis in rings[pool]:
                raise AllocationError("CYCLE", "basis", found=basis, pool=pool)


def _in_order(order: Sequence[str], later: Later, rings: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Rings whole, each when all are calculated whose result it needs, and otherwise as in the plan."""
    left = list(order)
    while left:
        needed = {pool: {other for other in left if pool in later[other]} - set(rings[pool]) for pool in left}
        ready = next(rings[pool] for pool in left if not any(needed[other] for other in rings[pool]))
        yield from ready
        left = [pool for pool in left if pool not in ready]
