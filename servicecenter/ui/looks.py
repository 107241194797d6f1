"""What a state looks like: its tone (the tint), its icon and its words. Icon and words carry the meaning.

The keys are the words the desk itself uses for a ticket's status and a clock's state, so the ui names no other app.
"""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Look(NamedTuple):
    tone: str  # "", "ok", "warn", "err", "info"; "plain" is without tint
    icon: str  # a name in the dkfds sprite
    text: object  # lazily translated


UNKNOWN = Look("", "help", _("Unknown"))

# As the requester reads it.
REQUESTER_STATUSES = {
    "new": Look("", "time", _("Received")),
    "open": Look("info", "person", pgettext_lazy("ticket status", "In progress")),
    "waiting_requester": Look("warn", "reply", _("Waiting for your answer")),
    "waiting_planned": Look("", "calendar-month", pgettext_lazy("ticket status", "Agreed time")),
    "waiting_vendor": Look("", "hourglass", pgettext_lazy("ticket status", "Waiting for a vendor")),
    "waiting_third_party": Look("", "hourglass", pgettext_lazy("ticket status", "Waiting for others")),
    "resolved": Look("ok", "check", pgettext_lazy("ticket status", "Solved")),
    "closed": Look("", "check", pgettext_lazy("ticket status", "Closed")),
    "cancelled": Look("", "close", pgettext_lazy("ticket status", "Cancelled")),
    "merged": Look("", "link", _("Merged with another ticket")),
}

# As the agent reads it: only what calls for action carries a tint.
AGENT_STATUSES = {
    "new": Look("", "plus", pgettext_lazy("ticket status", "New")),
    "open": Look("plain", "time", pgettext_lazy("ticket status", "In progress")),
    "answered": Look("info", "reply", _("User has answered")),
    "waiting_requester": Look("plain", "hourglass", pgettext_lazy("ticket status", "Waiting for the user")),
    "waiting_planned": Look("plain", "calendar-month", pgettext_lazy("ticket status", "Agreed time")),
    "waiting_vendor": Look("plain", "hourglass", pgettext_lazy("ticket status", "Waiting for a vendor")),
    "waiting_third_party": Look("plain", "hourglass", pgettext_lazy("ticket status", "Waiting for others")),
    "resolved": Look("plain", "check", pgettext_lazy("ticket status", "Solved")),
    "closed": Look("plain", "check", pgettext_lazy("ticket status", "Closed")),
    "cancelled": Look("plain", "close", pgettext_lazy("ticket status", "Cancelled")),
    "merged": Look("plain", "link", pgettext_lazy("ticket status", "Merged")),
}

# The chip of the clock that is due first; "met" and "missed" are clocks that have been decided.
CLOCK_STATES = {
    "ok": Look("ok", "time", _("On time")),
    "warn": Look("warn", "warning", _("Due soon")),
    "err": Look("err", "error", _("Overdue")),
    "pause": Look("pause", "hourglass", pgettext_lazy("clock", "Paused")),
    "met": Look("met", "check", pgettext_lazy("clock", "Met")),
    "missed": Look("err", "error", pgettext_lazy("clock", "Missed")),
}

PRIORITIES = {
    1: pgettext_lazy("priority", "critical"),
    2: pgettext_lazy("priority", "high"),
    3: pgettext_lazy("priority", "normal"),
    4: pgettext_lazy("priority", "low"),
    5: pgettext_lazy("priority", "can wait"),
}

# Messages of django.contrib.messages by their level tag.
MESSAGE_LEVELS = {
    "debug": Look("info", "info", _("Note")),
    "info": Look("info", "info", _("Note")),
    "success": Look("success", "success", _("Done")),
    "warning": Look("warning", "warning", _("Note")),
    "error": Look("error", "error", _("Error")),
}
