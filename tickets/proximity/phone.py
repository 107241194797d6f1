"""How soon the phone was answered: counted by the telephone system, entered or imported per municipality and month.

A file is a CSV with the columns municipality (code or name), month (2026-10), calls, and how many of them reached a
person within 60 seconds. It is taken as a whole or not at all, and every mistake is named with its line.
"""

import csv
import io
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from municipalities.models import Municipality, Person
from servicecenter import time_source
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken
from tickets.levels.calendar_months import month_of
from tickets.proximity.models import PhoneFigure

MOST_LINES = 2000
MOST_CALLS = 10_000_000


class MoreThanCalls(RuleBroken):
    def __init__(self):
        super().__init__(gettext_lazy("More calls reached a person in time than there were calls. Check the numbers."))


class MonthToCome(RuleBroken):
    def __init__(self):
        super().__init__(gettext_lazy("The month has not begun yet. Enter its calls when it has."))


class Line(NamedTuple):
    municipality: Municipality
    month: date
    calls: int
    within_60_s: int


@transaction.atomic
def enter(line: Line, *, source: str, by: Person, at: datetime | None = None) -> PhoneFigure:
    """Keep the calls of a municipality and month; entered again, the later numbers count."""
    at = at or time_source.now()
    if line.within_60_s > line.calls:
        raise MoreThanCalls
    if line.month > month_of(at):
        raise MonthToCome
    figure, _is_new = PhoneFigure.objects.update_or_create(
        municipality=line.municipality, month=line.month,
        defaults={
            "calls": line.calls, "within_60_s": line.within_60_s, "source": source, "measured_by": by,
            "measured_at": at,
        },
    )  # fmt: skip
    AuditEntry.objects.record(
        "phone_figure_entered", municipality_id=line.municipality.pk, actor=by, at=at.replace(microsecond=0),
        subject=f"{line.month:%Y-%m}", calls=line.calls, within_60_s=line.within_60_s, source=source,
    )  # fmt: skip
    return figure


@transaction.atomic
def import_lines(lines: list[Line], *, source: str, by: Person, at: datetime | None = None) -> int:
    for line in lines:
        enter(line, source=source, by=by, at=at)
    return len(lines)


def read_file(data: bytes) -> tuple[list[Line], list[str]]:
    """The lines of a file, and what is wrong with it in words; use the lines only when nothing is."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [_("The file is not UTF-8. Save it as CSV UTF-8.")]
    delimiter = ";" if ";" in text else ","
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        return [], [_("The file has no lines below its headings.")]
    if len(rows) > MOST_LINES:
        return [], [_("The file has more than %(most)s lines. Split it.") % {"most": MOST_LINES}]
    members = _members()
    lines, faults = [], []
    for number, row in enumerate(rows[1:], start=2):
        try:
            lines.append(_line(row, members))
        except ValueError as error:
            faults.append(_("Line %(number)s: %(fault)s") % {"number": number, "fault": error})
    return lines, faults


def _members() -> dict[str, Municipality]:
    found = {}
    for member in Municipality.objects.members():
        for name in (member.code, member.slug, member.name, member.name.removesuffix(" Kommune")):
            found[name.casefold()] = member
    return found


def _line(row: list[str], members: dict[str, Municipality]) -> Line:
    cells = [cell.strip() for cell in row]
    if len(cells) < 4:
        raise ValueError(_("four columns are wanted: municipality, month, calls, within 60 seconds."))
    member = members.get(cells[0].casefold())
    if member is None:
        raise ValueError(_("“%(cell)s” is no municipality of the community.") % {"cell": cells[0][:40]})
    line = Line(member, as_month(cells[1]), _count(cells[2]), _count(cells[3]))
    if line.within_60_s > line.calls:
        raise ValueError(_("more calls reached a person in time than there were calls."))
    if line.month > month_of(time_source.now()):
        raise ValueError(_("the month has not begun yet."))
    return line


def as_month(cell: str) -> date:
    try:
        return date.fromisoformat(f"{cell}-01")
    except ValueError:
        raise ValueError(_("“%(cell)s” is not a month. Write it like 2026-10.") % {"cell": cell[:40]}) from None


def _count(cell: str) -> int:
    bare = cell.replace(".", "").replace(" ", "")
    if not (bare.isascii() and bare.isdecimal()) or int(bare) > MOST_CALLS:
        raise ValueError(_("“%(cell)s” is not a whole number.") % {"cell": cell[:40]})
    return int(bare)
