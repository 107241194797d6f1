"""Filing through the verb, against the bare writes."""

import time

from django.db import connection, connections
from django.utils import timezone

from municipalities.models import Person
from servicecenter.tenancy.scope import tenant_scope
from tests.bench.measured import Measured, milliseconds
from tickets import lifecycle
from tickets.models import Category

FILED = 300


def filing():
    """A ticket through its verb, with its event and its clocks, against the same rows written by bare INSERTs."""
    person = Person.objects.using("owner").filter(groups__name__startswith="requester@").order_by("pk").first()
    with tenant_scope(person.municipality_id):
        person, category = Person.objects.get(pk=person.pk), Category.objects.order_by("pk").first()
    ours, filed = [], []
    for number in range(FILED):
        start = time.perf_counter()
        with tenant_scope(person.municipality_id):
            ticket = lifecycle.file(
                requester=person, subject=f"Printeren {number}", description="Den blinker rødt.", category=category,
                impact=3, urgency=2, at=timezone.now(),
            )  # fmt: skip
        ours.append(time.perf_counter() - start)
        filed.append(ticket.pk)
    bare = [_file_bare(rows, person) for rows in map(_rows_of, filed)]
    return [Measured("filing a ticket: ticket, event and clocks", milliseconds(ours), milliseconds(bare))]


def _rows_of(ticket):
    with connections["owner"].cursor() as cursor:
        return {
            table: _read(cursor, f"SELECT * FROM {table} WHERE {key} = %s", ticket)
            for table, key in (("tickets_ticket", "id"), ("tickets_event", "ticket_id"), ("tickets_clock", "ticket_id"))
        }


def _read(cursor, statement, ticket):
    cursor.execute(statement, [ticket])
    names = [column.name for column in cursor.description]
    left_out = {"id", "number", "words"}  # what the database writes itself
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [{name: value for name, value in row.items() if name not in left_out} for row in rows]


def _file_bare(rows, person):
    statements = {table: _insert(table, of_table[0]) for table, of_table in rows.items()}
    start = time.perf_counter()
    with tenant_scope(person.municipality_id), connection.cursor() as cursor:
        cursor.execute(statements["tickets_ticket"] + " RETURNING id", rows["tickets_ticket"][0])
        ticket = cursor.fetchone()[0]
        for table in ("tickets_event", "tickets_clock"):
            for row in rows[table]:
                cursor.execute(statements[table], row | {"ticket_id": ticket})
    return time.perf_counter() - start


def _insert(table, row):
    names, values = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    return f"INSERT INTO {table} ({names}) VALUES ({values})"
