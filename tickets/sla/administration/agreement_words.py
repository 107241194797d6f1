"""An agreement in words: what it promises line by line, and the lines in which two versions differ."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from servicecenter.ui import formats
from tickets.models import Queue, Vendor
from tickets.sla.administration.words import CLOCK_NAMES, STATE_NAMES
from tickets.sla.agreement import check_target
from tickets.sla.errors import SlaError
from tickets.sla.models import Calendar
from tickets.sla.priority import PRIORITIES
from tickets.sla.states import OLA, PAUSABLE, TIMERS

Plain = dict[str, Any]
_TARGET = re.compile(
    r"(?:([0-9]{1,5})\s*(?:t|h|timer|time|hours|hour)\.?)?\s*(?:([0-9]{1,6})\s*(?:m|min|minutter|minutes)?\.?)?"
)


@dataclass(frozen=True)
class Names:
    """Codes as people call them; codes that are gone stand for themselves."""

    calendars: Mapping[str, str]
    queues: Mapping[str, str]
    vendors: Mapping[str, str]

    @classmethod
    def read(cls) -> "Names":
        return cls(*(dict(model.objects.values_list("code", "name")) for model in (Calendar, Queue, Vendor)))


@dataclass(frozen=True)
class Line:
    """One promise: whose, of what, and what it says; empty text: nothing is promised."""

    group: str
    label: str
    text: str
    is_of_a_timer: bool = False


def read_target(text: str) -> int | None:
    """ "30", "30 min", "4 t" or "2 t 30" as whole minutes; empty promises nothing. Raises BAD_TARGET."""
    text = text.strip().casefold()
    if not text:
        return None
    found = _TARGET.fullmatch(text)
    if not found:
        raise SlaError("BAD_TARGET", value=text)
    hours, minutes = (int(part) if part else 0 for part in found.groups())
    try:
        return check_target(hours * 60 + minutes)
    except SlaError:
        raise SlaError("BAD_TARGET", value=text) from None


def write_target(minutes: int | None) -> str:
    """As a form shows it: whole hours as hours, the rest in minutes."""
    if minutes is None:
        return ""
    if minutes % 60:
        return _("%(minutes)s min") % {"minutes": minutes}
    return _("%(hours)s h") % {"hours": minutes // 60}


def lines_of(terms: Plain, names: Names) -> list[Line]:
    return [*_timers(terms, names), *_pauses(terms), *_warnings(terms), *_others(terms, names)]


def table_of(terms: Plain, names: Names) -> list[tuple[str, list[str]]]:
    """(clock, its promise at each priority) for the clocks that the agreement has."""
    lines = list(_timers(terms, names))
    groups = dict.fromkeys(line.group for line in lines)
    return [(group, [line.text for line in lines if line.group == group]) for group in groups]


def differences(before: Plain, after: Plain, names: Names) -> list[tuple[Line, str, str]]:
    """(line, text before, text after) of every promise that changes, comes or goes."""
    old, new = ({(line.group, line.label): line for line in lines_of(terms, names)} for terms in (before, after))
    changed = []
    for key in dict.fromkeys([*old, *new]):
        was, becomes = (lines[key].text if key in lines else "" for lines in (old, new))
        if was != becomes:
            changed.append((new.get(key) or old[key], was, becomes))
    return changed


def _timers(terms: Plain, names: Names) -> Iterator[Line]:
    by_priority = terms.get("calendar_by_priority") or {}
    for kind in TIMERS:
        timer = (terms.get("timers") or {}).get(kind) or {}
        for priority in PRIORITIES if timer else ():
            minutes = (timer.get("target_minutes") or {}).get(str(priority))
            calendar = by_priority.get(str(priority)) or timer["calendar"]
            yield Line(str(CLOCK_NAMES[kind]), f"P{priority}", _promise(minutes, calendar, names), is_of_a_timer=True)


def _promise(minutes: int | None, calendar: str, names: Names) -> str:
    if minutes is None:
        return _("no promise")
    name = names.calendars.get(calendar, calendar)
    return _("%(target)s in “%(calendar)s”") % {"target": formats.duration(minutes), "calendar": name}


def _pauses(terms: Plain) -> Iterator[Line]:
    for kind in PAUSABLE:
        states = (terms.get("pause_states") or {}).get(kind) or []
        words = ", ".join(str(STATE_NAMES.get(state, state)) for state in states)
        yield Line(_("Pauses"), str(CLOCK_NAMES[kind]), words or _("never"))


def _warnings(terms: Plain) -> Iterator[Line]:
    percents = ", ".join(f"{percent} %" for percent in terms.get("warn_percent") or [])
    yield Line(_("Warnings"), _("sent at"), percents or _("none"))


def _others(terms: Plain, names: Names) -> Iterator[Line]:
    for field, kind, known in (("ola", OLA, names.queues), ("vendors", "vendor", names.vendors)):
        for code, promise in sorted((terms.get(field) or {}).items()):
            if promise and promise.get("target_minutes"):
                text = _promise(promise["target_minutes"], promise["calendar"], names)
                yield Line(str(CLOCK_NAMES[kind]), known.get(code, code), text)
