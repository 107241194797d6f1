"""What pools give in the scenario, calculated in two ways: step-down, and reciprocally.

Step-down goes through the pools in order and cannot give back: what a pool would give to earlier ones is left out, and
the rest of it keeps its proportions. The reciprocal way counts everything and is exact, but harder to follow; it is
worth choosing only when the two differ materially. Neither is stored.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from billing.allocation import runs, what_if
from billing.allocation.errors import AllocationError
from billing.allocation.mutual import together
from billing.simulator.basis import Basis
from billing.simulator.scenario import Choice, Outcome, alternatives, compare

MATERIAL = Fraction(1, 100)  # of what a municipality carries by step-down

Choices = Mapping[str, Choice]


@dataclass(frozen=True)
class LeftOut:
    """What step-down cannot give: a percentage of the giver, to a pool that is calculated before it."""

    giver: str
    receiver: str
    percent: Fraction


@dataclass
class BothWays:
    """Øre per municipality code. A side is None when that way cannot calculate the scenario, for reasons in `errors`.

    `stuck` is a pool that gives only to earlier ones, so that step-down has nobody to share its cost by.
    """

    step_down: Outcome | None
    reciprocal_ore: Mapping[str, int] | None
    left_out: list[LeftOut]
    pools: int
    months: int
    stuck: str = ""
    step_down_errors: list[AllocationError] = field(default_factory=list)
    reciprocal_errors: list[AllocationError] = field(default_factory=list)

    def rows(self) -> Iterator[tuple[str, int | None, int | None]]:
        """Municipality code, øre by step-down, øre reciprocally."""
        down = self.step_down.amounts.alternative_ore if self.step_down else None
        for code in sorted({*(down or {}), *(self.reciprocal_ore or {})}):
            sides = (side if side is None else side.get(code, 0) for side in (down, self.reciprocal_ore))
            yield (code, *sides)

    def sums(self) -> tuple[int | None, int | None]:
        """Of all municipalities, in øre."""
        down = self.step_down.amounts.alternative_ore if self.step_down else None
        return tuple(None if side is None else sum(side.values()) for side in (down, self.reciprocal_ore))

    def difference_ore(self) -> dict[str, int]:
        """Reciprocal − step-down, which add up to 0; empty without both."""
        return {code: both - down for code, down, both in self.rows() if down is not None and both is not None}

    def share(self, code: str) -> Fraction | None:
        """The difference as a share of what step-down asks of the municipality; None when that is nothing."""
        down = self.step_down.amounts.alternative_ore.get(code, 0) if self.step_down else 0
        return Fraction(self.difference_ore()[code], abs(down)) if down else None

    @property
    def is_material(self) -> bool:
        return any(self._is_material(code, ore) for code, ore in self.difference_ore().items())

    def _is_material(self, code: str, ore: int) -> bool:
        """More than rounding can do, which is an øre for each pool and month, and at least the set share."""
        share = self.share(code)
        return abs(ore) > self.pools * self.months and (share is None or abs(share) >= MATERIAL)

    def largest(self) -> str:
        """The municipality with the largest difference, in øre; the lowest code of several."""
        difference = self.difference_ore()
        return max(difference, key=lambda code: abs(difference[code]), default="")


def calculate(basis: Basis, choices: Choices) -> BothWays:
    """Both ways of a scenario in which pools give."""
    forward, left_out, stuck = _forward(basis, choices)
    result = BothWays(None, None, left_out, len(basis.pools), len(basis.months), stuck)
    if not stuck:
        result.step_down, result.step_down_errors = compare(basis, forward)
    try:
        plans, errors = alternatives(basis, choices)
        if errors:
            result.reciprocal_errors = errors
        else:
            done = [runs.run(together(plan)) for plan in plans]
            result.reciprocal_ore = what_if.added(run.cascade.member_total_ore() for run in done)
    except AllocationError as error:
        result.reciprocal_errors = [error]
    return result


def _forward(basis: Basis, choices: Choices) -> tuple[dict[str, Choice], list[LeftOut], str]:
    """The choices without what is given back, what that is, and the first pool that has nothing left to share by."""
    allowed, left_out, stuck = dict(choices), [], ""
    for place, pool in enumerate(basis.order):
        gives = choices[pool].gives if pool in choices else None
        if gives is None:
            continue
        back = {code: units for code, units in gives["units"].items() if code in basis.order[: place + 1]}
        if back:
            left_out += [LeftOut(pool, code, Fraction(units)) for code, units in back.items()]
            kept = _without(gives, back)
            allowed[pool] = replace(choices[pool], gives=kept)
            stuck = stuck or ("" if Fraction(kept["capacity"]) else pool)
    return allowed, left_out, stuck


def _without(gives: Mapping[str, Any], back: Mapping[str, str]) -> dict[str, Any]:
    units = {code: part for code, part in gives["units"].items() if code not in back}
    whole = Fraction(gives["own"]) + sum(map(Fraction, units.values()))
    return {**gives, "units": units, "capacity": whole}
