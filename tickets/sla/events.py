"""The events of a ticket that the clocks listen to, read and checked one by one.

| kind | fields | meaning for the clocks |
|---|---|---|
| created | priority, queue, channel, state, agreement | clocks start; by phone or at the desk the reply is immediate |
| public_reply | | a person of the desk answered |
| auto_reply, internal_note | | nothing |
| requester_reply | | ends waiting_requester |
| state | to | may pause or resume |
| priority | to | another target, perhaps another calendar |
| queue | to | another team's clock |
| policy | to | another agreement (the service changed) |
| vendor_handover, vendor_return | vendor | the vendor's clock |
| resolved | cancelled_by | solved or closed; "requester" when the requester withdrew it |
| reopened | | the work goes on |
| merged | into | the ticket goes on elsewhere |
| void | clock, reason, subject, cycle | a slip of the hand is put right: that clock no longer counts |

A void without `cycle` or `subject` (queue or vendor) means the latest clock of that kind.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tickets.sla.errors import SlaError
from tickets.sla.instants import to_seconds
from tickets.sla.priority import check_priority
from tickets.sla.states import KINDS, NEW, TICKET_STATES

# Where the requester talks to a person, the first reply is given at once.
DIRECT_CHANNELS = ("phone", "desk")
CANCELLERS = (None, "requester", "desk")


class Event(NamedTuple):
    """`at` in UTC seconds since 1970; `data` holds the checked fields of the table above."""

    kind: str
    at: int
    data: dict[str, Any]


def read_event(kind: Any, at: Any, data: Mapping[str, Any]) -> Event:
    """Check one event; `at` is an aware datetime or ISO text. Raises BAD_EVENT, BAD_PRIORITY, BAD_TIME, NAIVE_TIME."""
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise SlaError("BAD_EVENT", value=kind)
    return Event(kind, to_seconds(at), read(data))


def read_events(rows: Any) -> list[Event]:
    """Check a list of plain dicts with `type`, `at` and the fields of their kind (a golden file, an API)."""
    if rows is not None and not isinstance(rows, list | tuple):
        raise SlaError("BAD_EVENT", value=rows)
    return [_read_row(row) for row in rows or ()]


def check_order(events: Iterable[Event]) -> None:
    """Raises BAD_ORDER unless the ticket's creation comes first, once, and no event lies before the one ahead of it."""
    previous = None
    for event in events:
        if previous is None and event.kind != "created":
            raise SlaError("BAD_ORDER", reason="first", value=event.kind)
        if previous is not None and event.kind == "created":
            raise SlaError("BAD_ORDER", reason="created", value=event.kind)
        if previous is not None and event.at < previous:
            raise SlaError("BAD_ORDER", reason="time", value=event.kind)
        previous = event.at
    if previous is None:
        raise SlaError("BAD_ORDER", reason="first")


def _read_row(row):
    if not isinstance(row, Mapping):
        raise SlaError("BAD_EVENT", value=row)
    return read_event(row.get("type"), row.get("at"), row)


def _nothing(data):
    return {}


def _created(data):
    return {
        "priority": check_priority(data.get("priority")),
        "queue": _text(data, "queue", needed=False),
        "channel": _text(data, "channel", needed=False),
        "state": NEW if data.get("state") is None else _ticket_state(data["state"]),
        "agreement": _text(data, "agreement", "policy", needed=False),
    }


def _to_state(data):
    return {"to": _ticket_state(_text(data, "to"))}


def _to_priority(data):
    return {"to": check_priority(data.get("to"))}


def _to_text(data):
    return {"to": _text(data, "to")}


def _vendor(data):
    return {"vendor": _text(data, "vendor")}


def _resolved(data):
    canceller = data.get("cancelled_by")
    if canceller not in CANCELLERS:
        raise SlaError("BAD_EVENT", value=canceller)
    return {"cancelled_by": canceller}


def _merged(data):
    return {"into": _text(data, "into")}


def _void(data):
    kind = _text(data, "clock", "timer")
    cycle = data.get("cycle")
    if kind not in KINDS:
        raise SlaError("BAD_EVENT", reason="clock", value=kind)
    if cycle is not None and type(cycle) is not int:
        raise SlaError("BAD_EVENT", reason="clock", value=cycle)
    subject = _text(data, "subject", "queue", "vendor", needed=False)
    return {"clock": kind, "subject": subject, "cycle": cycle, "reason": _text(data, "reason")}


def _text(data, *names, needed=True):
    """The first of the named fields that is filled in; several names where a golden file calls it otherwise."""
    value = next((data[name] for name in names if data.get(name) is not None), None)
    if value is None and not needed:
        return None
    if not isinstance(value, str) or not value.strip():
        raise SlaError("BAD_EVENT", reason="missing", value=names[0])
    return value


def _ticket_state(value):
    if value not in TICKET_STATES:
        raise SlaError("BAD_EVENT", reason="state", value=value)
    return value


_READERS = {
    "created": _created,
    "public_reply": _nothing,
    "auto_reply": _nothing,
    "internal_note": _nothing,
    "requester_reply": _nothing,
    "state": _to_state,
    "priority": _to_priority,
    "queue": _to_text,
    "policy": _to_text,
    "vendor_handover": _vendor,
    "vendor_return": _vendor,
    "resolved": _resolved,
    "reopened": _nothing,
    "merged": _merged,
    "void": _void,
}
KINDS_OF_EVENT = tuple(_READERS)
