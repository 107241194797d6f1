"""A scenario: what the reader would share otherwise, and what every municipality then pays. Never stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from billing.allocation import runs, what_if
from billing.allocation.errors import AllocationError, located
from billing.allocation.givings import Giving, read_giving
from billing.allocation.pools import KeyVersion as DatedKey
from billing.allocation.pools import Terms
from billing.allocation.sharings import DIRECT, Keyed, OnCost, Sharing
from billing.allocation.spans import Span
from billing.allocation.what_if import WhatIf
from billing.simulator.basis import Basis, Month, with_member

Definition = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """What is asked for one pool. No definition: its own key. Bounds are shares of the pool, by municipality code."""

    definition: Definition | None = None
    floor: Mapping[str, Fraction] = field(default_factory=dict)
    cap: Mapping[str, Fraction] = field(default_factory=dict)
    gives: Mapping[str, Any] | None = None  # what the pool gives to others; None leaves it as it is

    @property
    def has_bounds(self) -> bool:
        return bool(self.floor or self.cap)

    @property
    def changes(self) -> bool:
        return self.definition is not None or self.has_bounds or self.gives is not None

    def within_bounds(self, definition: object) -> object:
        if not self.has_bounds:
            return definition
        return {"type": "bounded", "key": definition, "floor": dict(self.floor), "cap": dict(self.cap)}


@dataclass
class Outcome:
    """The result: what each carries now and in the scenario, and the difference each changed pool makes, in øre."""

    amounts: WhatIf
    by_pool_ore: dict[str, dict[str, int]]
    booked_ore: dict[str, int]

    @property
    def total_ore(self) -> int:
        return sum(self.amounts.now_ore.values())

    @property
    def balances(self) -> bool:
        return sum(self.amounts.difference_ore.values()) == 0

    @property
    def agrees_with_books(self) -> bool:
        """Whether "now" is what was booked; otherwise quantities or keys changed after the month was calculated."""
        return not self.booked_ore or self.booked_ore == {c: o for c, o in self.amounts.now_ore.items() if o}


def compare(basis: Basis, choices: Mapping[str, Choice]) -> tuple[Outcome | None, list[AllocationError]]:
    """The outcome, or what is wrong: of every changed pool, so that all faults are told at once."""
    try:
        now = [runs.run(month.plan) for month in basis.months]
    except AllocationError as error:
        return None, [error]
    plans, errors = alternatives(basis, choices)
    if errors:
        return None, errors
    try:
        after = [runs.run(plan) for plan in plans]
    except AllocationError as error:
        return None, [error]
    amounts = what_if.compare(*([run.cascade.member_total_ore() for run in side] for side in (now, after)))
    booked = what_if.added(month.booked_ore for month in basis.months)
    if any(not month.booked_ore for month in basis.months):
        booked = {}
    return Outcome(amounts, _by_pool(now, after), {code: ore for code, ore in booked.items() if ore}), []


def faults(basis: Basis, choices: Mapping[str, Choice]) -> list[AllocationError]:
    """What is wrong with the changed pools, without the outcome."""
    return alternatives(basis, choices)[1]


def alternatives(basis: Basis, choices: Mapping[str, Choice]) -> tuple[list[runs.Plan], list[AllocationError]]:
    """The months of the scenario, and what is wrong with its pools."""
    errors: dict[str, AllocationError] = {}
    plans = []
    for month in basis.months:
        sharings = dict(month.plan.sharings)
        for pool in basis.order:
            choice = choices.get(pool, Choice())
            if pool in errors or not (choice.changes or basis.joining):
                continue
            try:
                with located(pool=pool):
                    sharings[pool] = _changed(basis, month, pool, choice)
                    _try(sharings[pool], month, pool)
            except AllocationError as error:
                errors[pool] = error
        plans.append(replace(month.plan, sharings=sharings))
    return plans, list(errors.values())


def _changed(basis: Basis, month: Month, pool: str, choice: Choice) -> Sharing:
    """The pool's sharing in the scenario: what it gives to others, and how it shares the rest."""
    present = month.plan.sharings[pool]
    rest = present.rest if isinstance(present, Giving) else present
    if choice.definition is not None or choice.has_bounds or basis.joining:
        rest = _rest(basis, month, pool, choice, rest)
    if choice.gives is not None:
        return read_giving(choice.gives, rest) if choice.gives["units"] else rest
    return replace(present, rest=rest) if isinstance(present, Giving) else rest


def _rest(basis: Basis, month: Month, pool: str, choice: Choice, present: Sharing) -> Sharing:
    """How the municipalities share the pool in the scenario."""
    definition = choice.definition
    if definition is not None and definition.get("type") == "on_cost":
        followed = definition.get("of") or (DIRECT, *basis.order[: basis.order.index(pool)])
        return OnCost(tuple(followed), frozenset(basis.order))
    if isinstance(present, OnCost) and definition is None:
        if choice.has_bounds:
            raise AllocationError("BAD_KEY", "overhead", found=pool)
        return present
    keyed = present if isinstance(present, Keyed) else _by_key(basis, month, pool)
    participation = with_member(keyed.terms.participation, basis.joining, keyed.period)
    versions = (
        (DatedKey(Span(keyed.period.first), choice.within_bounds(definition)),)
        if definition is not None
        else tuple(DatedKey(v.span, choice.within_bounds(v.definition)) for v in keyed.terms.versions)
    )
    return replace(keyed, terms=Terms(participation, versions))


def _by_key(basis: Basis, month: Month, pool: str) -> Keyed:
    """A pool that followed the cost of others, ready for a key: those take part who do anywhere, if nobody is named."""
    every = [s.rest if isinstance(s, Giving) else s for s in month.plan.sharings.values()]
    other = next((sharing for sharing in every if isinstance(sharing, Keyed)), None)
    if other is None:
        raise AllocationError("EMPTY", pool=pool)
    everywhere = {code: spans for taking_part in basis.taking_part.values() for code, spans in taking_part.items()}
    return Keyed(Terms(basis.taking_part.get(pool) or everywhere, ()), other.period, other.drivers)


def _try(sharing: Sharing, month: Month, pool: str) -> None:
    """Read the shares where they will be needed, so that each pool's fault is found."""
    keyed = sharing.rest if isinstance(sharing, Giving) and sharing.own else sharing
    if isinstance(keyed, Keyed) and any(line.pool == pool and line.amount_ore for line in month.plan.lines):
        keyed.shares({})


def _by_pool(now: list[runs.Run], after: list[runs.Run]) -> dict[str, dict[str, int]]:
    """Pool → municipality code → øre more (or less) than now, for pools in which something changes."""
    differences: dict[str, dict[str, int]] = {}
    for before, then in zip(now, after, strict=True):
        old, new = before.cascade.allocated_ore(), then.cascade.allocated_ore()
        for pool in new:
            if pool == DIRECT or old[pool] == new[pool]:
                continue
            sums = differences.setdefault(pool, {})
            for member in (old[pool].keys() | new[pool].keys()) - before.cascade.pools:
                sums[member] = sums.get(member, 0) + new[pool].get(member, 0) - old[pool].get(member, 0)
    return {pool: dict(sorted(sums.items())) for pool, sums in differences.items() if any(sums.values())}
