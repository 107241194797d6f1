"""The chain of audit entries: sealing what was written, and finding what was changed behind the database's back.

Each municipality has a chain of its own: link = sha256(link before, content). Links are made in batches, every minute
and when a month is closed, because a chain has only one end: sealing at once would let every sign-in wait for the
longest import. An entry is therefore proof from the minute on in which it was sealed. Whoever owns the database can
still write a whole chain anew; that shows against a hash that left the house, as the one on a closed month's statement.
"""

from dataclasses import dataclass

from django.db import connection

BROKEN = """
WITH link AS (
    SELECT s.municipality_id, s.number, s.entry_id, s.sha256,
        lag(s.sha256, 1, '') OVER chain AS before, lag(s.number, 1, 0) OVER chain AS number_before,
        CASE WHEN e.id IS NULL THEN NULL ELSE audit_entry_content(e) END AS content
    FROM audit_auditseal s LEFT JOIN audit_auditentry e ON e.id = s.entry_id AND e.municipality_id = s.municipality_id
    WINDOW chain AS (PARTITION BY s.municipality_id ORDER BY s.number)
)
SELECT municipality_id, number, entry_id FROM link
WHERE content IS NULL OR number <> number_before + 1 OR sha256 <> chain_link(before, content)
ORDER BY municipality_id, number
"""
UNSEALED = """
SELECT count(*) FROM audit_auditentry e WHERE NOT EXISTS (SELECT FROM audit_auditseal s WHERE s.entry_id = e.id)
"""


@dataclass(frozen=True)
class Fault:
    """A link that does not hold: `row` is the id of what was sealed, `number` its place in the chain `chain`."""

    chain: str
    number: int
    row: int


def seal(*municipality_ids: int) -> int:
    """Chain what was written since; returns the number of entries. The municipalities must be in scope."""
    with connection.cursor() as cursor:
        sealed = 0
        for pk in sorted(municipality_ids):
            cursor.execute("SELECT audit_seal_entries(%s)", [pk])
            sealed += cursor.fetchone()[0]
    return sealed


def faults() -> list[Fault]:
    """Every link in scope that does not hold. Empty for untouched chains."""
    with connection.cursor() as cursor:
        cursor.execute(BROKEN)
        return [Fault(f"audit/{municipality}", number, row) for municipality, number, row in cursor.fetchall()]


def unsealed() -> int:
    """Entries in scope that wait for the next batch."""
    with connection.cursor() as cursor:
        cursor.execute(UNSEALED)
        return cursor.fetchone()[0]
