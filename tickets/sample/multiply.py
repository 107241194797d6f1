"""Many tickets from few: the database copies the told stories with other people and other numbers."""

from django.db import connection

from municipalities.models import Person
from municipalities.sample.people import Community
from municipalities.sample.rows import draw_ids
from tickets.models import Clock, ClockEffect, Event, Message, Ticket, TimeEntry
from tickets.sample.load import Block

COPIED = (Ticket, Message, Event, TimeEntry, Clock, ClockEffect)
STEP = 7919  # a prime, so that the people of copy after copy differ


def multiply(block: Block, community: Community, *, copy: int) -> int:
    """Write copy number `copy` (1, 2, …) of all told tickets; the last copy may be a part. Returns its tickets."""
    count = min(len(block.tickets), block.wanted - copy * len(block.tickets))
    tickets, messages = draw_ids(Ticket, len(block.tickets)), draw_ids(Message, len(block.messages))
    numbers = {
        "first": block.tickets[0], "last": block.tickets[count - 1], "tickets": tickets[0] - block.tickets[0],
        "messages": messages[0] - block.messages[0], "copy": copy, "step": copy * STEP,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_copy_tickets(community), numbers)
        for model in COPIED[1:]:
            cursor.execute(_copy_children(model), numbers)
    return count


def _copy_tickets(community: Community) -> str:
    """People take turns within their municipality, whose rows of people are contiguous."""
    people = community.requesters
    turns = ", ".join(f"({place}, {rows[0].pk}, {len(rows)})" for place, rows in people.items())
    changed = {
        "id": "old.id + %(tickets)s", "number": "old.number + %(copy)s", "requester_id": "person.id",
        "site_id": "person.site_id", "department": "person.department",
    }  # fmt: skip
    columns, values = _columns(Ticket, changed)
    return (
        f"INSERT INTO {Ticket._meta.db_table} ({columns}) SELECT {values} FROM {Ticket._meta.db_table} AS old"  # noqa: S608
        f" JOIN (VALUES {turns}) AS turn (place, first, people) ON turn.place = old.municipality_id"
        f" JOIN {Person._meta.db_table} AS person ON person.municipality_id = old.municipality_id AND person.id ="
        " turn.first + ((old.requester_id - turn.first + %(step)s) %% turn.people + turn.people) %% turn.people"
        " WHERE old.id BETWEEN %(first)s AND %(last)s ORDER BY old.id"
    )


def _copy_children(model) -> str:
    changed = {"ticket_id": "old.ticket_id + %(tickets)s"}
    for column in ("author_id", "actor_id"):
        changed[column] = f"CASE WHEN old.{column} = before.requester_id THEN after.requester_id ELSE old.{column} END"
    changed["data"] = (
        "CASE WHEN old.data ? 'message' THEN"
        " old.data || jsonb_build_object('message', (old.data ->> 'message')::bigint + %(messages)s) ELSE old.data END"
    )
    if model is Message:
        changed["id"] = "old.id + %(messages)s"
    table = model._meta.db_table
    columns, values = _columns(model, changed)
    return (
        f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} AS old"  # noqa: S608
        f" JOIN {Ticket._meta.db_table} AS before ON before.id = old.ticket_id"
        f" JOIN {Ticket._meta.db_table} AS after ON after.id = old.ticket_id + %(tickets)s"
        " WHERE old.ticket_id BETWEEN %(first)s AND %(last)s ORDER BY old.id"
    )


def _columns(model, changed: dict[str, str]) -> tuple[str, str]:
    """Names and values of all columns; an id that is not given is drawn by the table itself."""
    names = [field.column for field in model._meta.concrete_fields if field.column != "id" or "id" in changed]
    return ", ".join(names), ", ".join(changed.get(name, f"old.{name}") for name in names)
