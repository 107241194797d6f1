"""Reads keys from plain data, as key versions and golden cases hold them: {"type": "equal"} and so on.

What could never be used is refused here, before anybody is asked to approve it; what does not fit those who take part
on a day is refused by the key itself.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import pairwise

from billing.allocation import plain
from billing.allocation.errors import AllocationError, located
from billing.allocation.keys import (
    DROP,
    REJECT,
    Bounded,
    ByDriver,
    Direct,
    Equal,
    Fixed,
    Key,
    Mix,
    Part,
    Percent,
    Tier,
    Transition,
    TransitionStep,
)

MAX_DEPTH = 20


def read_key(definition: object, *, depth: int = 0) -> Key:
    """The key that plain data describe. BAD_KEY for an unknown type or shape; the codes of each type otherwise."""
    if depth > MAX_DEPTH:
        raise AllocationError("BAD_KEY", "depth")
    if not isinstance(definition, Mapping):
        raise AllocationError("BAD_KEY", found=definition)
    kind = definition.get("type")
    if not isinstance(kind, str) or kind not in KEY_TYPES:
        raise AllocationError("BAD_KEY", found=kind)
    return KEY_TYPES[kind](definition, depth + 1)


def _driver(definition: Mapping, depth: int) -> Key:
    return ByDriver(plain.name(definition.get("driver")), _tiers(definition.get("tiers")))


def _tiers(value: object) -> tuple[Tier, ...]:
    tiers = tuple(_tier(plain.mapping(tier)) for tier in plain.listing(value))
    bounds = [Fraction(0), *(tier.up_to for tier in tiers)]
    for lower, upper in pairwise(bounds):
        if lower is None or (upper is not None and upper <= lower):
            raise AllocationError("BAD_KEY", "tiers")
    return tiers


def _tier(tier: Mapping) -> Tier:
    rate = plain.exact_number(tier.get("rate"))
    if rate < 0:
        raise AllocationError("BAD_KEY", "tiers")
    return Tier(None if tier.get("up_to") is None else plain.exact_number(tier["up_to"]), rate)


def _fixed(definition: Mapping, depth: int) -> Key:
    return Fixed(_numbers(definition.get("ratio"), "NEGATIVE_DRIVER"))


def _percent(definition: Mapping, depth: int) -> Key:
    return Percent(_numbers(definition.get("percent"), "BAD_PERCENT", "negative"))


def _numbers(value: object, code: str, reason: str = "") -> dict[str, Fraction | None]:
    """Numbers by member, each None or not negative: a missing one only harms when the member takes part."""
    numbers: dict[str, Fraction | None] = {}
    for member, number in sorted(plain.mapping(value).items()):
        numbers[member] = None if number is None else plain.exact_number(number, member=member)
        if (numbers[member] or 0) < 0:
            raise AllocationError(code, reason, found=number, member=member)
    return numbers


def _direct(definition: Mapping, depth: int) -> Key:
    return Direct(plain.name(definition.get("member")))


def _mix(definition: Mapping, depth: int) -> Key:
    parts = tuple(_part(plain.mapping(part), depth) for part in plain.listing(definition.get("parts")))
    total = sum(part.weight for part in parts)
    if total != 1:
        raise AllocationError("BAD_WEIGHTS", found=total)
    on_zero = REJECT if definition.get("on_zero") is None else definition["on_zero"]
    if on_zero not in (REJECT, DROP):
        raise AllocationError("BAD_KEY", "on_zero", found=on_zero)
    return Mix(parts, on_zero)


def _part(part: Mapping, depth: int) -> Part:
    weight = plain.exact_number(part.get("weight"))
    if weight < 0:
        raise AllocationError("BAD_WEIGHTS", "negative", found=part["weight"])
    return Part(weight, read_key(part.get("key"), depth=depth))


def _transition(definition: Mapping, depth: int) -> Key:
    steps = tuple(sorted(map(_step, plain.listing(definition.get("steps"))), key=lambda step: step.first))
    for step, following in pairwise(steps):
        if step.first == following.first:
            raise AllocationError("DUPLICATE", found=step.first)
    old, new = (read_key(definition.get(side), depth=depth) for side in ("old", "new"))
    return Transition(old, new, steps)


def _step(value: object) -> TransitionStep:
    step = plain.mapping(value)
    t = plain.exact_number(step.get("t"))
    if not 0 <= t <= 1:
        raise AllocationError("BAD_WEIGHTS", "step", found=step["t"])
    return TransitionStep(plain.day(step.get("from")), t)


def _bounded(definition: Mapping, depth: int) -> Key:
    key = read_key(definition.get("key"), depth=depth)
    return Bounded(key, _bound(definition.get("floor")), _bound(definition.get("cap")))


def _bound(value: object) -> dict[str, Fraction]:
    bounds = {}
    for member, number in sorted(plain.mapping(value).items()):
        with located(member=member):
            bounds[member] = plain.exact_number(number)
            if bounds[member] < 0:
                raise AllocationError("BOUNDS", "negative", found=number)
    return bounds


KEY_TYPES: dict[str, Callable[[Mapping, int], Key]] = {
    "equal": lambda definition, depth: Equal(),
    "driver": _driver,
    "fixed": _fixed,
    "percent": _percent,
    "direct": _direct,
    "mix": _mix,
    "transition": _transition,
    "bounded": _bounded,
}
