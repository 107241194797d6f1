"""The chains of the ledger: lines within their month, and closed months one after the other.

The database makes the links (migration 0007); here they are asked for, and read again. What changes behind the
triggers shows as the first link that no longer holds. The last hash of a closed month stands on its statements, so
that a chain written anew from the start shows outside the system.
"""

from django.db import connection

from billing.models import Period
from servicecenter.audit.chain import Fault

LINES = """
WITH link AS (
    SELECT s.period_id, s.number, s.line_id, s.sha256, l.id IS NULL AS is_gone,
        lag(s.sha256, 1, '') OVER chain AS before, lag(s.number, 1, 0) OVER chain AS number_before,
        billing_line_content(l) AS content
    FROM billing_lineseal s LEFT JOIN billing_ledgerline l ON l.id = s.line_id AND l.period_id = s.period_id
    WINDOW chain AS (PARTITION BY s.period_id ORDER BY s.number)
)
SELECT 'lines/' || to_char(p.month, 'YYYY-MM'), number, line_id FROM link JOIN billing_period p ON p.id = period_id
WHERE is_gone OR number <> number_before + 1 OR sha256 <> chain_link(before, content) ORDER BY p.month, number
"""
PERIODS = """
WITH link AS (
    SELECT period_id, number, sha256,
        lag(sha256, 1, '') OVER chain AS before, lag(number, 1, 0) OVER chain AS number_before
    FROM billing_periodseal WINDOW chain AS (ORDER BY number)
)
SELECT 'months', number, period_id FROM link
WHERE number <> number_before + 1 OR sha256 <> chain_link(before, billing_period_content(period_id)) ORDER BY number
"""
# What a closed month rests on was sealed with it; a line or a month without a seal came in behind the triggers.
UNSEALED = """
SELECT 'lines/' || to_char(p.month, 'YYYY-MM'), 0, l.id FROM billing_ledgerline l
    JOIN billing_period p ON p.id = l.period_id AND p.state = 'closed'
    WHERE NOT EXISTS (SELECT FROM billing_lineseal s WHERE s.line_id = l.id)
UNION ALL SELECT 'months', 0, p.id FROM billing_period p WHERE p.state = 'closed'
    AND NOT EXISTS (SELECT FROM billing_periodseal s WHERE s.period_id = p.id)
ORDER BY 1, 3
"""


def seal_lines() -> int:
    """Link what was posted to months that are not closed yet; returns the number of lines. Needs everybody in scope."""
    sealed = 0
    with connection.cursor() as cursor:
        for pk in Period.objects.exclude(state=Period.State.CLOSED).order_by("month").values_list("pk", flat=True):
            cursor.execute("SELECT billing_seal_lines(%s)", [pk])
            sealed += cursor.fetchone()[0]
    return sealed


def faults() -> list[Fault]:
    """Every link of lines and months that does not hold. Needs everybody in scope; empty for untouched ledgers."""
    found = []
    with connection.cursor() as cursor:
        for query in (LINES, PERIODS, UNSEALED):
            cursor.execute(query)
            found += [Fault(chain, number, row) for chain, number, row in cursor.fetchall()]
    return found
