"""Why a share is what it is: the key, its parts and the driver values behind one receiver's share, as a tree.

Every node holds its exact share, and a compound node's share is the sum of weight × share of those below (a bounded
key's node shows the share before its bounds). The top adds the stretches of equal days up to the share of the period.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import singledispatch

from billing.allocation.drivers import Drivers
from billing.allocation.errors import located
from billing.allocation.keys import Bounded, ByDriver, Direct, Equal, Fixed, Key, Mix, Percent, Situation, Transition
from billing.allocation.pools import Stretch, Terms
from billing.allocation.spans import Period


@dataclass(frozen=True)
class Reason:
    """A key's part in a share: `kind` as in its definition, and the figures that the kind has.

    `value` of `total`: the receiver's driver value, ratio or percent, and the sum over all. `counted` differs from
    `value` when the key has tiers. `weight` is the part this reason has in the one above it.
    """

    kind: str
    share: Fraction
    weight: Fraction = Fraction(1)
    driver: str | None = None
    value: Fraction | None = None
    counted: Fraction | None = None
    total: Fraction | None = None
    step: Fraction | None = None
    floor: Fraction | None = None
    cap: Fraction | None = None
    below: tuple["Reason", ...] = field(default=())


@dataclass(frozen=True)
class StretchReason:
    """The same for some equal days: the version in force from `version_from`, and those who took part."""

    period: Period
    weight: Fraction
    version_from: date
    members: tuple[str, ...]
    reason: Reason
    ignored: Mapping[str, tuple[str, ...]]  # driver → those with a value who do not count


def explain(terms: Terms, period: Period, drivers: Drivers, receiver: str) -> tuple[StretchReason, ...]:
    """The receiver's share of a pool in a period, explained. Σ weight × reason.share is the share, exactly."""
    return tuple(_stretch(stretch, period, receiver) for stretch in terms.stretches(period, drivers))


def _stretch(stretch: Stretch, period: Period, receiver: str) -> StretchReason:
    at = stretch.situation
    with located(day=stretch.period.first):
        reason = reason_for(stretch.version.key, at, receiver)
    weight = Fraction(stretch.period.days, period.days)
    return StretchReason(stretch.period, weight, at.version_from, at.members, reason, ignored(stretch.version.key, at))


@singledispatch
def reason_for(key: Key, at: Situation, receiver: str) -> Reason:
    """The part of one key in a receiver's share on a day."""
    raise TypeError(f"No explanation of {type(key).__name__}")


@reason_for.register
def _equal(key: Equal, at: Situation, receiver: str) -> Reason:
    share = key.shares(at).of(receiver)
    return Reason("equal", share, value=Fraction(receiver in at.members), total=Fraction(len(at.members)))


@reason_for.register
def _by_driver(key: ByDriver, at: Situation, receiver: str) -> Reason:
    weights, driver = key.weights(at), at.drivers[key.driver]
    value = driver.value(receiver, version_from=at.version_from) if receiver in weights else None
    counted, total = weights.get(receiver, Fraction(0)), sum(weights.values(), Fraction(0))
    share = key.shares(at).of(receiver)
    return Reason("driver", share, driver=key.driver, value=value, counted=counted, total=total)


@reason_for.register
def _fixed(key: Fixed, at: Situation, receiver: str) -> Reason:
    total = sum((key.of(member) for member in at.members), Fraction(0))
    value = key.of(receiver) if receiver in at.members else Fraction(0)
    return Reason("fixed", key.shares(at).of(receiver), value=value, total=total)


@reason_for.register
def _percent(key: Percent, at: Situation, receiver: str) -> Reason:
    share = key.shares(at).of(receiver)
    return Reason("percent", share, value=100 * share, total=Fraction(100))


@reason_for.register
def _direct(key: Direct, at: Situation, receiver: str) -> Reason:
    return Reason("direct", key.shares(at).of(receiver))


@reason_for.register
def _mix(key: Mix, at: Situation, receiver: str) -> Reason:
    below = [weighed(weight, reason_for(part.key, at, receiver)) for part, weight, _ in key.counting(at)]
    return Reason("mix", _sum(below), below=tuple(below))


@reason_for.register
def _transition(key: Transition, at: Situation, receiver: str) -> Reason:
    below = [weighed(weight, reason_for(inner, at, receiver)) for weight, inner in key.counting(at)]
    return Reason("transition", _sum(below), step=key.step(at.day), below=tuple(below))


@reason_for.register
def _bounded(key: Bounded, at: Situation, receiver: str) -> Reason:
    floor, cap = key.floor.get(receiver), key.cap.get(receiver)
    below = (reason_for(key.key, at, receiver),)
    return Reason("bounded", key.shares(at).of(receiver), floor=floor, cap=cap, below=below)


def weighed(weight: Fraction, reason: Reason) -> Reason:
    return replace(reason, weight=weight)


def _sum(below: list[Reason]) -> Fraction:
    return sum((reason.weight * reason.share for reason in below), Fraction(0))


def ignored(key: Key, at: Situation) -> dict[str, tuple[str, ...]]:
    """Drivers the key reads that day, with those who have a value but do not take part."""
    outside = {}
    for by_driver in drivers_read(key, at):
        values = at.drivers[by_driver.driver].table(at.version_from)
        outside[by_driver.driver] = tuple(sorted(values.keys() - set(by_driver.members(at))))
    return outside


def drivers_read(key: Key, at: Situation) -> list[ByDriver]:
    """The keys by driver that are read that day, wherever they are nested."""
    match key:
        case ByDriver():
            return [key]
        case Mix():
            return [found for part in key.parts if part.weight for found in drivers_read(part.key, at)]
        case Transition():
            return [found for _, inner in key.counting(at) for found in drivers_read(inner, at)]
        case Bounded():
            return drivers_read(key.key, at)
    return []
