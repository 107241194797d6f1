"""Why is the ticket delayed? Its stretches with names instead of codes, the rule that counted, and sums that agree.

The running seconds of all stretches are the elapsed of the resolution clock, exactly; the four columns of a stretch add
up to its length. A requester reads the same without what is internal: queues, and which vendor.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from tickets.models import Queue, Ticket, Vendor
from tickets.sla.calendar import Calendar as Hours
from tickets.sla.clock import Clock as Reading
from tickets.sla.clock import replay
from tickets.sla.danish_holidays import public_holidays
from tickets.sla.events import read_event
from tickets.sla.keeping import SLA_EVENTS
from tickets.sla.models import Calendar
from tickets.sla.terms import Rulebook, rulebook
from tickets.sla.timeline import DESK, REQUESTER, RULES, THIRD_PARTY, VENDOR, Stretch, stretches

SUMS = ("running_s", "paused_s", "closed_s", "stopped_s")
MOST_NAMED_DAYS = 12


@dataclass(frozen=True)
class Part:
    """One stretch in words. `closed_days` are the holidays and closing days in it, by name."""

    stretch: Stretch
    turn: str
    rule: str
    calendar: str
    agreement: str
    valid_from: datetime | None
    queue: str
    vendors: list[str]
    closed_days: list[tuple[date, str]]

    @property
    def total_s(self) -> int:
        return sum(getattr(self.stretch, name) for name in SUMS)


@dataclass(frozen=True)
class Delay:
    """The whole life of a ticket up to `until`. `clock` is the resolution clock, None without such a promise."""

    ticket: Ticket
    parts: list[Part]
    clock: Reading | None
    until: datetime

    def _sum(self, name: str) -> int:
        return sum(getattr(part.stretch, name) for part in self.parts)

    @property
    def sums(self) -> dict[str, int]:
        return {name: self._sum(name) for name in SUMS}

    @property
    def total_s(self) -> int:
        return sum(self.sums.values())

    @property
    def not_counted_s(self) -> int:
        """Closed, or stopped."""
        return self.sums["closed_s"] + self.sums["stopped_s"]

    @property
    def over_s(self) -> int:
        """Counted seconds beyond the target; 0 while it is kept."""
        if self.clock is None or self.clock.target_s is None:
            return 0
        return max(0, self.clock.elapsed_s - self.clock.target_s)

    @property
    def turns(self) -> list[tuple[str, int, int]]:
        """Whose turn it was, with the seconds that counted and that paused; most first."""
        sums: dict[str, list[int]] = {}
        for part in self.parts:
            if part.turn:
                row = sums.setdefault(part.turn, [0, 0])
                row[0] += part.stretch.running_s
                row[1] += part.stretch.paused_s
        rows = [(turn, running, paused) for turn, (running, paused) in sums.items()]
        return sorted(rows, key=lambda row: -(row[1] + row[2]))


def explain(ticket: Ticket, *, now: datetime, for_agent: bool) -> Delay:
    """Read a ticket's events and tell its time, up to `now` or, when it has ended, up to its end. UTC."""
    events = [event for event in ticket.events.order_by("id") if event.kind in SLA_EVENTS]
    rules = rulebook()
    until = events[-1].at if ticket.is_ended else now.replace(microsecond=0)
    heard = [read_event(event.kind, event.at, {"channel": event.channel or None} | event.data) for event in events]
    law: dict[str, Any] = {"agreements": rules.agreements, "calendars": rules.calendars, "now": until}
    clocks = replay(heard, refuse_closed=False, **law).of("resolution")
    words = _Words(rules, for_agent=for_agent)
    parts = [words.part(stretch) for stretch in stretches(heard, **law)]
    return Delay(ticket, parts, clocks[-1] if clocks else None, until)


class _Words:
    """Names for codes; a requester gets none of what is internal."""

    def __init__(self, rules: Rulebook, *, for_agent: bool):
        self.rules = rules
        self.for_agent = for_agent
        self.calendars = dict(Calendar.objects.values_list("code", "name"))
        self.queues = dict(Queue.objects.values_list("code", "name")) if for_agent else {}
        self.vendors = dict(Vendor.objects.values_list("code", "name")) if for_agent else {}
        self.versions = {version.code: version for version in rules.versions}

    def part(self, stretch: Stretch) -> Part:
        return Part(
            stretch=stretch,
            turn=self._turn(stretch),
            rule=str(RULES[stretch.rule]),
            calendar=self.calendars.get(stretch.calendar, stretch.calendar),
            agreement=self._agreement(stretch.agreement),
            valid_from=self.versions[stretch.agreement].valid_from if stretch.agreement in self.versions else None,
            queue=self.queues.get(stretch.queue, ""),
            vendors=[self.vendors[code] for code in stretch.vendors if code in self.vendors],
            closed_days=self._closed_days(stretch),
        )

    def _turn(self, stretch: Stretch) -> str:
        if stretch.turn == VENDOR and self.for_agent and stretch.vendors:
            return ", ".join(self.vendors.get(code, code) for code in stretch.vendors)
        return {
            DESK: pgettext("whose turn", "The desk"),
            REQUESTER: pgettext("whose turn", "The user"),
            VENDOR: pgettext("whose turn", "The vendor"),
            THIRD_PARTY: pgettext("whose turn", "Others"),
        }.get(stretch.turn, "")

    def _agreement(self, code: str) -> str:
        version = self.versions.get(code)
        return version.agreement.name if version else code

    def _closed_days(self, stretch: Stretch) -> list[tuple[date, str]]:
        hours = self.rules.calendars.get(stretch.calendar)
        if hours is None or not stretch.closed_s:
            return []
        first, last = (moment.astimezone(hours.zone).date() for moment in (stretch.from_at, stretch.to_at))
        found = []
        for on in _days(first, last):
            name = _closed_by_name(hours, on)
            if name:
                found.append((on, name))
        return found[:MOST_NAMED_DAYS]


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _closed_by_name(hours: Hours, on: date) -> str:
    """The holiday's name, or that somebody decided it, for a day closed or shortened beside the weekly hours."""
    version = max((v for v in hours.versions if v.valid_from <= on), key=lambda v: v.valid_from, default=None)
    if version is None:
        return ""
    if on in version.exceptions:
        return _("closing day") if not version.exceptions[on] else _("other opening hours")
    if on in version.holidays:
        language = "da" if (get_language() or "da").startswith("da") else "en_US"
        return public_holidays(on.year, language=language).get(on) or _("holiday")
    return ""
