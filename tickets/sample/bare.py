"""Tables without their foreign keys and most indexes while very many rows come in.

Row by row the checks would take most of the time; made again afterwards they check all rows at once. All of it happens
in the caller's transaction, so whatever stops it, the tables are as they were. Only the owner of the tables may do it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from django.db import connection

_FOREIGN_KEYS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY (%s::regclass[]) ORDER BY conname
"""
# What enforces uniqueness stays where a foreign key needs it, and so do partial indexes: few rows, and PostgreSQL would
# write their conditions in other words.
_UNIQUE = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
FROM pg_constraint AS this WHERE contype = 'u' AND conrelid = ANY (%s::regclass[])
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND conindid = this.conindid) ORDER BY conname
"""
_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY (%s::regclass[]) AND NOT indisunique AND indpred IS NULL ORDER BY indexrelid
"""


@contextmanager
def bare(
    *models, without: Iterable[tuple[str, str]] = (), say: Callable[[str], None] = lambda line: None
) -> Iterator[None]:
    """Within a transaction that has not written to these tables yet. `without` names (table, trigger) that sleep."""
    tables = [model._meta.db_table for model in models]
    with connection.cursor() as cursor:
        keys, unique, indexes = (_found(cursor, query, tables) for query in (_FOREIGN_KEYS, _UNIQUE, _INDEXES))
        for table, name, _definition in keys + unique:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
        for table, trigger in without:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        yield
        for table, trigger in without:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        for _name, definition in indexes:
            cursor.execute(definition)
        _add(cursor, unique)
        say(f"{len(indexes) + len(unique)} indexes made again")
        for table in tables:  # or the planner takes them for small, and checks row by row
            cursor.execute(f"ANALYZE {table}")
        _add(cursor, keys)
        say(f"{len(keys)} foreign keys checked and put on again")


def may_be_bared(model) -> bool:
    """Does the role of this connection own the table?"""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table]
        )
        return cursor.fetchone()[0]


def _found(cursor, query: str, tables: list[str]) -> list[tuple]:
    cursor.execute(query, [tables])
    return cursor.fetchall()


def _add(cursor, constraints: list[tuple]) -> None:
    for table, name, definition in constraints:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
