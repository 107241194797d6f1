"""Our attainment beside the export's own `made_sla`, incident by incident, with the cause of each difference.

A cause is found by asking our own law again: would it agree with the export if the clock had run until the incident was
closed, if waiting had not paused it, and so on. The first single change that makes both agree is the cause. Last comes
the target: the export does not tell its own, but its figures do, as the time from opening to closing that best parts
its kept promises from its missed ones (`limits`). What no single change explains is counted as unexplained.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tickets.models import Ticket
from tickets.servicenow.export import Problem, Row, read_export
from tickets.servicenow.mapping import Mapping
from tickets.servicenow.retelling import in_order
from tickets.servicenow.writing import SOURCE
from tickets.sla.calendar import Calendar
from tickets.sla.clock import Clock, replay
from tickets.sla.events import Event
from tickets.sla.instants import to_datetime
from tickets.sla.keeping import heard
from tickets.sla.states import BREACHED, MET, PAUSED, RUNNING
from tickets.sla.terms import Rulebook

KEPT, MISSED, UNDECIDED, NOT_COUNTED, UNKNOWN = "kept", "missed", "undecided", "not counted", "not told"
OURS = (KEPT, MISSED, UNDECIDED, NOT_COUNTED)
THEIRS = (KEPT, MISSED, UNKNOWN)
OUTCOMES = {MET: KEPT, BREACHED: MISSED, RUNNING: UNDECIDED, PAUSED: UNDECIDED}
MADE_SLA = {"true": KEPT, "false": MISSED}
ALWAYS = "round-the-clock"
TARGET, UNEXPLAINED = "target", "unexplained"
CAUSES = {
    "end": "end state: the export counts until the incident is closed, we until it is solved",
    "pauses": "pauses: waiting does not stop the clock of the export",
    "reopened": "reopened: the export judges at the first solution",
    "priority": "priority: the export judges by the last priority from the start",
    "calendar": "calendar: the export counts round the clock",
    TARGET: "target: the export's own limit, as its figures tell it, is another",
    UNEXPLAINED: "unexplained by any single change",
}


@dataclass(frozen=True)
class Compared:
    """One incident. `closed_after` is the time from opening to closing by the export; None while it is open."""

    incident: str
    ticket: int
    priority: int
    ours: str
    theirs: str
    elapsed_s: int
    target_s: int | None
    closed_after: timedelta | None
    cause: str = ""

    @property
    def is_difference(self) -> bool:
        return {self.ours, self.theirs} == {KEPT, MISSED}


@dataclass(frozen=True)
class Limit:
    """The export's own limit for a priority: kept when closed within it; `wrong` of `n` incidents contradict it."""

    within: timedelta
    n: int
    wrong: int


@dataclass(frozen=True)
class Comparison:
    incidents: int
    missing: tuple[str, ...]
    compared: tuple[Compared, ...]
    limits: dict[int, Limit]

    @property
    def table(self) -> Counter:
        """How many incidents by (ours, theirs)."""
        return Counter((row.ours, row.theirs) for row in self.compared)

    @property
    def causes(self) -> Counter:
        """How many differences by (cause, ours)."""
        return Counter((row.cause, row.ours) for row in self.compared if row.is_difference)

    @property
    def adds_up(self) -> bool:
        differences = sum(row.is_difference for row in self.compared)
        return self.incidents == len(self.missing) + sum(self.table.values()) and differences == sum(
            self.causes.values()
        )


def compare(lines: Iterable[str], mapping: Mapping, *, rules: Rulebook, now: datetime) -> Comparison:
    """Read the export again beside the tickets imported from it. Raises BadExport. Writes nothing."""
    rows = _rows_by_incident(lines, mapping)
    found = Ticket.objects.filter(source=SOURCE, external_id__in=rows).prefetch_related("events")
    tickets = {ticket.external_id: ticket for ticket in found}
    law = Law(rules, now)
    judged = [_judge(number, kept, tickets[number], law) for number, kept in rows.items() if number in tickets]
    limits = _limits(judged)
    compared = [_explained(row, tickets[row.incident], rows[row.incident], law, limits) for row in judged]
    missing = tuple(number for number in rows if number not in tickets)
    return Comparison(len(rows), missing, tuple(compared), limits)


class Law:
    """The clocks of a ticket as they are, and as they would be under other events or terms."""

    def __init__(self, rules: Rulebook, now: datetime):
        self.rules = rules
        self.now = now
        weekly = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
        always = Calendar.parse({"versions": [{"valid_from": "1970-01-01", "weekly": weekly}]}, code=ALWAYS)
        self.calendars = rules.calendars | {ALWAYS: always}

    def resolution(self, events: list[Event], **terms) -> Clock | None:
        used = {event.data.get("agreement") or event.data.get("to") for event in events if event.kind in _NAMING}
        agreements = {code: self.rules.agreements[code].with_all(**terms) for code in used}
        now = max(self.now, to_datetime(events[-1].at))
        result = replay(events, agreements=agreements, calendars=self.calendars, now=now, refuse_closed=False)
        return next(iter(result.of("resolution")), None)

    def outcome(self, events: list[Event], **terms) -> str:
        return _outcome(self.resolution(events, **terms))


_NAMING = ("created", "policy")


def _outcome(clock: Clock | None) -> str:
    return OUTCOMES.get(clock.state, NOT_COUNTED) if clock else NOT_COUNTED


def _rows_by_incident(lines: Iterable[str], mapping: Mapping) -> dict[str, list[Row]]:
    by_number: dict[str, list[Row]] = {}
    for row in read_export(lines, mapping):
        if not isinstance(row, Problem):
            by_number.setdefault(row.number, []).append(row)
    return {number: in_order(rows)[0] for number, rows in by_number.items()}


def _judge(number: str, rows: list[Row], ticket: Ticket, law: Law) -> Compared:
    last = rows[-1]
    clock = law.resolution(heard(_in_order(ticket)))
    return Compared(
        incident=number, ticket=ticket.number, priority=ticket.priority, ours=_outcome(clock),
        theirs=MADE_SLA.get(last["made_sla"].lower(), UNKNOWN), elapsed_s=clock.elapsed_s if clock else 0,
        target_s=clock.target_s if clock else None,
        closed_after=last.closed_at - last.opened_at if last.closed_at else None,
    )  # fmt: skip


def _in_order(ticket):
    return sorted(ticket.events.all(), key=lambda event: event.pk)


def _limits(rows: Iterable[Compared]) -> dict[int, Limit]:
    by_priority: dict[int, list[tuple[timedelta, bool]]] = {}
    for row in rows:
        if row.closed_after is not None and row.theirs != UNKNOWN:
            by_priority.setdefault(row.priority, []).append((row.closed_after, row.theirs == KEPT))
    return {priority: _limit(sorted(times)) for priority, times in sorted(by_priority.items())}


def _limit(times: list[tuple[timedelta, bool]]) -> Limit:
    """Of all limits that part the sorted times, the one that the fewest contradict; of equals the shortest."""
    wrong = sum(is_kept for _, is_kept in times)
    best = (wrong, timedelta(0))
    for after, is_kept in times:
        wrong += -1 if is_kept else 1
        best = min(best, (wrong, after))
    return Limit(within=best[1], n=len(times), wrong=best[0])


def _explained(row: Compared, ticket: Ticket, rows: list[Row], law: Law, limits: dict[int, Limit]) -> Compared:
    return replace(row, cause=_cause(row, ticket, rows, law, limits)) if row.is_difference else row


def _cause(row, ticket, rows, law, limits) -> str:
    events = heard(_in_order(ticket))
    for cause, changed in _changes(events, rows):
        if changed(law) == row.theirs:
            return cause
    limit = limits.get(row.priority)
    if limit and row.closed_after is not None:
        return TARGET if (row.closed_after <= limit.within) == (row.theirs == KEPT) else UNEXPLAINED
    return UNEXPLAINED


def _changes(events: list[Event], rows: list[Row]) -> Iterator[tuple[str, Callable[[Law], str]]]:
    """Each single change with the question that it is, in the order of CAUSES."""
    yield "end", lambda law: law.outcome(_until_closed(events, rows[-1].closed_at))
    yield "pauses", lambda law: law.outcome(events, pauses=frozenset())
    yield "reopened", lambda law: law.outcome(_to_first_solution(events))
    yield "priority", lambda law: law.outcome(_at_last_priority(events))
    yield "calendar", lambda law: law.outcome(events, calendar=ALWAYS)


def _until_closed(events: list[Event], closed_at: datetime | None) -> list[Event]:
    """The last solution moved to the instant at which the export closed the incident."""
    solutions = [event for event in events if event.kind == "resolved"]
    if not solutions or closed_at is None:
        return events
    rest = [event for event in events if event is not solutions[-1]]
    at = max(int(closed_at.timestamp()), rest[-1].at)
    return [*rest, solutions[-1]._replace(at=at)]


def _to_first_solution(events: list[Event]) -> list[Event]:
    first = next((place for place, event in enumerate(events) if event.kind == "resolved"), len(events))
    return events[: first + 1]


def _at_last_priority(events: list[Event]) -> list[Event]:
    told = [event.data["to"] for event in events if event.kind == "priority"]
    if not told:
        return events
    created = events[0]._replace(data=events[0].data | {"priority": told[-1]})
    return [created, *(event for event in events[1:] if event.kind != "priority")]
