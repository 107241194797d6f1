"""One clock while its ticket's events are replayed: the law of the clocks for a single promise.

A second counts while the clock is going (started, not stopped), its calendar in force is open, and the ticket waits
for nothing that pauses the clock; elapsed is how many have counted. The moment more has elapsed than the target in
force allows, a clock that is going, paused or not, is breached for good; using up the target exactly is met. A breach
is dated to the start of the first second beyond the target, hence at the next opening when the target is used up at
closing time, or to the instant of a change that leaves too little.

A warning percent is reached at the first instant with elapsed >= ceil(target × percent / 100) while not stopped, once
per clock; of several reached at one instant only the highest is sent and the lower count as sent.

At one instant all events come first, then breach and warnings are looked at (`look`), then time flows (`advance`).
Time flows only when the terms change: in between they are constant, and counting can wait. All instants here are UTC
seconds.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

from tickets.sla.agreement import Promise
from tickets.sla.calendar import Calendar
from tickets.sla.errors import SlaError
from tickets.sla.states import (
    BREACHED,
    MERGED,
    MET,
    NO_TARGET,
    PAUSED,
    RUNNING,
    VOID,
    WARNED,
)

BREACH = 100
PRIORITY_CHANGE = "priority_change"
AGREEMENT_CHANGE = "agreement_change"


# In force for a clock that the agreement no longer knows.
NO_CALENDAR = Calendar("", ZoneInfo("UTC"), [])


class Terms(NamedTuple):
    """What is in force for a clock. Without a target nothing is due. `waits` names the state that pauses it, or ''."""

    calendar: Calendar
    target_s: int | None
    waits: str
    percents: tuple[int, ...]

    @property
    def is_paused(self) -> bool:
        return bool(self.waits)


class Moment(NamedTuple):
    """A percent of the target and the instant at which it is reached; 100 is the breach."""

    percent: int
    at: int


class Stopwatch:
    __slots__ = (
        "_counted",
        "_repriced_at",
        "_sent",
        "_waits_since",
        "anchor_at",
        "breached_at",
        "cause",
        "cycle",
        "elapsed_s",
        "is_merged",
        "kind",
        "paused_s",
        "priority",
        "ran_out_at",
        "started_at",
        "stopped_at",
        "subject",
        "terms",
        "void_reason",
        "waited",
        "warnings",
    )

    def __init__(self, kind: str, subject: str, cycle: int, *, at: int, terms: Terms, priority: int):
        self.kind = kind
        self.subject = subject
        self.cycle = cycle
        self.terms = terms
        self.priority = priority
        self.started_at = self.anchor_at = self._waits_since = at
        self.stopped_at: int | None = None
        self.breached_at: int | None = None
        # Of a breached clock: when its target was used up, which at closing time lies before the breach.
        self.ran_out_at: int | None = None
        self.elapsed_s = self.paused_s = 0
        self.waited: dict[str, int] = {}  # the paused seconds by the state that paused
        self.cause = self.void_reason = ""
        self.is_merged = False
        self.warnings: list[Moment] = []
        self._sent: set[int] = set()
        # Calendar, start and length of the last stretch that counted.
        self._counted = (terms.calendar, at, 0)
        self._repriced_at: int | None = None

    @property
    def is_stopped(self):
        return self.stopped_at is not None

    @property
    def is_judged(self):
        """A void clock, or one without a target, neither warns nor breaches."""
        return self.terms.target_s is not None and not self.void_reason

    @property
    def state(self):
        if self.void_reason:
            return VOID
        if self.breached_at is not None:
            return BREACHED
        if self.terms.target_s is None:
            return NO_TARGET
        if self.is_stopped:
            return MERGED if self.is_merged else MET
        return PAUSED if self.terms.is_paused else RUNNING

    def follow(self, terms: Terms, *, at: int, priority: int) -> None:
        """Other terms are in force from now on; what has been counted stays counted."""
        if priority != self.priority:
            self.priority = priority
            self._repriced_at = at
        if terms == self.terms:
            return
        if self.terms.is_paused and terms == self.terms._replace(waits=terms.waits) and terms.waits:
            self._note_wait(at)  # it waits for something else now, and the pause goes on
        else:
            self.advance(at)
        self.terms = terms

    def stop(self, at: int, *, merged: bool = False) -> None:
        self.advance(at)
        self.stopped_at = at
        self.is_merged = merged

    def go_on(self, terms: Terms, *, at: int, priority: int) -> None:
        """Start a stopped clock again where it stopped: the time between does not count."""
        self.stopped_at = None
        self.anchor_at = self._waits_since = at
        self.follow(terms, at=at, priority=priority)

    def void(self, reason: str, *, at: int) -> None:
        self.advance(at)
        self.void_reason = reason

    def advance(self, at: int) -> None:
        """Let time flow up to `at` under the terms in force."""
        if self.is_stopped or at == self.anchor_at:
            return
        calendar = self.terms.calendar
        seconds = calendar.open_seconds(self.anchor_at, at)
        if self.terms.is_paused:
            self.paused_s += seconds
            self._note_wait(at)
        elif seconds:
            if self.is_judged:
                self._judge_flow(seconds, before=at)
            self._counted = (calendar, self.anchor_at, seconds)
            self.elapsed_s += seconds
        self.anchor_at = self._waits_since = at

    def look(self, at: int) -> None:
        """After all events of an instant: has a change used up the target, or passed a warning?"""
        if self.is_stopped or self.anchor_at != at or not self.is_judged:
            return
        if self.breached_at is None and self.elapsed_s > self._target:
            self.breached_at = self.ran_out_at = at
            self.cause = PRIORITY_CHANGE if self._repriced_at == at else AGREEMENT_CHANGE
        passed = [percent for percent in self._unsent() if self._threshold(percent) <= self.elapsed_s]
        if passed:
            self._send(Moment(passed[-1], at))

    def due_at(self) -> int | None:
        """The earliest instant at which elapsed reaches the target if nothing more happens. Raises NO_OPENING."""
        if self.state != RUNNING:
            return None
        left = self._target - self.elapsed_s
        if left:
            return self._instant_of(left)
        calendar, start, seconds = self._counted
        return calendar.due_second(start, seconds)

    def schedule(self, *, after: int) -> list[Moment]:
        """What will happen if nothing more happens: the warnings later than `after`, and the breach."""
        if self.is_stopped or self.terms.is_paused or not self.is_judged:
            return []
        moments: list[Moment] = []
        try:
            moments.extend(moment for moment in self._warnings_ahead() if moment.at > after)
            if self.breached_at is None:
                moments.append(Moment(BREACH, self._breach_instant()))
        except SlaError as error:
            # The rest never happens when the calendar never opens again.
            if error.code != "NO_OPENING":
                raise
        return moments

    def _note_wait(self, at):
        """A pause that changed its reason on the way is told by reason, and stays one stretch in everything else."""
        seconds = self.terms.calendar.open_seconds(self._waits_since, at)
        self.waited[self.terms.waits] = self.waited.get(self.terms.waits, 0) + seconds
        self._waits_since = at

    def _judge_flow(self, seconds, *, before):
        reached = self.elapsed_s + seconds
        for moment in self._warnings_ahead(reached):
            # One that falls on the end of the stretch is judged after the events of that instant.
            if moment.at < before:
                self._send(moment)
        if self.breached_at is None and reached > self._target:
            self.ran_out_at = self.due_at()
            self.breached_at = self._breach_instant()

    def _warnings_ahead(self, limit: int | None = None) -> Iterator[Moment]:
        """The warnings that come up while elapsed grows to `limit` (None: for ever), the highest of each instant.

        All of them lie ahead: `look` has sent those already passed.
        """
        highest = {self._threshold(percent): percent for percent in self._unsent()}
        for threshold, percent in highest.items():
            if limit is None or threshold <= limit:
                yield Moment(percent, self._instant_of(threshold - self.elapsed_s))

    def _breach_instant(self):
        return self._instant_of(self._target - self.elapsed_s + 1) - 1

    def _instant_of(self, seconds):
        return self.terms.calendar.due_second(self.anchor_at, seconds)

    def _unsent(self):
        """Ascending, as the agreement keeps them."""
        if self.kind not in WARNED:
            return []
        return [percent for percent in self.terms.percents if percent not in self._sent]

    def _threshold(self, percent):
        return -(-self._target * percent // 100)

    @property
    def _target(self) -> int:
        """Asked only where the clock is judged, hence has one."""
        return cast(int, self.terms.target_s)

    def _send(self, moment):
        self.warnings.append(moment)
        self._sent.update(percent for percent in self.terms.percents if percent <= moment.percent)


def terms_of(promise: Promise | None, calendars: Mapping[str, Calendar], *, state: str) -> Terms:
    """The terms of a promise while the ticket is in a state. Raises UNKNOWN_CALENDAR."""
    if promise is None:
        return Terms(NO_CALENDAR, None, "", ())
    calendar = calendars.get(promise.calendar)
    if calendar is None:
        raise SlaError("UNKNOWN_CALENDAR", value=promise.calendar)
    waits = state if state in promise.pauses else ""
    return Terms(calendar, promise.target_s, waits, promise.percents)
