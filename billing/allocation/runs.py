"""The run of a period: from ledger lines to what every member carries, with the control sums an approval needs.

A plan is what a run reads, and what a snapshot stores as plain data:

    {"lines": [{"id", "amount_ore", "pool" or "direct"}], "order": [pool, …], "period": {"from", "to"}, "drivers": {…},
     "pools": {pool: {"weights": {…}}                                 shared by plain weights
                   | {"participation": {…}, "key_versions": […]}      shared by its key
                   | {"on_cost_of": ["direct", pool, …]}}}            overhead

A pool may say "is_mutual": true: it is then calculated together with its mutual neighbours in the order. What a pool
gives to others first stands in "gives" (billing.allocation.givings).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from billing.allocation import plain
from billing.allocation.cascade import Cascade, calculate, read_order, step_name, steps_in
from billing.allocation.drivers import Drivers
from billing.allocation.errors import AllocationError, located
from billing.allocation.givings import Giving, read_giving
from billing.allocation.ledger import Line, read_lines, sums_by, total_ore
from billing.allocation.pools import read_terms
from billing.allocation.sharings import DIRECT, Keyed, OnCost, Sharing, Weighted
from billing.allocation.spans import Period, read_period


@dataclass(frozen=True)
class Plan:
    """Everything a run reads."""

    lines: tuple[Line, ...]
    order: tuple[str, ...]
    sharings: Mapping[str, Sharing]

    def with_sharing(self, pool: str, sharing: Sharing) -> "Plan":
        """The same plan with another way of sharing one pool, as a simulation asks for."""
        return replace(self, sharings={**self.sharings, pool: sharing})


@dataclass(frozen=True)
class Control:
    """The sums that must agree: posted = allocated + unallocated, in øre."""

    ledger_ore: int
    allocated_ore: int
    unallocated_ore: int

    @property
    def balances(self) -> bool:
        return self.ledger_ore == self.allocated_ore + self.unallocated_ore


@dataclass(frozen=True)
class Run:
    """The result of a plan."""

    plan: Plan
    cascade: Cascade
    control: Control

    @property
    def unassigned(self) -> tuple[Line, ...]:
        return tuple(line for line in self.plan.lines if not line.is_assigned)

    @property
    def may_be_approved(self) -> bool:
        """No line is unassigned, even if such lines add up to 0, and the control sums agree."""
        return self.control.balances and not self.unassigned


def run(plan: Plan) -> Run:
    """Calculate a period: direct lines first, then the pools in order."""
    own = dict.fromkeys(plan.order, 0) | sums_by(plan.lines, "pool")
    cascade = calculate(plan.order, plan.sharings, own_ore=own, direct_ore=sums_by(plan.lines, "direct"))
    allocated = plain.whole_ore(sum(cascade.member_total_ore().values()))
    control = Control(total_ore(plan.lines), allocated, total_ore(line for line in plan.lines if not line.is_assigned))
    return Run(plan, cascade, control)


def read_plan(value: object) -> Plan:
    """A plan from plain data. Refusals: lines first, then the period, the pools, their order, and what they name."""
    table = plain.mapping(value)
    lines = read_lines(table.get("lines"))
    period = None if table.get("period") is None else read_period(table["period"])
    pools = {pool: plain.mapping(terms, pool=pool) for pool, terms in plain.mapping(table.get("pools")).items()}
    order = read_order(table.get("order"), pools)
    drivers = Drivers(table.get("drivers"))
    sharings = {pool: _sharing(pool, terms, order, period, drivers) for pool, terms in pools.items()}
    _refuse_unknown_receivers(lines, pools)
    return Plan(lines, tuple(order), with_joint_givers(order, sharings))


def _sharing(pool: str, terms: Mapping, order: list[str], period: Period | None, drivers: Drivers) -> Sharing:
    with located(pool=pool):
        rest = _by_its_own_terms(pool, terms, order, period, drivers)
        return rest if terms.get("gives") is None else read_giving(terms["gives"], rest)


def _by_its_own_terms(pool: str, terms: Mapping, order: list[str], period: Period | None, drivers: Drivers) -> Sharing:
    with located(pool=pool):
        if pool == DIRECT:
            raise AllocationError("BAD_KEY", "reserved", found=pool)
        named = [name for name in ("weights", "key_versions", "on_cost_of") if terms.get(name) is not None]
        if len(named) != 1:
            raise AllocationError("BAD_KEY", "shape", found=terms)
        if named == ["on_cost_of"]:
            return OnCost(_givers(pool, terms["on_cost_of"], order), frozenset(order))
        mutual = terms.get("is_mutual") is True
        if named == ["weights"]:
            return Weighted(plain.mapping(terms["weights"]), mutual)
        if period is None:
            raise AllocationError("BAD_DATE", found=None)
        return Keyed(read_terms(terms.get("participation"), terms["key_versions"]), period, drivers, mutual)


def _givers(pool: str, value: object, order: list[str]) -> tuple[str, ...]:
    """Overhead may name only what is calculated before it."""
    givers = plain.names(value)
    for giver in givers:
        if giver != DIRECT and giver not in order:
            raise AllocationError("BAD_KEY", "pool", found=giver)
        if giver != DIRECT and order.index(giver) >= order.index(pool):
            raise AllocationError("CYCLE", "basis", found=giver)
    return tuple(givers)


def _refuse_unknown_receivers(lines: Iterable[Line], pools: Mapping[str, object]) -> None:
    for line in lines:
        if line.pool is not None and line.pool not in pools:
            raise AllocationError("BAD_KEY", "pool", found=line.pool, line=line.id)
        if line.direct is not None and not plain.is_municipality(line.direct):
            raise AllocationError("BAD_KEY", "receiver", found=line.direct, line=line.id)


def with_joint_givers(order: list[str], sharings: Mapping[str, Sharing]) -> dict[str, Sharing]:
    """Overhead that names one of several mutual pools builds on what all of them gave: their cost has one split."""
    joint = {pool: step_name(pools) for pools in steps_in(order, sharings) for pool in pools}
    return {pool: _building_on(joint, sharing) for pool, sharing in sharings.items()}


def _building_on(joint: Mapping[str, str], sharing: Sharing) -> Sharing:
    if isinstance(sharing, Giving):
        return replace(sharing, rest=_building_on(joint, sharing.rest))
    if isinstance(sharing, OnCost):
        return replace(sharing, givers=tuple(dict.fromkeys(joint.get(giver, giver) for giver in sharing.givers)))
    return sharing
