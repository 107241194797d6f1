"""A ticket's conversation: what was written, and as quiet lines between what happened."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

from django.utils.translation import gettext as _

from servicecenter.ui.formats import duration
from servicecenter.ui.looks import PRIORITIES
from tickets.models import Message, Queue, Ticket
from tickets.sla.display import clock_name
from tickets.status import Status

# Events that a message of the thread already shows, or that mean nothing to a reader.
SILENT = frozenset(Message.Kind.values) | {"policy", "vendor_return", "attachment"}
FOR_REQUESTER = frozenset({"assigned", "resolved", "reopened", "closed"})
ICONS = {
    "created": "plus",
    "assigned": "person",
    "queue": "folder",
    "priority": "flag",
    "state": "time",
    "time": "time",
    "resolved": "check",
    "closed": "check",
    "reopened": "refresh",
    "vendor_handover": "forward",
    "merged": "link",
    "merged_with": "link",
    "incident_linked": "link",
    "incident_unlinked": "link",
    "void": "close",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A message (with `body`) or a line of what happened (with `text`)."""

    at: datetime
    author: object = None
    kind: str = ""
    body: str = ""
    text: str = ""
    icon: str = "info"
    files: list = field(default_factory=list)
    message: int = 0
    place: float = 0

    @property
    def is_note(self):
        return self.kind == Message.Kind.INTERNAL_NOTE

    @property
    def is_from_desk(self):
        return self.kind in (Message.Kind.PUBLIC_REPLY, Message.Kind.AUTO_REPLY, Message.Kind.INTERNAL_NOTE)


def conversation(ticket, *, for_agent: bool, queues: Iterable[Queue] = ()) -> list[Entry]:
    """Oldest first. A requester sees no internal notes, and of the events only who has the ticket and how it ended.

    `queues` give the events' codes their names.
    """
    files = _files(ticket)
    events = list(ticket.events.select_related("actor").order_by("id"))
    # Within one second the events' order is what happened first; each message has its event.
    places = {event.data["message"]: event.pk for event in events if "message" in event.data}
    entries = [_opening(ticket, files)]
    entries += [_said(message, files, places) for message in _messages(ticket, for_agent)]
    entries += _happened(events, for_agent, {queue.code: queue.name for queue in queues})
    entries += _added(ticket, files)
    return sorted(entries, key=lambda entry: (entry.at, entry.place))


def _messages(ticket, for_agent):
    messages = ticket.messages.select_related("author")
    return messages if for_agent else messages.exclude(kind=Message.Kind.INTERNAL_NOTE)


def _files(ticket):
    files: dict = {}
    for attachment in ticket.attachments.select_related("uploaded_by"):
        files.setdefault(attachment.message_id, []).append(attachment)
    return files


def _opening(ticket, files):
    sent_along = [file for file in files.get(None, []) if file.at == ticket.received_at]
    return Entry(
        at=ticket.received_at,
        author=ticket.requester,
        kind=Message.Kind.REQUESTER_REPLY,
        body=ticket.description,
        files=sent_along,
    )


def _said(message, files, places):
    return Entry(
        at=message.at,
        author=message.author,
        kind=message.kind,
        body=message.body,
        files=files.get(message.pk, []),
        message=message.pk,
        place=places.get(message.pk, inf),
    )


def _added(ticket, files):
    for file in files.get(None, []):
        if file.at != ticket.received_at:
            text = _("%(name)s added a file") % {"name": file.uploaded_by.name}
            yield Entry(at=file.at, text=text, icon="attach-file", files=[file], place=inf)


def _happened(events, for_agent, queues):
    for event in events:
        if event.kind in SILENT or not (for_agent or event.kind in FOR_REQUESTER):
            continue
        text = told(event, queues)
        if text:
            yield Entry(at=event.at, text=text, icon=ICONS.get(event.kind, "info"), place=event.pk)


def told(event, queues) -> str:
    """The event in words; empty when a neighbouring line says the same."""
    tell = TELLERS.get(event.kind)
    name = event.actor.name if event.actor else _("The system")
    return tell(event, name, queues) if tell else ""


def _tell_created(event, name, queues):
    queue = queues.get(event.data.get("queue"), event.data.get("queue", ""))
    return _("Received with priority P%(priority)s in the queue %(queue)s") % {
        "priority": event.data.get("priority"),
        "queue": queue,
    }


def _tell_assigned(event, name, queues):
    to = event.data.get("name", "")
    if not to:
        return _("%(name)s put the ticket back in the queue") % {"name": name}
    if event.actor and event.data.get("to") == event.actor.pk:
        return _("%(name)s took the ticket") % {"name": name}
    return _("%(name)s assigned the ticket to %(to)s") % {"name": name, "to": to}


def _tell_queue(event, name, queues):
    to = event.data.get("to", "")
    return _("%(name)s moved the ticket to %(queue)s") % {"name": name, "queue": queues.get(to, to)}


def _tell_priority(event, name, queues):
    to = event.data.get("to")
    words = {"name": name, "priority": f"P{to} {PRIORITIES.get(to, '')}", "reason": event.data.get("reason", "")}
    return _("%(name)s set the priority to %(priority)s: %(reason)s") % words


def _tell_state(event, name, queues):
    to = event.data.get("to", "")
    if to not in Status.values:
        return ""
    return _("%(name)s set the status to “%(status)s”") % {"name": name, "status": Status(to).label}


def _tell_vendor(event, name, queues):
    return _("%(name)s handed the ticket to the vendor %(vendor)s") % {"name": name, "vendor": event.data.get("vendor")}


def _tell_resolved(event, name, queues):
    reason = event.data.get("reason")
    if reason in Ticket.CancelReason.values:
        words = {"name": name, "reason": Ticket.CancelReason(reason).label}
        return _("%(name)s cancelled the ticket: %(reason)s") % words
    return _("%(name)s solved the ticket") % {"name": name}


def _tell_reopened(event, name, queues):
    return _("%(name)s reopened the ticket") % {"name": name}


def _tell_closed(event, name, queues):
    return _("%(name)s closed the ticket") % {"name": name}


def _tell_merged(event, name, queues):
    words = {"name": name, "number": event.data.get("into", "")}
    return _("%(name)s merged the ticket into %(number)s. It goes on there.") % words


def _tell_merged_with(event, name, queues):
    return _("%(name)s merged ticket %(number)s into this one") % {"name": name, "number": event.data.get("number", "")}


def _tell_incident_linked(event, name, queues):
    return _("%(name)s linked the ticket to the major incident “%(title)s”") % {
        "name": name,
        "title": event.data["title"],
    }


def _tell_incident_unlinked(event, name, queues):
    words = {"name": name, "title": event.data["title"]}
    return _("%(name)s took the ticket away from the major incident “%(title)s”") % words


def _tell_void(event, name, queues):
    subject = event.data.get("subject", "")
    clock = clock_name(event.data.get("clock"), queues.get(subject, subject))
    words = {"name": name, "clock": clock, "reason": event.data.get("reason", "")}
    return _("%(name)s took the clock “%(clock)s” out of the count: %(reason)s") % words


def _tell_time(event, name, queues):
    return _("%(name)s registered %(span)s") % {"name": name, "span": duration(event.data.get("minutes", 0))}


def _tell_visit(event, name, queues):
    return _("%(name)s visited %(site)s") % {"name": name, "site": event.data.get("site", "")}


TELLERS = {
    "visit": _tell_visit,
    "created": _tell_created,
    "assigned": _tell_assigned,
    "queue": _tell_queue,
    "priority": _tell_priority,
    "state": _tell_state,
    "vendor_handover": _tell_vendor,
    "resolved": _tell_resolved,
    "reopened": _tell_reopened,
    "closed": _tell_closed,
    "time": _tell_time,
    "void": _tell_void,
    "incident_linked": _tell_incident_linked,
    "incident_unlinked": _tell_incident_unlinked,
    "merged": _tell_merged,
    "merged_with": _tell_merged_with,
}
