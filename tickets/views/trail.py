"""The view an agent came from, carried along in the address: its next ticket is one key away, also after a verb.

The place is where the ticket stood when the view was left. What happens to it meanwhile may move it far down the list,
but next is still what came next there.
"""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.core.validators import slug_re
from django.urls import reverse
from django.utils.translation import gettext as _

from tickets.workload import Cursor

NARROWING = ("status", "priority", "municipality", "assignee", "q")


@dataclass(frozen=True, slots=True)
class Trail:
    """`queue` is its code, or empty for all; `place` the ticket's in that view, or None when it was opened directly."""

    queue: str
    filters: tuple[tuple[str, str], ...]
    place: Cursor | None = None

    @classmethod
    def of(cls, parameters, *, queue: str = "") -> "Trail":
        """Read an address; what makes no sense in it is left out."""
        queue = queue or parameters.get("queue", "")
        filters = tuple((name, parameters[name]) for name in NARROWING if parameters.get(name))
        return cls(queue if slug_re.match(queue) else "", filters, Cursor.parse(parameters.get("place", "")))

    def at(self, ticket) -> "Trail":
        return replace(self, place=Cursor.of(ticket))

    @property
    def address(self) -> str:
        """Of the view itself."""
        path = reverse("tickets:queue", args=[self.queue]) if self.queue else reverse("tickets:console")
        return f"{path}?{urlencode(self.filters)}" if self.filters else path

    def name(self, queues) -> str:
        """Of the view, in words; `queues` give the queue's code its name."""
        if words := dict(self.filters).get("q"):
            return _("Search: %(words)s") % {"words": words}
        named = next((queue.name for queue in queues if queue.code == self.queue), "")
        views = {"me": _("Assigned to me"), "none": _("Not assigned")}
        return named or views.get(dict(self.filters).get("assignee", ""), _("All my queues"))

    def __str__(self):
        """The end of an address, with its question mark; empty when there is nothing to carry."""
        carried = [("queue", self.queue), *self.filters, ("place", str(self.place or ""))]
        query = urlencode([(name, value) for name, value in carried if value])
        return f"?{query}" if query else ""
