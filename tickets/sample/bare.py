"""Tables without their foreign keys and most indexes while very many rows come in.

Row by row the checks would take most of the time; made again afterwards they check all rows at once. All of it happens
in the caller's transaction, so whatever stops it, the tables are as they were. Only the owner of the tables may do it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_FOREIGN_KEYS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY (%s::regclass[]) ORDER BY conname
"""
# What enforces uniqueness stays, what finds the rows of a ticket, and partial indexes: few rows, and PostgreSQL would
# write their conditions in other words.
_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
WHERE indrelid = ANY (%s::regclass[]) AND NOT indisunique AND indpred IS NULL
    AND attname <> 'ticket_id' ORDER BY indexrelid
"""


@contextmanager
def bare(*models) -> Iterator[None]:
    """Within a transaction that has not written to these tables yet."""
    tables = [model._meta.db_table for model in models]
    with connection.cursor() as cursor:
        cursor.execute(_FOREIGN_KEYS, [tables])
        keys = cursor.fetchall()
        cursor.execute(_INDEXES, [tables])
        indexes = cursor.fetchall()
        for table, name, _definition in keys:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        for _name, definition in indexes:
            cursor.execute(definition)
        for table, name, definition in keys:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def may_be_bared(model) -> bool:
    """Does the role of this connection own the table?"""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table]
        )
        return cursor.fetchone()[0]
