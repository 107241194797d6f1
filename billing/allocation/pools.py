"""The shares of a pool in a period: every day bears the same part of the pool.

share(m) = (1/|D|) · Σ over the days D of m's share that day, under the key version in force and among those who take
part. Equal days are calculated once and weighed by their number, which gives the same result.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

from billing.allocation import plain
from billing.allocation.drivers import Drivers
from billing.allocation.errors import AllocationError, located
from billing.allocation.key_definitions import read_key
from billing.allocation.keys import Key, Situation
from billing.allocation.rounding import Split, largest_remainder, nothing
from billing.allocation.shares import Shares, blend
from billing.allocation.spans import Period, Span, read_participation, read_span, taking_part, taking_part_in

Participation = dict[str, tuple[Span, ...]]


@dataclass(frozen=True)
class KeyVersion:
    """A key and when it is in force. The definition is read when a period needs it, so an old mistake harms nobody."""

    span: Span
    definition: object

    @cached_property
    def key(self) -> Key:
        return read_key(self.definition)


@dataclass(frozen=True)
class Stretch:
    """Equal days of a period: one key version, the same members, and a key that does not change by itself."""

    period: Period
    version: KeyVersion
    situation: Situation

    def shares(self) -> Shares:
        with located(day=self.period.first):
            return self.version.key.shares(self.situation)


@dataclass(frozen=True)
class Terms:
    """How a pool is shared: who takes part when, and the key versions."""

    participation: Participation
    versions: tuple[KeyVersion, ...]

    def split(self, total_ore: int, period: Period, drivers: Drivers) -> Split:
        """A total shared over the period. Nothing is read for a total of 0, which gives those taking part 0."""
        if not total_ore:
            return nothing(taking_part_in(self.participation, period))
        return largest_remainder(total_ore, self.shares(period, drivers))

    def shares(self, period: Period, drivers: Drivers) -> Shares:
        """Exact shares over the period. Refusals: key versions first, then participations, then drivers.

        Days without members come first, so that EMPTY is named before a driver of any other day.
        """
        stretches = sorted(self.stretches(period, drivers), key=lambda stretch: bool(stretch.situation.members))
        return blend((Fraction(stretch.period.days, period.days), stretch.shares()) for stretch in stretches)

    def stretches(self, period: Period, drivers: Drivers) -> list[Stretch]:
        in_force = self._in_force(period)
        members = [taking_part(self.participation, days.first) for days, _ in in_force]
        counted: dict[date, set[str]] = {}
        for (_, version), those in zip(in_force, members, strict=True):
            counted.setdefault(version.span.first, set()).update(those)
        stretches = []
        for (days, version), those in zip(in_force, members, strict=True):
            first = version.span.first
            at = Situation(days.first, those, tuple(sorted(counted[first])), version_from=first, drivers=drivers)
            stretches.append(Stretch(days, version, at))
        return stretches

    def _in_force(self, period: Period) -> list[tuple[Period, KeyVersion]]:
        """The period cut into equal days, each with the version in force."""
        parts = [(days, self._version_on(days.first)) for days in period.stretches(self._edges())]
        return [(equal, version) for days, version in parts for equal in days.stretches(_key_edges(version, days))]

    def _edges(self) -> set[date]:
        spans = [span for spans in self.participation.values() for span in spans]
        return set().union(*(span.edges() for span in [*spans, *(version.span for version in self.versions)]))

    def _version_on(self, day: date) -> KeyVersion:
        in_force = [version for version in self.versions if version.span.covers(day)]
        if len(in_force) != 1:
            raise AllocationError("OVERLAP" if in_force else "GAP", day=day)
        return in_force[0]


def _key_edges(version: KeyVersion, days: Period) -> set[date]:
    with located(day=days.first):
        return version.key.edges()


def read_terms(participation: object, key_versions: object) -> Terms:
    """The terms of a pool from plain data. All dates are read; the keys only when a period needs them."""
    versions = tuple(_version(version) for version in plain.listing(key_versions))
    return Terms(read_participation(participation), versions)


def _version(value: object) -> KeyVersion:
    version = plain.mapping(value)
    return KeyVersion(read_span(version), version.get("key"))


def joined(participation: Participation, members: Sequence[str], first: date) -> Participation:
    """The participation with more members from a day on, as a simulation asks for."""
    return participation | dict.fromkeys(members, (Span(first),))
