"""Drivers from tickets: whose tickets, how heavy, and how many minutes, in one period.

A ticket counts in the period of its first resolution when its outcome is resolved; merged, cancelled and spam do not
count. Minutes count in the period of their entry, on any ticket except spam. A ticket that affects n different members
counts 1/n for each. Months are local: 22:30Z on 31 March is 1 April in Denmark.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from billing.allocation import plain
from billing.allocation.errors import AllocationError, located
from billing.allocation.spans import Period, read_period

RESOLVED, SPAM = "resolved", "spam"


@dataclass(frozen=True)
class Entry:
    """Time spent on a ticket."""

    at: datetime
    minutes: Fraction


@dataclass(frozen=True)
class Ticket:
    id: str
    affected: tuple[str, ...]
    outcome: object
    priority: object
    first_resolved_at: datetime | None
    entries: tuple[Entry, ...]

    def counts_in(self, period: Period) -> bool:
        return self.outcome == RESOLVED and self.first_resolved_at is not None and period.holds(self.first_resolved_at)

    def minutes_in(self, period: Period) -> Fraction:
        if self.outcome == SPAM:
            return Fraction(0)
        return sum((entry.minutes for entry in self.entries if period.holds(entry.at)), Fraction(0))


@dataclass(frozen=True)
class TicketDrivers:
    """Exact driver values per member, and the evidence: the tickets behind the count and behind the minutes."""

    tickets: dict[str, Fraction]
    weighted: dict[str, Fraction]
    minutes: dict[str, Fraction]
    resolved_tickets: dict[str, list[str]] = field(default_factory=dict)
    tickets_with_time: dict[str, list[str]] = field(default_factory=dict)


def ticket_drivers(*, period: object, members: object, priority_weights: object, tickets: object) -> TicketDrivers:
    """The three drivers of the members; what belongs to others is left out, but keeps its part of a common ticket.

    NAIVE_TIME for a time without zone, EMPTY when a ticket of nobody counts, MISSING_DRIVER for a priority without
    weight, DUPLICATE for two tickets of the same id with different content.
    """
    days, codes, weights = read_period(period), plain.names(members), plain.mapping(priority_weights)
    none = dict.fromkeys(codes, Fraction(0))
    drivers = TicketDrivers(tickets=dict(none), weighted=dict(none), minutes=dict(none))
    for ticket in read_tickets(tickets):
        with located(ticket=ticket.id):
            _count(drivers, ticket, days, weights)
    return drivers


def _count(drivers: TicketDrivers, ticket: Ticket, period: Period, weights: Mapping[str, object]) -> None:
    if ticket.counts_in(period):
        _add(drivers.tickets, drivers.resolved_tickets, ticket, Fraction(1))
        _add(drivers.weighted, {}, ticket, _weight(ticket.priority, weights))
    minutes = ticket.minutes_in(period)
    if minutes:
        _add(drivers.minutes, drivers.tickets_with_time, ticket, minutes)


def _add(driver: dict[str, Fraction], evidence: dict[str, list[str]], ticket: Ticket, quantity: Fraction) -> None:
    if not ticket.affected:
        raise AllocationError("EMPTY", "ticket")
    for member in ticket.affected:
        if member in driver:
            driver[member] += quantity / len(ticket.affected)
            evidence.setdefault(member, []).append(ticket.id)


def _weight(priority: object, weights: Mapping[str, object]) -> Fraction:
    known = type(priority) is str or (type(priority) is int and 0 <= priority <= 9)
    weight = weights.get(str(priority)) if known else None
    if weight is None:
        raise AllocationError("MISSING_DRIVER", "priority", found=priority)
    return plain.weight(weight)


def read_tickets(value: object) -> list[Ticket]:
    """The distinct tickets: the same ticket twice counts once."""
    tickets: dict[str, Ticket] = {}
    for plain_ticket in plain.listing(value):
        table = plain.mapping(plain_ticket)
        with located(ticket=table.get("id")):
            ticket = _ticket(table)
            if tickets.setdefault(ticket.id, ticket) != ticket:
                raise AllocationError("DUPLICATE", found=ticket.id)
    return list(tickets.values())


def _ticket(table: Mapping) -> Ticket:
    affected = tuple(sorted({plain.name(member) for member in plain.listing(table.get("affected"))}))
    resolved_at = table.get("first_resolved_at")
    return Ticket(
        plain.name(table.get("id")),
        affected,
        table.get("outcome"),
        table.get("priority"),
        None if resolved_at is None else plain.instant(resolved_at),
        tuple(_entry(plain.mapping(entry)) for entry in plain.listing(table.get("time_entries"))),
    )


def _entry(entry: Mapping) -> Entry:
    return Entry(plain.instant(entry.get("at")), plain.weight(entry.get("minutes")))
