"""What the rows of one incident tell, as the events that the desk itself would have recorded.

The export holds states, not deeds: an event is made wherever two rows in their order differ. Nothing is invented; what
an agent wrote or the requester answered is not in the export, so no message comes of it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tickets.servicenow.export import Problem, Row
from tickets.servicenow.mapping import Mapping
from tickets.sla.priority import priority as computed_priority
from tickets.status import ACTIVE, Status


@dataclass(frozen=True)
class Step:
    """One event to be. `by` names who did it, in the words of the export; '' when it does not say."""

    kind: str
    at: datetime
    by: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass
class Incident:
    """An incident as it stands at its last row, with everything that led there."""

    rows: list[Row]
    municipality: str
    status: str = Status.NEW
    queue: str = ""
    assignee: str = ""
    priority: int = 0
    vendor: str = ""
    resolved_at: datetime | None = None
    first_resolved_at: datetime | None = None
    closed_at: datetime | None = None
    reopened_count: int = 0
    steps: list[Step] = field(default_factory=list)
    remarks: dict[str, int] = field(default_factory=dict)


def in_order(rows: Iterable[Row]) -> tuple[list[Row], list[Problem]]:
    """The rows of one incident (at least one) in the order of their updates, and those that contradict it.

    ServiceNow counts the updates, and time never goes back: of all rows the longest series is kept in which the count
    rises and the time does not fall. Every other row is reported.
    """
    wanted, problems = _opened_at_once(sorted(rows, key=lambda row: (row.count, row.line)))
    length = [1] * len(wanted)
    before: list[int | None] = [None] * len(wanted)
    for here, row in enumerate(wanted):
        for there, earlier in enumerate(wanted[:here]):
            if _may_follow(earlier, row) and length[there] + 1 > length[here]:
                length[here], before[here] = length[there] + 1, there
    place: int | None = length.index(max(length))
    kept: list[Row] = []
    while place is not None:
        kept.append(wanted[place])
        place = before[place]
    kept.reverse()
    used = {row.line for row in kept}
    return kept, problems + [_contradiction(row, kept) for row in wanted if row.line not in used]


def retell(rows: list[Row], mapping: Mapping) -> Incident:
    """`rows` of one incident, in order, at least one."""
    first = rows[0]
    known = next((row["location"] for row in rows if row["location"]), "")
    incident = Incident(rows, mapping.place(known).municipality)
    incident.queue, incident.priority = mapping.queue(first["assignment_group"]), _priority(first, mapping)
    channel = mapping.channel(first["contact_type"])
    created = {"priority": incident.priority, "queue": incident.queue, "state": str(Status.NEW), "channel": channel}
    incident.steps.append(Step("created", first.opened_at, first["opened_by"], created))
    for row in rows:
        _retell_row(incident, row, mapping)
    return incident


def _opened_at_once(rows: list[Row]) -> tuple[list[Row], list[Problem]]:
    """An incident is opened once: rows that tell another instant than most are reported."""
    opened = Counter(row.opened_at for row in rows).most_common(1)[0][0]
    problems = [
        Problem(row.line, row.number, f"opened {row['opened_at']}, but its other rows tell another time")
        for row in rows
        if row.opened_at != opened
    ]
    return [row for row in rows if row.opened_at == opened], problems


def _may_follow(earlier: Row, later: Row) -> bool:
    return earlier.count < later.count and earlier.updated_at <= later.updated_at


def _contradiction(row: Row, kept: list[Row]) -> Problem:
    twin = next((other for other in kept if other.count == row.count), None)
    if twin and twin.texts == row.texts:
        return Problem(row.line, row.number, f"the same as line {twin.line}")
    if twin:
        return Problem(row.line, row.number, f"update {row.count} is also told by line {twin.line}, with other content")
    when = row["sys_updated_at"]
    return Problem(row.line, row.number, f"update {row.count} at {when} does not fit between the updates around it")


def _retell_row(incident: Incident, row: Row, mapping: Mapping) -> None:
    """Changes of who and how urgent come before the change of status, which may end the work."""
    place = mapping.place(row["location"])
    if row["location"] and place.municipality != incident.municipality:
        _remark(incident, row, f"{row['location']} lies in another municipality; the first one counts")
    if incident.status == Status.CANCELLED:
        if row.status != Status.CANCELLED:
            _remark(incident, row, "changed after it was cancelled; it stays cancelled")
        return
    _reopen(incident, row)
    _move(incident, row, mapping)
    _assign(incident, row)
    _set_priority(incident, row, mapping)
    _change_status(incident, row, mapping)


def _remark(incident: Incident, row: Row, text: str) -> None:
    """Told once, with the first line that gave the reason."""
    incident.remarks.setdefault(text, row.line)


def _reopen(incident, row):
    if incident.status in (Status.RESOLVED, Status.CLOSED) and row.status in ACTIVE:
        incident.steps.append(_step(row, "reopened"))
        incident.status, incident.resolved_at, incident.closed_at = Status.OPEN, None, None
        incident.reopened_count += 1


def _move(incident, row, mapping):
    queue = mapping.queue(row["assignment_group"]) if row["assignment_group"] else incident.queue
    if queue != incident.queue:
        incident.steps.append(_step(row, "queue", old=incident.queue, to=queue))
        incident.queue = queue


def _assign(incident, row):
    agent = row["assigned_to"]
    if agent and agent != incident.assignee:
        incident.steps.append(_step(row, "assigned", old=incident.assignee, to=agent))
        incident.assignee = agent


def _set_priority(incident, row, mapping):
    priority = _priority(row, mapping)
    if priority != incident.priority:
        incident.steps.append(_step(row, "priority", old=incident.priority, to=priority, reason=""))
        incident.priority = priority


def _change_status(incident, row, mapping):
    status = row.status
    if status == Status.NEW and incident.status != Status.NEW:
        status = Status.OPEN  # nothing becomes new again
    if status == incident.status:
        return
    if status in ACTIVE:
        _wait_or_work(incident, row, status, mapping)
    elif status == Status.CANCELLED:
        _end(incident, row, cancelled_by="desk", reason="withdrawn")
        incident.status = Status.CANCELLED
    else:
        _solve_and_close(incident, row, status)


def _wait_or_work(incident, row, status, mapping):
    if incident.vendor:
        incident.steps.append(_step(row, "vendor_return", vendor=incident.vendor))
        incident.vendor = ""
    incident.steps.append(_step(row, "state", old=str(incident.status), to=str(status)))
    vendor = mapping.defaults.get("vendor", "")
    if status == Status.WAITING_VENDOR and vendor:
        incident.steps.append(_step(row, "vendor_handover", vendor=vendor))
        incident.vendor = vendor
    incident.status = status


def _solve_and_close(incident, row, status):
    if incident.status in ACTIVE:
        _end(incident, row)
        incident.first_resolved_at = incident.first_resolved_at or row.updated_at
    if status == Status.CLOSED:
        incident.steps.append(_step(row, "closed"))
        incident.closed_at = row.updated_at
    # A closed incident told as resolved once more stays closed.
    if incident.status != Status.CLOSED:
        incident.status = status


def _end(incident, row, **data):
    incident.steps.append(_step(row, "resolved", **data))
    incident.resolved_at, incident.vendor = row.updated_at, ""


def _step(row: Row, kind: str, **data) -> Step:
    return Step(kind, row.updated_at, row["sys_updated_by"], data)


def _priority(row: Row, mapping: Mapping) -> int:
    if row.priority:
        return row.priority
    return computed_priority(row.impact or mapping.defaults["impact"], row.urgency or mapping.defaults["urgency"])
