"""The months a simulation builds on, gathered from totals in a handful of queries, however many months there are.

A calculated month is read from its current run: what each pool had to share, and what each municipality carries alone.
A month without a run is read from its lines, by those who see the lines of every municipality.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from django.db.models import Q, Sum

from billing.allocation import plain, runs
from billing.allocation.drivers import Drivers
from billing.allocation.givings import read_giving
from billing.allocation.ledger import Line
from billing.allocation.pools import KeyVersion as DatedKey
from billing.allocation.pools import Participation as TakingPart
from billing.allocation.pools import Terms, joined
from billing.allocation.sharings import Keyed, OnCost, Sharing
from billing.allocation.spans import Period as Days
from billing.allocation.spans import Span
from billing.models import (
    Allocation,
    Driver,
    DriverValue,
    Giving,
    KeyVersion,
    LedgerLine,
    Participation,
    Period,
    Pool,
    Transfer,
)  # fmt: skip
from billing.plans import gives, plain_decimal
from billing.simulator.joining import Joining
from municipalities.models import Municipality
from servicecenter.tenancy.scope import current_scope

Amounts = dict[str, int]


@dataclass
class Month:
    """One month: its plan, and what was booked for each municipality (empty when it is not calculated)."""

    period: Period
    plan: runs.Plan
    booked_ore: Amounts


@dataclass
class Basis:
    """`versions` and `taking_part` are by the pool's code, `municipalities` by theirs; `pools` are the shared ones."""

    months: list[Month]
    pools: list[Pool]
    drivers: list[Driver]
    municipalities: Mapping[str, Municipality]
    versions: Mapping[str, Sequence[KeyVersion]]
    taking_part: Mapping[str, TakingPart]
    joining: Joining | None = None
    direct_pools: list[Pool] = field(default_factory=list)
    givings: Mapping[str, Sequence[Giving]] = field(default_factory=dict)

    @property
    def order(self) -> list[str]:
        return [pool.code for pool in self.pools]

    @cached_property
    def participants(self) -> frozenset[str]:
        """Codes of those who carry something in these months, without whoever joins."""
        first, end = self.months[0].period.month, self.months[-1].period.end
        found = {
            code for spans in self.taking_part.values() for code, dates in spans.items()
            if any(span.first < end and (span.end is None or span.end > first) for span in dates)
        }  # fmt: skip
        return frozenset(found | {code for month in self.months for code in month.booked_ore})

    def newest(self, pool: str) -> KeyVersion | None:
        """The key that the last of the months ends with."""
        versions = self.versions.get(pool, ())
        return versions[-1] if versions else None

    def total_ore(self, pool: str) -> int:
        return sum(line.amount_ore for month in self.months for line in month.plan.lines if line.pool == pool)


def offered_periods(owners: Iterable[Municipality]) -> list[Period]:
    """Months that can be simulated, newest first. `owners` are all municipalities and the shared centre."""
    periods = Period.objects.order_by("-month")
    if not _sees_every_line(owners):
        periods = periods.filter(runs__is_current=True)
    else:
        periods = periods.filter(Q(runs__is_current=True) | Q(lines__isnull=False)).distinct()
    return list(periods[:60])


def _sees_every_line(owners: Iterable[Municipality]) -> bool:
    """A month without a run is calculated from its lines, those of every municipality."""
    return {owner.pk for owner in owners} <= set(current_scope().municipalities)


def read(
    periods: Iterable[Period],
    *,
    drivers: list[Driver],
    members: Mapping[str, Municipality],
    joining: Joining | None = None,
) -> Basis:
    """The basis of some months, at least one, in order of time. `members` are all municipalities by code."""
    months = sorted(periods, key=lambda period: period.month)
    every_pool = list(Pool.objects.order_by("position"))
    pools = [pool for pool in every_pool if not pool.is_direct]
    versions = _versions(pools, months[0].month, months[-1].end)
    basis = Basis(
        [], pools, drivers, members, versions,
        _taking_part(pools, months[0].month, months[-1].end), joining,
        [pool for pool in every_pool if pool.is_direct], _givings(months[0].month, months[-1].end),
    )  # fmt: skip
    _Reading(basis, months).read()
    return basis


def _givings(first: date, end: date) -> dict[str, list[Giving]]:
    found: dict[str, list[Giving]] = {}
    rows = Giving.objects.in_force(first, end).select_related("giver", "idle").prefetch_related("parts__receiver")
    for giving in rows:
        found.setdefault(giving.giver.code, []).append(giving)
    return found


def _versions(pools: list[Pool], first: date, end: date) -> dict[str, list[KeyVersion]]:
    codes = {pool.pk: pool.code for pool in pools}
    found: dict[str, list[KeyVersion]] = {}
    for version in KeyVersion.objects.in_force(first, end).order_by("pool_id", "valid_from"):
        if version.pool_id in codes:
            found.setdefault(codes[version.pool_id], []).append(version)
    return found


def _taking_part(pools: list[Pool], first: date, end: date) -> dict[str, TakingPart]:
    found: dict[str, TakingPart] = {pool.code: {} for pool in pools}
    rows = Participation.objects.in_force(first, end).filter(pool__is_direct=False)
    columns = ("pool__code", "municipality__code", "valid_from", "valid_to")
    for pool, member, valid_from, valid_to in rows.order_by(*columns[:3]).values_list(*columns):
        found[pool][member] = (*found[pool].get(member, ()), Span(valid_from, valid_to))
    return found


@dataclass
class _Reading:
    """Fills the months of a basis."""

    basis: Basis
    periods: list[Period]

    def read(self) -> None:
        shared, direct = self._booked()
        values = self._values()
        for period in self.periods:
            lines, booked = self._lines(period, shared, direct)
            drivers = Drivers(self._drivers(values.get(period.pk, {})))
            days = Days(period.month, period.end)
            sharings = {pool.code: self._sharing(pool.code, days, drivers) for pool in self.basis.pools}
            self.basis.months.append(Month(period, runs.Plan(tuple(lines), tuple(self.basis.order), sharings), booked))

    def _booked(self) -> tuple[dict, dict]:
        """(period, pool code) → øre to share; (period, municipality code) → (øre carried alone, øre in all)."""
        rows = Allocation.objects.filter(run__is_current=True, period__in=self.periods)
        carried_alone = Q(pool=None) | Q(pool__is_direct=True)
        by_pool = rows.exclude(carried_alone).order_by().values_list("period_id", "pool__code")
        shared = {(period, pool): ore for period, pool, ore in by_pool.annotate(ore=Sum("amount_ore"))}
        self._put_back(shared)
        by_member = rows.order_by().values_list("period_id", "municipality__code")
        sums = by_member.annotate(alone=Sum("amount_ore", filter=carried_alone), ore=Sum("amount_ore"))
        return shared, {(period, member): (alone or 0, ore) for period, member, alone, ore in sums}

    def _put_back(self, shared: dict) -> None:
        """What was given belongs to the giver again: the scenario gives it anew."""
        rows = Transfer.objects.filter(run__is_current=True, period__in=self.periods)
        for period, giver, receiver, ore in rows.values_list(
            "period_id", "giver__code", "receiver__code", "amount_ore"
        ):
            shared[period, giver] = shared.get((period, giver), 0) + ore
            shared[period, receiver] = shared.get((period, receiver), 0) - ore

    def _lines(self, period: Period, shared: dict, direct: dict) -> tuple[list[Line], Amounts]:
        booked = {member: sums for (of, member), sums in direct.items() if of == period.pk}
        if not booked:
            return _posted(period), {}
        lines = [
            Line(pool, int(shared[period.pk, pool]), pool=pool)
            for pool in self.basis.order if (period.pk, pool) in shared
        ]  # fmt: skip
        lines += [Line(f"direct-{member}", int(alone), direct=member) for member, (alone, _) in booked.items() if alone]
        return lines, {member: int(ore) for member, (_, ore) in booked.items()}

    def _values(self) -> dict[int, dict[str, dict[str, str]]]:
        found: dict[int, dict[str, dict[str, str]]] = {}
        columns = ("period_id", "driver__code", "municipality__code", "value")
        for period, driver, member, value in DriverValue.objects.filter(period__in=self.periods).values_list(*columns):
            found.setdefault(period, {}).setdefault(driver, {})[member] = plain_decimal(value)
        return found

    def _drivers(self, values: dict[str, dict[str, str]]) -> dict[str, dict]:
        if self.basis.joining:
            self.basis.joining.add_to(values)
        natures = {driver.code: driver.nature for driver in self.basis.drivers}
        return {code: {"nature": natures[code], "values": table} for code, table in values.items()}

    def _sharing(self, pool: str, days: Days, drivers: Drivers) -> Sharing:
        rest = self._rest(pool, days, drivers)
        giving = next((row for row in self.basis.givings.get(pool, ()) if _covers(row, days)), None)
        return read_giving(gives(giving), rest) if giving else rest

    def _rest(self, pool: str, days: Days, drivers: Drivers) -> Sharing:
        versions = [row for row in self.basis.versions.get(pool, ()) if _covers(row, days)]
        if versions and versions[0].is_on_cost:
            return OnCost(tuple(plain.names(versions[0].definition.get("of"))), frozenset(self.basis.order))
        keys = tuple(DatedKey(Span(row.valid_from, row.valid_to), row.definition) for row in versions)
        return Keyed(Terms(self.basis.taking_part[pool], keys), days, drivers)


def _covers(version: KeyVersion | Giving, days: Days) -> bool:
    return version.valid_from < days.end and (version.valid_to is None or version.valid_to > days.first)


def _posted(period: Period) -> list[Line]:
    """The lines of a month that is not calculated, as far as they are assigned."""
    assigned = LedgerLine.objects.filter(period=period).order_by()
    sums = assigned.values_list("municipality__kind", "municipality__code", "pool__code").annotate(
        ore=Sum("amount_ore")
    )
    lines = []
    for kind, member, pool, ore in sums:
        if kind != Municipality.Kind.OPERATOR:
            lines.append(Line(f"direct-{member}-{pool}", int(ore), direct=member))
        elif pool:
            lines.append(Line(pool, int(ore), pool=pool))
    return lines


def with_member(participation: TakingPart, joining: Joining | None, days: Days) -> TakingPart:
    """The participation with whoever joins, from the first day of the month; nobody who takes part joins again."""
    if joining is None or joining.code in participation:
        return participation
    return joined(participation, [joining.code], days.first)
