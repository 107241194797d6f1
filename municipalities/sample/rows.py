"""Rows in bulk: ids drawn beforehand, so that rows of several tables can name each other before they exist."""

from collections.abc import Iterable
from itertools import islice

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import JSONField
from psycopg2.extras import Json, execute_values

BATCH = 2000


def draw_ids(model, count: int) -> range:
    return draw(f"{model._meta.db_table}_id_seq", count)


def draw(sequence: str, count: int) -> range:
    """`count` numbers in a row. Raises RuntimeError when somebody else drew from the sequence at the same moment."""
    if not count:
        return range(0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(value), max(value) FROM (SELECT nextval(%s) AS value FROM generate_series(1, %s)) AS drawn",
            [sequence, count],
        )
        first, last = cursor.fetchone()
    if last - first + 1 != count:
        raise RuntimeError(f"Somebody else wrote meanwhile ({sequence}). Stop the other programs and start again.")
    return range(first, last + 1)


def write(model, rows: Iterable) -> int:
    """Insert the rows, all with an id or all without; returns how many.

    Plain statements instead of `bulk_create`, which works out each value anew and takes several times as long.
    """
    rows, total = iter(rows), 0
    while batch := list(islice(rows, BATCH)):
        _insert(model, batch)
        total += len(batch)
    return total


def _insert(model, batch: list) -> None:
    fields = [field for field in model._meta.concrete_fields if not (field.primary_key and batch[0].pk is None)]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    values = [tuple(_value(field, getattr(row, field.attname)) for field in fields) for row in batch]
    # An empty list tells PostgreSQL nothing of its type.
    template = (
        "(" + ", ".join(f"%s::{field.db_type(connection)}" if _is_list(field) else "%s" for field in fields) + ")"
    )
    with connection.cursor() as cursor:
        statement = f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({columns}) VALUES %s"  # noqa: S608
        execute_values(cursor.cursor, statement, values, template=template, page_size=BATCH)


def _value(field, value):
    return Json(value) if isinstance(field, JSONField) else value


def _is_list(field) -> bool:
    return isinstance(field, ArrayField)
