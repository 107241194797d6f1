"""Search by words in all tickets an agent works, ended ones too, newest first; and in those a requester may read.

A ticket is found by its own texts and by what was written on it: by replies and answers for both sides, by internal
notes for the desk alone (migration 0016 keeps the words of each ticket together, weighted by who may read them). Danish
words are found in all their forms and by their beginnings ("printer" finds "printerproblem"), for an agent the
requester too, by the beginnings of the names. The database does an agent's search in one function of its own
(`find_tickets`, migration 0008), because row-level security keeps an index of words from being used; the tickets
themselves are read under it as ever.
"""

import re

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from municipalities.models import Municipality
from servicecenter.tenancy.grants import granted_ids
from tickets.models import Ticket
from tickets.querysets import TicketQuerySet
from tickets.workload import PAGE_SIZE, Cursor

MOST_WORDS = 8
WORD = re.compile(r"[^\W_]+")
FOR_REQUESTERS = "AB"  # weights of the ticket's own texts and of what both sides wrote; notes have D
_FIND = (
    "SELECT find_tickets(to_tsquery('danish', %s), %s::text[], %s::bigint[], %s::bigint[], %s, %s, %s::int, %s::bigint,"
    " %s, %s::timestamptz, %s::bigint, %s)"
)


def found(
    text: str, *, by, queues, status=None, is_answered=False, priority=None, places=None, assignee=None, is_free=False,
    after: Cursor | None = None, size: int = PAGE_SIZE,
) -> TicketQuerySet:  # fmt: skip
    """Up to `size` + 1 tickets that hold every word, or whose requester's name does; one too many tells of a next page.

    `places` are ids of municipalities; those that `by` does not work are left out.
    """
    words = WORD.findall(text)[:MOST_WORDS]
    worked = granted_ids(by, Municipality, "work_tickets")
    places = worked if places is None else worked & set(places)
    ids = RawSQL(  # noqa: S611  every value is a parameter
        _FIND,
        [
            " & ".join(f"'{word}':*" for word in words), [rf"\m{word}" for word in words], sorted(places),
            sorted(queues), status, is_answered, priority, assignee.pk if assignee else None, is_free,
            after and after.at, after and after.pk, size + 1,
        ],
    )  # fmt: skip
    return Ticket.objects.workable_by(by).filter(pk__in=ids).order_by("-received_at", "-pk")[: size + 1]


def found_by_requester(text: str, *, by) -> TicketQuerySet:
    """The tickets that `by` follows as an employee and that hold every word where an employee may read it."""
    words = WORD.findall(text)[:MOST_WORDS]
    if not words:
        return Ticket.objects.none()
    query = " & ".join(f"'{word}':*{FOR_REQUESTERS}" for word in words)
    holds = RawSQL("tickets_ticket.words @@ to_tsquery('danish', %s)", [query], output_field=BooleanField())
    return Ticket.objects.visible_to(by).alias(holds=holds).filter(holds=True)


def place_of(ticket) -> Cursor:
    return Cursor(ticket.received_at, ticket.pk)
