"""Do the stored clocks of a ticket say what its events say? Compared field by field, and put right from the events.

Effects are append-only: a missing one is added, one that should not be there is reported and stays.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tickets.models import Clock, ClockEffect, Ticket
from tickets.sla.instants import SECOND
from tickets.sla.keeping import CHANGING, clock_row, keep_clocks, next_due, past_effects, reading_of
from tickets.sla.terms import Rulebook


@dataclass(frozen=True)
class Difference:
    """`stored` or `replayed` is None where one side has no such row or value."""

    what: str
    stored: Any
    replayed: Any

    def __str__(self):
        return f"{self.what}: stored {_text(self.stored)}, by its events {_text(self.replayed)}"


def differences(ticket: Ticket, *, now: datetime, rules: Rulebook) -> list[Difference]:
    """Compare at `now` (UTC), or just before the first effect that still waits for the worker."""
    events = sorted(ticket.events.all(), key=lambda event: event.pk)
    now = max(events[-1].at, min([now, *(clock.next_at - SECOND for clock in ticket.clocks.all() if clock.next_at)]))
    result = reading_of(events, now=now, rules=rules)
    rows = [clock_row(ticket, reading) for reading in result.clocks]
    found = _compare_clocks(list(ticket.clocks.all()), rows)
    found += _compare_effects(list(ticket.clock_effects.all()), past_effects(ticket, result, found_at=now))
    due = next_due(result.clocks)
    if ticket.next_due_at != due:
        found.append(Difference("next due", ticket.next_due_at, due))
    return found


def repair(ticket: Ticket, *, now: datetime) -> None:
    """Write the clocks anew from the events, in the running transaction."""
    keep_clocks(ticket, at=now)
    events = ticket.events.order_by("id")
    known = {_key(reading) for reading in reading_of(events, now=now).clocks}
    strangers = [clock.pk for clock in Clock.objects.filter(ticket=ticket) if _key(clock) not in known]
    Clock.objects.filter(pk__in=strangers).delete()
    ticket.save(update_fields=["next_due_at"])


def _compare_clocks(stored: list[Clock], replayed: list[Clock]) -> list[Difference]:
    before, after = ({_key(clock): clock for clock in clocks} for clocks in (stored, replayed))
    found = []
    for key in sorted(before.keys() | after.keys()):
        name = f"{key[0]} {key[1]}"
        if key not in before or key not in after:
            found.append(Difference(name, _state(before.get(key)), _state(after.get(key))))
            continue
        for field in CHANGING:
            old, new = getattr(before[key], field), getattr(after[key], field)
            if old != new:
                found.append(Difference(f"{name} {field}", old, new))
    return found


def _compare_effects(stored: list[ClockEffect], replayed: list[ClockEffect]) -> list[Difference]:
    before, after = ({(*_key(e), e.percent): e.at for e in effects} for effects in (stored, replayed))
    return [
        Difference(
            f"{kind} {cycle} effect {percent} %", before.get((kind, cycle, percent)), after.get((kind, cycle, percent))
        )
        for kind, cycle, percent in sorted(before.keys() | after.keys())
        if before.get((kind, cycle, percent)) != after.get((kind, cycle, percent))
    ]


def _key(row) -> tuple[str, int]:
    return row.kind, row.cycle


def _state(clock: Clock | None) -> str | None:
    return clock.state if clock else None


def _text(value: Any) -> str:
    return "nothing" if value is None else str(value)
