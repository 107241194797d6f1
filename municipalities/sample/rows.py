"""Rows in bulk: ids drawn beforehand, so that rows of several tables can name each other before they exist."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from django.db import connection

BATCH = 2000


def draw_ids(model, count: int) -> Sequence[int]:
    """`count` ids of the model's own sequence, ascending."""
    return draw(connection.ops.quote_name(f"{model._meta.db_table}_id_seq"), count)


def draw(sequence: str, count: int) -> Sequence[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [sequence, count])
        return [value for (value,) in cursor.fetchall()]


def write(model, rows: Iterable) -> int:
    """Insert the rows in batches; returns how many."""
    rows, total = iter(rows), 0
    for batch in _batches(rows):
        total += len(model.objects.bulk_create(batch))
    return total


def _batches(rows: Iterator) -> Iterator[list]:
    while batch := list(islice(rows, BATCH)):
        yield batch
