"""Priority from impact and urgency, one matrix for all municipalities (equal supply).

Impact: 1 the whole organisation or critical supply, 2 a department, 3 one person. Urgency: 1 work has stopped,
2 it is hampered, 3 it can wait. Priority runs from 1 (most urgent) to 5.
"""

from collections.abc import Sequence
from typing import Any

from tickets.sla.errors import SlaError

PRIORITIES = range(1, 6)
LEVELS = range(1, 4)
# impact + urgency - 1; the row is the impact, the column the urgency.
DEFAULT_MATRIX = ((1, 2, 3), (2, 3, 4), (3, 4, 5))


def priority(impact: Any, urgency: Any, *, matrix: Sequence[Sequence[int]] = DEFAULT_MATRIX) -> int:
    """Priority 1 to 5. Raises BAD_PRIORITY for levels outside 1 to 3 and for a matrix that is not 3 × 3 priorities."""
    rows = check_matrix(matrix)
    for level in (impact, urgency):
        if type(level) is not int or level not in LEVELS:
            raise SlaError("BAD_PRIORITY", value=level)
    return rows[impact - 1][urgency - 1]


def check_priority(value: Any) -> int:
    if type(value) is not int or value not in PRIORITIES:
        raise SlaError("BAD_PRIORITY", value=value)
    return value


def check_matrix(matrix: Any) -> Sequence[Sequence[int]]:
    if not _has_three(matrix) or not all(_has_three(row) for row in matrix):
        raise SlaError("BAD_PRIORITY", value=matrix)
    for row in matrix:
        for value in row:
            check_priority(value)
    return matrix


def _has_three(value):
    return isinstance(value, list | tuple) and len(value) == len(LEVELS)
