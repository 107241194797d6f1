"""Rows of clocks and effects by the thousand: one statement each, the values in a single JSON text.

The database reads the types from the table itself. Beside `bulk_create`, which works out and quotes each value on its
own, this takes a fraction of the time; and it needs no temporary table, which the roles of web and worker may not make.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from tickets.models import Clock, ClockEffect, Ticket
from tickets.sla.keeping import CHANGING

KEY = ["municipality_id", "ticket_id", "kind", "cycle"]
EFFECT = [*KEY, "percent", "at", "found_at"]


def write_clocks(rows: Iterable[tuple]) -> None:
    """Each row: municipality, ticket, kind, cycle and the values of CHANGING. What is there already is changed."""
    changes = ", ".join(f"{column} = excluded.{column}" for column in CHANGING)
    _insert(Clock, [*KEY, *CHANGING], rows, f"(ticket_id, kind, cycle) DO UPDATE SET {changes}")


def write_effects(rows: Iterable[tuple]) -> None:
    """Each row: municipality, ticket, kind, cycle, percent, at and found_at. What is there already stays."""
    _insert(ClockEffect, EFFECT, rows, "DO NOTHING")


def write_next_due(rows: Iterable[tuple[int, datetime]]) -> None:
    """Each row: ticket and its next due instant."""
    table = Ticket._meta.db_table
    _execute(
        f"UPDATE {table} AS ticket SET next_due_at = row.next_due_at FROM"  # noqa: S608
        f" json_populate_recordset(NULL::{table}, %s) AS row WHERE ticket.id = row.id",
        ["id", "next_due_at"],
        rows,
    )


def _insert(model, columns: list[str], rows: Iterable[tuple], on_conflict: str) -> None:
    table, names = model._meta.db_table, ", ".join(columns)
    _execute(
        f"INSERT INTO {table} ({names}) SELECT {names} FROM json_populate_recordset(NULL::{table}, %s)"  # noqa: S608
        f" ON CONFLICT {on_conflict}",
        columns,
        rows,
    )


def _execute(statement: str, columns: list[str], rows: Iterable[tuple]) -> None:
    values = [dict(zip(columns, row, strict=True)) for row in rows]
    if values:
        with connection.cursor() as cursor:
            cursor.execute(statement, [json.dumps(values, default=datetime.isoformat)])
