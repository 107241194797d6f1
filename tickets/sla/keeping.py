"""The stored clocks of a ticket: made from its events after each verb, and made again by `rebuild_clocks`.

What is stored at an instant leaves its second open: another event may come in it and change everything. So the effects
of earlier seconds are written, and those of this very second stay in the plan, for the worker to fire when it is over.
"""

from collections.abc import Iterable
from datetime import datetime

from tickets.notifications.occasions import note_effects
from tickets.sla.clock import BREACH, Effect, Replay, replay
from tickets.sla.clock import Clock as Reading
from tickets.sla.events import Event, read_event
from tickets.sla.models import Clock, ClockEffect
from tickets.sla.states import VOID
from tickets.sla.terms import Rulebook, rulebook

SLA_EVENTS = frozenset(
    {
        "created", "public_reply", "auto_reply", "internal_note", "requester_reply", "state", "priority", "queue",
        "policy", "vendor_handover", "vendor_return", "resolved", "reopened", "merged", "void",
    }
)  # fmt: skip
ON_THE_TICKET = ("first_response", "next_update", "resolution")
# What a later reading may change in a clock's row; ticket, kind and cycle say which clock it is.
CHANGING = [
    "subject", "state", "is_paused", "calendar", "started_at", "anchor_at", "elapsed_s", "paused_s", "target_s",
    "due_at", "breached_at", "stopped_at", "cause", "void_reason", "plan_at", "plan_percent", "next_at",
]  # fmt: skip


def reading_of(events: Iterable, *, now: datetime, rules: Rulebook | None = None) -> Replay:
    """Replay a ticket's stored events at `now`. Who reads many tickets hands the `rules` in, read once."""
    rules = rules or rulebook()
    return replay(heard(events), agreements=rules.agreements, calendars=rules.calendars, now=now, refuse_closed=False)


def heard(events: Iterable) -> list[Event]:
    """The stored events of a ticket that the law listens to, read and checked."""
    return [
        read_event(event.kind, event.at, {"channel": event.channel or None} | event.data)
        for event in events
        if event.kind in SLA_EVENTS
    ]


def keep_clocks(ticket, *, at: datetime) -> None:
    """Write the ticket's clocks, the effects that are already past, and its next due instant (not saved here).

    Effects that are new are noted to be told.
    """
    result = reading_of(ticket.events.order_by("id"), now=at)
    write_clocks(clock_rows(ticket, result))
    _write_new_effects(ticket, past_effects(ticket, result, found_at=at))
    ticket.next_due_at = next_due(result.clocks)


def _write_new_effects(ticket, past: list[ClockEffect]) -> None:
    if not past:
        return
    known = set(ticket.clock_effects.values_list("kind", "cycle", "percent"))
    new = [effect for effect in past if (effect.kind, effect.cycle, effect.percent) not in known]
    ClockEffect.objects.bulk_create(new, ignore_conflicts=True)
    note_effects(new)


def write_clocks(rows: list[Clock]) -> None:
    Clock.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["ticket", "kind", "cycle"], update_fields=CHANGING, batch_size=1000
    )


def clock_rows(ticket, result: Replay) -> list[Clock]:
    return [
        Clock(
            municipality_id=ticket.municipality_id, ticket=ticket, kind=kind, cycle=cycle,
            **dict(zip(CHANGING, values, strict=True)),
        )
        for (kind, cycle), values in clock_values(result).items()
    ]  # fmt: skip


def clock_values(result: Replay) -> dict[tuple[str, int], tuple]:
    """What stands in the columns CHANGING of each clock's row, in that order, by kind and cycle."""
    return {(reading.kind, reading.cycle): _values(reading, _plan(reading, result)) for reading in result.clocks}


def _plan(reading: Reading, result: Replay) -> list[Effect]:
    if reading.stopped_at or reading.state == VOID:
        return []
    sent = [w.percent for w in result.warnings if (w.kind, w.at) == (reading.kind, result.now)]
    breached = [BREACH] if reading.breached_at == result.now else []
    return [*(Effect(percent, result.now) for percent in sent + breached), *reading.schedule]


def _values(reading: Reading, plan: list[Effect]) -> tuple:
    return (
        reading.subject, reading.state, reading.is_paused, reading.calendar, reading.started_at, reading.anchor_at,
        reading.anchor_elapsed_s, reading.anchor_paused_s, reading.target_s, reading.due_at, reading.breached_at,
        reading.stopped_at, reading.cause, reading.void_reason, [effect.at for effect in plan],
        [effect.percent for effect in plan], plan[0].at if plan else None,
    )  # fmt: skip


def past_effects(ticket, result: Replay, *, found_at: datetime) -> list[ClockEffect]:
    return [
        ClockEffect(
            municipality_id=ticket.municipality_id, ticket=ticket, kind=kind, cycle=cycle, percent=percent, at=at,
            found_at=found_at,
        )
        for (kind, cycle, percent), at in past_instants(result).items()
    ]  # fmt: skip


def past_instants(result: Replay) -> dict[tuple[str, int, int], datetime]:
    """When each warning and each breach of an earlier second happened, by the key of its effect."""
    cycles = {reading.kind: reading.cycle for reading in result.clocks if reading.kind in ON_THE_TICKET}
    past = {(warning.kind, cycles[warning.kind], warning.percent): warning.at for warning in result.warnings}
    past |= {(c.kind, c.cycle, BREACH): c.breached_at for c in result.clocks if c.breached_at}
    return {key: at for key, at in past.items() if at < result.now}


def next_due(clocks: Iterable[Reading]) -> datetime:
    """When the first target of the requester's running clocks runs out, or ran out; far ahead while none runs.

    A breach does not move it, for it is about the target and not about the first second beyond. So it follows from the
    events alone, whenever they are read, and the worker need not touch a ticket when it fires one of its clocks.
    """
    from tickets.models import FAR_AHEAD

    running = [c for c in clocks if c.kind in ON_THE_TICKET and c.stopped_at is None and not c.is_paused]
    instants = [c.due_at or c.ran_out_at for c in running if c.state != VOID]
    return min((instant for instant in instants if instant), default=FAR_AHEAD)
