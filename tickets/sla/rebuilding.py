"""Do the stored clocks say what the events say? Compared field by field, and put right from the events.

Many tickets are read and written at a time, as plain rows: a hundred thousand of them take a minute or two. Effects are
append-only: a missing one is added, one that should not be there is reported and stays.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from municipalities.sample.rows import write
from tickets.models import Clock, ClockEffect, Event, Ticket
from tickets.sla.clock import Replay
from tickets.sla.instants import SECOND
from tickets.sla.keeping import (
    CHANGING,
    SLA_EVENTS,
    clock_rows,
    clock_values,
    next_due,
    past_effects,
    past_instants,
    reading_of,
    write_clocks,
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
        rows = stored[ticket.pk]
        at = max(rows.events[-1].at, min([now, *(instant - SECOND for instant in rows.waiting)]))
        replayed = reading_of(rows.events, now=at, rules=rules)
        yield Examined(ticket, rows, replayed, _compare(ticket, rows, replayed))


def repair(found: Iterable[Examined], *, now: datetime) -> None:
    """Write what differs anew from the events, in the running transaction, in which the tickets are locked."""
    found = list(found)
    new, changed = _new_and_changed(found)
    write(Clock, new)
    write_clocks(changed)
    Clock.objects.filter(pk__in=[pk for examined in found for pk in _strangers(examined)]).delete()
    missing = [effect for examined in found for effect in _missing(examined, found_at=now)]
    ClockEffect.objects.bulk_create(missing, ignore_conflicts=True, batch_size=1000)
    for examined in found:
        examined.ticket.next_due_at = next_due(examined.replayed.clocks)
    Ticket.objects.bulk_update([examined.ticket for examined in found], ["next_due_at"], batch_size=1000)


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


def _new_and_changed(found: list[Examined]) -> tuple[list[Clock], list[Clock]]:
    new: list[Clock] = []
    changed: list[Clock] = []
    for examined in found:
        wanted = clock_values(examined.replayed)
        for row in clock_rows(examined.ticket, examined.replayed):
            pk, values = examined.stored.clocks.get((row.kind, row.cycle), (None, None))
            if values != wanted[row.kind, row.cycle]:
                (changed if pk else new).append(row)
    return new, changed


def _strangers(examined: Examined) -> list[int]:
    known = clock_values(examined.replayed)
    return [pk for key, (pk, _) in examined.stored.clocks.items() if key not in known]


def _missing(examined: Examined, *, found_at: datetime) -> list[ClockEffect]:
    stored = examined.stored.effects
    effects = past_effects(examined.ticket, examined.replayed, found_at=found_at)
    return [effect for effect in effects if (effect.kind, effect.cycle, effect.percent) not in stored]


def _text(value: Any) -> str:
    return "nothing" if value is None else str(value)
