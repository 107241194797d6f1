"""Rows in bulk: ids drawn beforehand, so that rows of several tables can name each other before they exist."""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db import connection

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
    """Insert the rows in batches; returns how many."""
    rows, total = iter(rows), 0
    for batch in _batches(rows):
        total += len(model.objects.bulk_create(batch))
    return total


def _batches(rows: Iterator) -> Iterator[list]:
    while batch := list(islice(rows, BATCH)):
        yield batch
