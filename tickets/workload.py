"""The queues an agent works: which tickets come next."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q, QuerySet

from tickets.models import Ticket

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row shown: the next page begins after it, however many tickets came or went meanwhile."""

    due_at: datetime
    pk: int

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """Read `<seconds>-<id>` from an address; None when it makes no sense, which means the first page."""
        seconds, _, pk = text.partition("-")
        if not (seconds.isascii() and pk.isascii() and seconds.isdecimal() and pk.isdecimal()):
            return None
        try:
            return cls(datetime.fromtimestamp(int(seconds), UTC), int(pk))
        except (ValueError, OverflowError, OSError):
            return None

    @classmethod
    def of(cls, ticket) -> "Cursor":
        return cls(ticket.next_due_at, ticket.pk)

    def __str__(self):
        return f"{int(self.due_at.timestamp())}-{self.pk}"

    def rows_after(self) -> Q:
        # The first condition lets the index begin at the right place; the second decides among equals.
        return Q(next_due_at__gte=self.due_at) & (Q(next_due_at__gt=self.due_at) | Q(pk__gt=self.pk))


def next_due(tickets: QuerySet, *, queues, after: Cursor | None = None, size: int = PAGE_SIZE) -> QuerySet:
    """Up to `size` + 1 active tickets of these queues, the one due first on top; one too many tells of a next page.

    Each queue gives its own first rows straight from its index and only those are sorted together: the work grows with
    the page, not with the desk.
    """
    tickets = tickets.active() if after is None else tickets.active().filter(after.rows_after())
    tops = [tickets.filter(queue_id=queue).by_next_due().values("pk")[: size + 1] for queue in sorted(queues)]
    if not tops:
        return Ticket.objects.none()
    return Ticket.objects.filter(pk__in=tops[0].union(*tops[1:], all=True)).by_next_due()[: size + 1]
