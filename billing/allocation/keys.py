"""Keys: the rules that turn drivers into shares on a day.

`key.shares(situation)` gives exact shares that sum to 1, and refuses what does not fit those who take part. Compound
keys hold other keys, so they nest. Key versions store keys as plain data: `key_definitions.read_key` reads them.
(docs/en/allocation.md, "Keys")
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Protocol

from billing.allocation import plain
from billing.allocation.bounds import bounded
from billing.allocation.drivers import Drivers
from billing.allocation.errors import AllocationError, located
from billing.allocation.shares import Shares, blend, in_proportion

REJECT, DROP = "reject", "drop"


@dataclass(frozen=True, slots=True)
class Situation:
    """What a key sees on a day: who takes part, and the drivers.

    `members` take part on the day; `counted` took part on at least one day of the key version within the period, which
    is whom flows are counted for. Both are in order of code.
    """

    day: date
    members: tuple[str, ...]
    counted: tuple[str, ...]
    version_from: date
    drivers: Drivers


class Key(Protocol):
    def shares(self, at: Situation) -> Shares: ...

    def edges(self) -> set[date]:
        """The days on which the key by itself gives a new result."""
        ...


class Simple:
    """A key without other keys inside."""

    def edges(self) -> set[date]:
        return set()


@dataclass(frozen=True)
class Equal(Simple):
    """The same for everybody who takes part that day."""

    def shares(self, at: Situation) -> Shares:
        return in_proportion(dict.fromkeys(at.members, Fraction(1)))


@dataclass(frozen=True)
class Tier:
    """Units up to a bound (None: without end) count with a rate."""

    up_to: Fraction | None
    rate: Fraction


@dataclass(frozen=True)
class ByDriver(Simple):
    """In proportion to a driver, whose units may count with the rate of the tier they lie in."""

    driver: str
    tiers: tuple[Tier, ...] = ()

    def shares(self, at: Situation) -> Shares:
        members = self.members(at)
        with located(driver=self.driver):
            if self.tiers:
                return in_proportion(self.weights(at))
            return at.drivers[self.driver].shares(members, version_from=at.version_from)

    def weights(self, at: Situation) -> dict[str, Fraction]:
        members = self.members(at)
        values = at.drivers[self.driver].values(members, version_from=at.version_from)
        return {member: self.rated(value) for member, value in values.items()} if self.tiers else values

    def members(self, at: Situation) -> tuple[str, ...]:
        """A stock counts for those of the day, a flow for all who took part under the key version."""
        members = at.counted and (at.counted if at.drivers[self.driver].is_flow else at.members)
        if not members:
            raise AllocationError("EMPTY")
        return members

    def rated(self, value: Fraction) -> Fraction:
        """Units × rate, tier by tier; units above the last bound do not count."""
        counted, lower = Fraction(0), Fraction(0)
        for tier in self.tiers:
            upper = value if tier.up_to is None else min(value, tier.up_to)
            if upper <= lower:
                break
            counted, lower = counted + (upper - lower) * tier.rate, upper
        return counted


@dataclass(frozen=True)
class Fixed(Simple):
    """A negotiated ratio; everybody who takes part must have one."""

    ratio: Mapping[str, Fraction | None]

    def shares(self, at: Situation) -> Shares:
        return in_proportion({member: self.of(member) for member in at.members})

    def of(self, member: str) -> Fraction:
        return plain.weight(self.ratio.get(member), member=member)


@dataclass(frozen=True)
class Percent(Simple):
    """Agreed percentages, 0 for those not named; together exactly 100 for those who take part."""

    percent: Mapping[str, Fraction | None]

    def shares(self, at: Situation) -> Shares:
        if not at.members:
            raise AllocationError("EMPTY")
        named = {member: self.of(member) for member in at.members}
        if sum(named.values()) != 100:
            raise AllocationError("BAD_PERCENT", found=sum(named.values()))
        return in_proportion(named)

    def of(self, member: str) -> Fraction:
        return plain.weight(self.percent[member], member=member) if member in self.percent else Fraction(0)


@dataclass(frozen=True)
class Direct(Simple):
    """All to one member, also after it has left."""

    member: str

    def shares(self, at: Situation) -> Shares:
        return Shares({self.member: 1}, 1)


@dataclass(frozen=True)
class Part:
    weight: Fraction
    key: Key


@dataclass(frozen=True)
class Mix:
    """Several keys with weights that give exactly 1.

    A part counts as empty when it is itself refused with ZERO_DRIVER. By agreement (`drop`) its weight is then spread
    over the other parts in proportion; otherwise the refusal stands. A part with the weight 0 is not read.
    """

    parts: tuple[Part, ...]
    on_zero: str = REJECT

    def edges(self) -> set[date]:
        return set().union(*(part.key.edges() for part in self.parts))

    def shares(self, at: Situation) -> Shares:
        return blend((weight, shares) for _, weight, shares in self.counting(at))

    def counting(self, at: Situation) -> list[tuple[Part, Fraction, Shares]]:
        """The parts that count, each with the weight it then has, and its shares."""
        read = [(part, self._part_shares(part, at)) for part in self.parts if part.weight]
        kept = [(part, shares) for part, shares in read if shares]
        total = sum(part.weight for part, _ in kept)
        if not total:
            raise AllocationError("ZERO_DRIVER")
        return [(part, part.weight / total, shares) for part, shares in kept]

    def _part_shares(self, part: Part, at: Situation) -> Shares | None:
        try:
            return part.key.shares(at)
        except AllocationError as error:
            if error.code == "ZERO_DRIVER" and self.on_zero == DROP:
                return None
            raise


@dataclass(frozen=True)
class TransitionStep:
    first: date
    t: Fraction


@dataclass(frozen=True)
class Transition:
    """From an old key to a new one in steps: (1 − t) × old + t × new. A key without weight is not read."""

    old: Key
    new: Key
    steps: tuple[TransitionStep, ...]

    def edges(self) -> set[date]:
        return {step.first for step in self.steps} | self.old.edges() | self.new.edges()

    def step(self, day: date) -> Fraction:
        """The t in force: 0 before the first step."""
        passed = [step.t for step in self.steps if step.first <= day]
        return passed[-1] if passed else Fraction(0)

    def shares(self, at: Situation) -> Shares:
        return blend((weight, key.shares(at)) for weight, key in self.counting(at))

    def counting(self, at: Situation) -> list[tuple[Fraction, Key]]:
        t = self.step(at.day)
        return [(weight, key) for weight, key in ((1 - t, self.old), (t, self.new)) if weight]


@dataclass(frozen=True)
class Bounded:
    """Another key's shares, kept between floors and caps."""

    key: Key
    floor: Mapping[str, Fraction]
    cap: Mapping[str, Fraction]

    def edges(self) -> set[date]:
        return self.key.edges()

    def shares(self, at: Situation) -> Shares:
        return bounded(self.inner(at), floor=self.floor, cap=self.cap)

    def inner(self, at: Situation) -> Shares:
        """The shares to be bounded: also 0 for a member of the day that the inner key does not read but has a floor."""
        inner = self.key.shares(at)
        return Shares({member: 0 for member in at.members if self.floor.get(member)} | dict(inner.parts), inner.whole)
