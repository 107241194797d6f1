"""Rows of the export, read and checked one by one."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tickets.servicenow.mapping import Mapping
from tickets.sla.priority import LEVELS, PRIORITIES

ZONE = ZoneInfo("Europe/Copenhagen")
UNKNOWN = "?"
COLUMNS = (
    "number", "incident_state", "active", "reassignment_count", "reopen_count", "sys_mod_count", "made_sla",
    "caller_id", "opened_by", "opened_at", "sys_created_by", "sys_created_at", "sys_updated_by", "sys_updated_at",
    "contact_type", "location", "category", "subcategory", "u_symptom", "cmdb_ci", "impact", "urgency", "priority",
    "assignment_group", "assigned_to", "knowledge", "u_priority_confirmation", "notify", "problem_id", "rfc",
    "vendor", "caused_by", "closed_code", "resolved_by", "resolved_at", "closed_at",
)  # fmt: skip


class BadExport(Exception):
    """This is no such export at all; the message says why."""


class BadRow(Exception):
    """One row cannot be used; the message is the reason."""


class Problem(NamedTuple):
    """A row that was not used, with its line in the file (the header is line 1) and the reason."""

    line: int
    number: str
    reason: str


@dataclass(frozen=True)
class Row:
    """One update of one incident. Instants in UTC; an unknown text is empty, an unknown level None."""

    line: int
    number: str
    status: str
    count: int
    opened_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    impact: int | None
    urgency: int | None
    priority: int | None
    texts: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.texts[column]


def read_export(lines: Iterable[str], mapping: Mapping) -> Iterator[Row | Problem]:
    """Each row of the file as a Row or as the Problem that it is. Raises BadExport without the expected header."""
    reader = csv.reader(lines)
    header = next(reader, [])
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise BadExport(f"The first line of the file lacks the columns {', '.join(missing)}.")
    for cells in reader:
        try:
            yield _read(reader.line_num, header, cells, mapping)
        except BadRow as error:
            yield Problem(reader.line_num, cells[0] if cells else "", str(error))


def _read(line: int, header: list[str], cells: list[str], mapping: Mapping) -> Row:
    if len(cells) != len(header):
        raise BadRow(f"{len(cells)} columns instead of {len(header)}")
    texts = {name: "" if cell.strip() == UNKNOWN else cell.strip() for name, cell in zip(header, cells, strict=True)}
    if not texts["number"]:
        raise BadRow("no number")
    if texts["incident_state"] not in mapping.states:
        raise BadRow(f"unknown state {texts['incident_state'] or UNKNOWN}")
    row = Row(
        line=line,
        number=texts["number"],
        status=mapping.states[texts["incident_state"]],
        count=_count(texts),
        opened_at=_instant(texts, "opened_at"),
        updated_at=_instant(texts, "sys_updated_at"),
        resolved_at=_instant(texts, "resolved_at", needed=False),
        closed_at=_instant(texts, "closed_at", needed=False),
        impact=_level(texts, "impact", LEVELS),
        urgency=_level(texts, "urgency", LEVELS),
        priority=_level(texts, "priority", PRIORITIES),
        texts=texts,
    )
    _check_dates(row)
    return row


def _count(texts) -> int:
    if not texts["sys_mod_count"].isdecimal():
        raise BadRow(f"sys_mod_count {texts['sys_mod_count'] or UNKNOWN} is no number")
    return int(texts["sys_mod_count"])


def _level(texts, name, allowed) -> int | None:
    """ "2 - Medium" is 2."""
    if not texts[name]:
        return None
    digits = texts[name].split("-")[0].strip()
    if not digits.isdecimal() or int(digits) not in allowed:
        raise BadRow(f"unknown {name} {texts[name]}")
    return int(digits)


def _instant(texts, name, *, needed=True):
    """Local time, day first. Of an hour that comes twice in October the first is meant."""
    text = texts[name]
    if not text and not needed:
        return None
    plain = text.replace("/", "-")
    for form in ("%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M:%S"):
        try:
            local = datetime.strptime(plain, form).replace(tzinfo=ZONE)
        except ValueError:
            continue
        instant = local.astimezone(UTC)
        if instant.astimezone(ZONE).replace(tzinfo=None) != local.replace(tzinfo=None):
            raise BadRow(f"{name} {text} does not exist: summer time began")
        return instant
    raise BadRow(f"{name} {text or UNKNOWN} is no time")


def _check_dates(row: Row) -> None:
    if row.updated_at < row.opened_at:
        raise BadRow(f"updated {row['sys_updated_at']}, before it was opened {row['opened_at']}")
    if row.resolved_at and row.resolved_at < row.opened_at:
        raise BadRow(f"resolved {row['resolved_at']}, before it was opened {row['opened_at']}")
    if row.closed_at and row.closed_at < (row.resolved_at or row.opened_at):
        raise BadRow(f"closed {row['closed_at']}, before it was resolved or opened")
