"""The queues an agent works: which tickets come next."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q

from tickets.models import Ticket
from tickets.querysets import TicketQuerySet

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row shown: the next page begins after it, however many tickets came or went meanwhile."""

    at: datetime
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
        return f"{int(self.at.timestamp())}-{self.pk}"

    def rows_after(self) -> Q:
        # The first condition lets the index begin at the right place; the second decides among equals.
        return Q(next_due_at__gte=self.at) & (Q(next_due_at__gt=self.at) | Q(pk__gt=self.pk))

    def rows_before(self) -> Q:
        return Q(next_due_at__lte=self.at) & (Q(next_due_at__lt=self.at) | Q(pk__lt=self.pk))

    def rows_below(self) -> Q:
        """After the place, in a list of the newest first."""
        return Q(received_at__lte=self.at) & (Q(received_at__lt=self.at) | Q(pk__lt=self.pk))


def next_due(tickets: TicketQuerySet, *, queues, after: Cursor | None = None, size: int = PAGE_SIZE) -> TicketQuerySet:
    """Up to `size` + 1 active tickets of these queues, the one due first on top; one too many tells of a next page."""
    wanted = tickets if after is None else tickets.filter(after.rows_after())
    return _tops(wanted.by_next_due(), queues=queues, most=size + 1)


def following(tickets: TicketQuerySet, *, queues, place: Cursor) -> Ticket | None:
    """The ticket that comes after a place in a view; None at its end."""
    return _tops(tickets.filter(place.rows_after()).by_next_due(), queues=queues, most=1).first()


def preceding(tickets: TicketQuerySet, *, queues, place: Cursor) -> Ticket | None:
    return _tops(tickets.filter(place.rows_before()).by_next_due().reverse(), queues=queues, most=1).first()


def _tops(ordered, *, queues, most):
    """Each queue gives its own first rows straight from its index and only those are sorted together: the work grows
    with the page, not with the desk.
    """
    tops = [ordered.active().filter(queue_id=queue).values("pk")[:most] for queue in sorted(queues)]
    if not tops:
        return Ticket.objects.none()
    found = Ticket.objects.filter(pk__in=tops[0].union(*tops[1:], all=True)).by_next_due()
    return found[:most] if ordered.query.standard_ordering else found.reverse()[:most]
