"""What was promised: targets, calendars, pauses and warnings of one version of an agreement.

Plain form, as stored: `timers` (first_response, next_update, resolution → `calendar` and `target_minutes` per
priority; empty means no promise), `calendar_by_priority` (goes before the timer's own calendar, for all three),
`pause_states` per clock, `warn_percent`, `ola` (queue → `calendar`, `target_minutes`), `vendors` (vendor → the same).
What is missing means: none. Targets are whole minutes, at least 1. The first response is never paused, nor is a
vendor's clock, whatever pause states an agreement names for them.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tickets.sla.errors import SlaError
from tickets.sla.priority import PRIORITIES
from tickets.sla.states import KINDS, OLA, PAUSABLE, TICKET_STATES, TIMERS, VENDOR

# What a desk may agree: a stored effect of 100 is the breach. The law itself also knows a warning at the target.
PERCENTS = range(1, 100)
LAWFUL_PERCENTS = range(1, 101)


@dataclass(frozen=True, slots=True)
class Promise:
    """One clock's terms at one priority: a calendar's code, open seconds (None: no promise), pause states, warnings."""

    calendar: str
    target_s: int | None
    pauses: frozenset[str]
    percents: tuple[int, ...]


class Agreement:
    """One version of an agreement. Build it with `Agreement.parse`; it never changes afterwards."""

    def __init__(self, promises: dict[tuple[str, Any], Promise]):
        self._promises = promises

    @classmethod
    def parse(cls, data: Any, *, calendars: Container[str], code: str = "") -> "Agreement":
        """Read the plain form. `calendars` holds the codes that exist.

        Raises UNKNOWN_POLICY, UNKNOWN_CALENDAR, BAD_TARGET, BAD_PRIORITY or BAD_EVENT (a pause that cannot be).
        """
        if not isinstance(data, Mapping):
            raise SlaError("UNKNOWN_POLICY", value=code)
        return cls(_Reader(data, calendars).read())

    def promise(self, kind: str, *, priority: int, subject: str = "") -> Promise | None:
        """The terms of a clock, None when the agreement does not have it. `subject`: the queue or vendor."""
        return self._promises.get((kind, subject or priority))

    def calendars(self) -> set[str]:
        """The codes of all calendars that count in this agreement."""
        return {promise.calendar for promise in self._promises.values()}

    def with_all(self, **changes: Any) -> "Agreement":
        """The same agreement with fields of every promise changed, for questions of what would have been."""
        return Agreement({key: replace(promise, **changes) for key, promise in self._promises.items()})


class _Reader:
    def __init__(self, data, calendars):
        self.data = data
        self.known = calendars
        self.percents = tuple(sorted({_percent(value) for value in _list(data.get("warn_percent"))}))
        self.pauses = self._read_pauses()

    def read(self):
        promises: dict[tuple[str, Any], Promise] = {}
        by_priority = self._calendar_by_priority()
        for kind, timer in _mapping(self.data.get("timers")).items():
            if kind not in TIMERS:
                raise SlaError("BAD_TARGET", value=kind)
            if timer is not None:
                promises |= self._timer(kind, _mapping(timer), by_priority)
        for kind, field in ((OLA, "ola"), (VENDOR, "vendors")):
            for subject, terms in _mapping(self.data.get(field)).items():
                if terms is not None:
                    promises |= self._subject(kind, subject, _mapping(terms))
        return promises

    def _timer(self, kind, timer, by_priority):
        calendar = self._calendar(timer.get("calendar"))
        targets = _by_priority(timer.get("target_minutes"))
        return {
            (kind, priority): self._promise(kind, by_priority.get(priority, calendar), targets.get(priority))
            for priority in PRIORITIES
        }

    def _subject(self, kind, subject, terms):
        if terms.get("calendar") is None and terms.get("target_minutes") is None:
            return {}
        promise = self._promise(kind, self._calendar(terms.get("calendar")), terms.get("target_minutes"))
        # A queue or vendor without a target has no clock.
        return {(kind, subject): promise} if promise.target_s else {}

    def _promise(self, kind, calendar, minutes):
        target = None if minutes is None else check_target(minutes) * 60
        return Promise(calendar, target, self.pauses.get(kind, frozenset()), self.percents)

    def _calendar_by_priority(self):
        by_priority = _by_priority(self.data.get("calendar_by_priority"))
        return {priority: self._calendar(code) for priority, code in by_priority.items() if code is not None}

    def _calendar(self, code):
        if not isinstance(code, str) or code not in self.known:
            raise SlaError("UNKNOWN_CALENDAR", value=code)
        return code

    def _read_pauses(self):
        pauses = {}
        for kind, states in _mapping(self.data.get("pause_states")).items():
            named = frozenset(_state(state) for state in _list(states))
            if kind in PAUSABLE:
                pauses[kind] = named
            elif named and kind not in KINDS:
                raise SlaError("BAD_EVENT", reason="never_paused", value=kind)
        return pauses


def check_agreeable(data: Mapping[str, Any]) -> None:
    """Refuse, of plain terms that the law can read, what nobody should agree because it would do nothing, or harm.

    Raises BAD_TARGET for a warning at the target itself, BAD_EVENT for a pause of a clock that never pauses.
    """
    for percent in data.get("warn_percent") or ():
        if percent not in PERCENTS:
            raise SlaError("BAD_TARGET", reason="percent", value=percent)
    for kind, states in (data.get("pause_states") or {}).items():
        if states and kind not in PAUSABLE:
            raise SlaError("BAD_EVENT", reason="never_paused", value=kind)


def check_target(minutes: Any) -> int:
    """Whole minutes, at least 1. Raises BAD_TARGET."""
    if type(minutes) is not int or minutes < 1:
        raise SlaError("BAD_TARGET", value=minutes)
    return minutes


def _percent(value):
    if type(value) is not int or value not in LAWFUL_PERCENTS:
        raise SlaError("BAD_TARGET", reason="percent", value=value)
    return value


def _state(value):
    if value not in TICKET_STATES:
        raise SlaError("BAD_EVENT", reason="state", value=value)
    return value


def _by_priority(data):
    """JSON writes priorities as text: {"1": …} becomes {1: …}."""
    values = {}
    for text, value in _mapping(data).items():
        if str(text) not in map(str, PRIORITIES):
            raise SlaError("BAD_PRIORITY", value=text)
        values[int(text)] = value
    return values


def _list(data):
    if data is not None and not isinstance(data, list | tuple):
        raise SlaError("BAD_TARGET", value=data)
    return data or []


def _mapping(data):
    if data is not None and not isinstance(data, Mapping):
        raise SlaError("BAD_TARGET", value=data)
    return data or {}
