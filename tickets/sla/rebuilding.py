"""Do the stored clocks say what the events say? Compared field by field, and put right from the events.

Many tickets are read and written at a time, as plain rows: a hundred thousand of them take a minute or less. Effects
are append-only: a missing one is added, one that should not be there is reported and stays.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tickets.models import Clock, ClockEffect, Event, Ticket
from tickets.sla import rows
from tickets.sla.clock import Replay
from tickets.sla.instants import SECOND
from tickets.sla.keeping import (
    CHANGING,
    SLA_EVENTS,
    clock_values,
    next_due,
    past_instants,
    reading_of,
)
from tickets.sla.terms import Rulebook

Key = tuple[str, int]


@dataclass(frozen=True)
class Difference:
    """`stored` or `replayed` is None where one side has no such row or value."""

    what: str
    stored: Any
    replayed: Any

    def __str__(self):
        return f"{self.what}: stored {_text(self.stored)}, by its events {_text(self.replayed)}"


@dataclass
class Stored:
    """A ticket's rows as they are: clocks as (id, values of CHANGING), effects as instants, each by its key."""

    events: list = field(default_factory=list)
    clocks: dict[Key, tuple[int, tuple]] = field(default_factory=dict)
    effects: dict[tuple[str, int, int], datetime] = field(default_factory=dict)

    @property
    def waiting(self) -> Iterator[datetime]:
        """The next instants of its clocks, which the worker has yet to fire."""
        return (values[-1] for _, values in self.clocks.values() if values[-1])


@dataclass
class Examined:
    """One ticket, what was found, and the replay that tells how it should be."""

    ticket: Ticket
    stored: Stored
    replayed: Replay
    differences: list[Difference]


def differences(ticket: Ticket, *, now: datetime, rules: Rulebook) -> list[Difference]:
    """What is wrong with one ticket, as of `now` (UTC)."""
    (examined,) = examine([ticket], now=now, rules=rules)
    return examined.differences


def examine(tickets: Iterable[Ticket], *, now: datetime, rules: Rulebook) -> Iterator[Examined]:
    """Compare at `now` (UTC), or just before the first effect of a ticket that still waits for the worker."""
    tickets = list(tickets)
    stored = _read([ticket.pk for ticket in tickets])
    for ticket in tickets:
        present = stored[ticket.pk]
        at = max(present.events[-1].at, min([now, *(instant - SECOND for instant in present.waiting)]))
        replayed = reading_of(present.events, now=at, rules=rules)
        yield Examined(ticket, present, replayed, _compare(ticket, present, replayed))


def repair(found: Iterable[Examined], *, now: datetime) -> None:
    """Write what differs anew from the events, in the running transaction, in which the tickets are locked."""
    found = list(found)
    rows.write_clocks(row for examined in found for row in _unequal_rows(examined))
    strangers = [pk for examined in found for pk in _strangers(examined)]
    if strangers:
        Clock.objects.filter(pk__in=strangers).delete()
    rows.write_effects(row for examined in found for row in _missing(examined, found_at=now))
    due = [(examined.ticket, next_due(examined.replayed.clocks)) for examined in found]
    rows.write_next_due((ticket.pk, at) for ticket, at in due if ticket.next_due_at != at)


def _read(ids: list[int]) -> dict[int, Stored]:
    found: dict[int, Stored] = defaultdict(Stored)
    events = Event.objects.filter(ticket__in=ids, kind__in=SLA_EVENTS).order_by("ticket_id", "id")
    for event in events.values_list("ticket_id", "kind", "at", "channel", "data", named=True):
        found[event.ticket_id].events.append(event)
    clocks = Clock.objects.filter(ticket__in=ids)
    for ticket, pk, kind, cycle, *values in clocks.values_list("ticket_id", "pk", "kind", "cycle", *CHANGING):
        found[ticket].clocks[kind, cycle] = pk, tuple(values)
    effects = ClockEffect.objects.filter(ticket__in=ids)
    for ticket, kind, cycle, percent, at in effects.values_list("ticket_id", "kind", "cycle", "percent", "at"):
        found[ticket].effects[kind, cycle, percent] = at
    return found


def _compare(ticket, stored, replayed) -> list[Difference]:
    before = {key: values for key, (_, values) in stored.clocks.items()}
    after = clock_values(replayed)
    found = [] if before == after else list(_unequal_clocks(before, after))
    found += _unequal_effects(stored.effects, past_instants(replayed))
    due = next_due(replayed.clocks)
    return found if ticket.next_due_at == due else [*found, Difference("next due", ticket.next_due_at, due)]


def _unequal_clocks(before: dict[Key, tuple], after: dict[Key, tuple]) -> Iterator[Difference]:
    state = CHANGING.index("state")
    for key in sorted(before.keys() | after.keys()):
        name = f"{key[0]} {key[1]}"
        if key not in before or key not in after:
            yield Difference(name, *(side[key][state] if key in side else None for side in (before, after)))
            continue
        for column, old, new in zip(CHANGING, before[key], after[key], strict=True):
            if old != new:
                yield Difference(f"{name} {column}", old, new)


def _unequal_effects(before: dict, after: dict) -> Iterator[Difference]:
    for kind, cycle, percent in sorted(before.keys() | after.keys()) if before != after else ():
        old, new = (side.get((kind, cycle, percent)) for side in (before, after))
        if old != new:
            yield Difference(f"{kind} {cycle} effect {percent} %", old, new)


def _unequal_rows(examined: Examined) -> Iterator[tuple]:
    of_ticket = (examined.ticket.municipality_id, examined.ticket.pk)
    for key, values in clock_values(examined.replayed).items():
        _, stored = examined.stored.clocks.get(key, (None, None))
        if values != stored:
            yield (*of_ticket, *key, *values)


def _strangers(examined: Examined) -> list[int]:
    known = clock_values(examined.replayed)
    return [pk for key, (pk, _) in examined.stored.clocks.items() if key not in known]


def _missing(examined: Examined, *, found_at: datetime) -> Iterator[tuple]:
    of_ticket = (examined.ticket.municipality_id, examined.ticket.pk)
    for key, at in past_instants(examined.replayed).items():
        if key not in examined.stored.effects:
            yield (*of_ticket, *key, at, found_at)


def _text(value: Any) -> str:
    return "nothing" if value is None else str(value)
