"""The desk that is measured: the sample desk, its tickets and clocks copied by the database until there are enough."""

import contextlib

from django.core.management import call_command
from django.db import connections

from tests.bench.database import connect_as
from tickets.models import Clock, Ticket
from tickets.status import ACTIVE

TOLD = 5000
CHUNK = 100_000
EMPLOYEES = 3000
UNTIL = "2026-11-25T12:00:00+01:00"


# So that one queue has a page of 50 at the smallest size already: every other open ticket lies in the largest.
CROWD = """
WITH active AS (SELECT id, queue_id FROM tickets_ticket WHERE status = ANY (%s))
UPDATE tickets_ticket SET queue_id = (SELECT queue_id FROM active GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)
WHERE id IN (SELECT id FROM active WHERE id %% 2 = 0)
"""


def load_sample():
    connect_as("owner")
    call_command("sample_data", tickets=TOLD, employees=EMPLOYEES, until=UNTIL, verbosity=0)
    execute(CROWD, [[str(status) for status in ACTIVE]])
    connect_as("app")


def grow(size):
    """Copy whole blocks of the told tickets until the desk has `size`, then gather statistics as autovacuum would."""
    present = execute("SELECT count(*) FROM tickets_ticket")
    with without_indexes_and_foreign_keys(Ticket, Clock):
        for first in range(present // TOLD, size // TOLD, CHUNK // TOLD):
            _copy(first, min(first + CHUNK // TOLD, size // TOLD) - 1)
    for statement in ("VACUUM ANALYZE tickets_ticket", "VACUUM ANALYZE tickets_clock"):
        execute(statement)


FOREIGN_KEYS = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
    format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY (%s::regclass[]) AND conparentid = 0
"""
INDEXES = """
SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY (%s::regclass[])
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
"""


@contextlib.contextmanager
def without_indexes_and_foreign_keys(*models):
    """Copies agree with their originals, so they are checked and indexed once, at the end."""
    tables = [[model._meta.db_table for model in models]]
    with connections["owner"].cursor() as cursor:
        pairs = [pair for query in (FOREIGN_KEYS, INDEXES) for pair in _rows(cursor, query, tables)]
        for away, _again in pairs:
            cursor.execute(away)
        cursor.execute("ALTER TABLE tickets_ticket DISABLE TRIGGER words_came")  # a copy has its original's words
        yield
        cursor.execute("ALTER TABLE tickets_ticket ENABLE TRIGGER words_came")
        for _away, again in reversed(pairs):
            cursor.execute(again)


def _rows(cursor, query, parameters):
    cursor.execute(query, parameters)
    return cursor.fetchall()


def _copy(first, last):
    told = f"BETWEEN (SELECT min(id) FROM tickets_ticket) AND (SELECT min(id) FROM tickets_ticket) + {TOLD - 1}"
    moved = f"copy * {TOLD}"
    copies = f"generate_series({first}, {last}) AS copy"
    ticket = {
        "id": f"old.id + {moved}", "number": "nextval('ticket_number')", "external_id": "''", "source": "''",
        "next_due_at": "old.next_due_at + copy * interval '1 minute'", "words": "old.words",
    }  # fmt: skip
    clock = {"id": "nextval('tickets_clock_id_seq')", "ticket_id": f"old.ticket_id + {moved}"}
    execute(_copying(Ticket, ticket, copies, f"old.id {told}"))
    execute(_copying(Clock, clock, copies, f"old.ticket_id {told}"))
    execute("SELECT setval('tickets_ticket_id_seq', (SELECT max(id) FROM tickets_ticket))")


def _copying(model, changed, copies, told):
    table = model._meta.db_table
    columns = list(dict.fromkeys([field.column for field in model._meta.concrete_fields] + list(changed)))
    values = ", ".join(changed.get(column, f"old.{column}") for column in columns)
    return (
        f"INSERT INTO {table} ({', '.join(columns)})"
        f" SELECT {values} FROM {table} AS old CROSS JOIN {copies} WHERE {told}"
    )


def execute(statement, parameters=None):
    """As the owner. Returns the first value of the answer, if there is one."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()[0] if cursor.description else None
