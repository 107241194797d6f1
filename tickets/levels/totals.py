"""Kept and broken promises as plain counts, for other reports: of closed months the frozen ones, else as counted."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Sum, Value

from tickets.levels.models import FrozenFigure, LevelFigure, LevelKind
from tickets.sla.attainment import Attainment

KINDS = (LevelKind.FIRST_RESPONSE, LevelKind.RESOLUTION)
COUNTS = ("met", "breached", "excluded", "undecided")


def of_month(month: date) -> dict[str, dict[int, Attainment]]:
    """{kind: {municipality id: counts}} of one month (its first day), in one question to the database."""
    found: dict[str, dict[int, Attainment]] = {}
    for _month, kind, municipality, counts in _rows("municipality_id", month=month):
        found.setdefault(kind, {})[municipality] = Attainment(*counts)
    return found


def of_years() -> dict[tuple[str, int], Attainment]:
    """{(kind, year): counts} of all municipalities together; only what is decided, for what is not is in each month."""
    sums: dict[tuple[str, int], list[int]] = {}
    for month, kind, _none, (met, breached, *_rest) in _rows("kind"):
        total = sums.setdefault((kind, month.year), [0, 0])
        total[0], total[1] = total[0] + met, total[1] + breached
    return {key: Attainment(met, breached) for key, (met, breached) in sums.items()}


def _rows(by: str, **wanted: Any) -> Iterable[tuple[date, str, Any, tuple[int, ...]]]:
    """Month, kind, `by` and counts; of a closed month the frozen ones only."""
    counted, frozen = (
        _sums(model, by, is_frozen, wanted) for model, is_frozen in ((LevelFigure, 0), (FrozenFigure, 1))
    )
    rows = list(counted.union(frozen, all=True))
    closed = {row[0] for row in rows if row[3]}
    return [(month, kind, key, tuple(counts)) for month, kind, key, is_frozen, *counts in rows
            if is_frozen or month not in closed]  # fmt: skip


def _sums(model, by: str, is_frozen: int, wanted: dict[str, Any]):
    rows = model.objects.filter(kind__in=KINDS, **wanted).order_by().values("month", "kind", by)
    rows = rows.annotate(is_frozen=Value(is_frozen), **{f"all_{name}": Sum(name) for name in COUNTS})
    return rows.values_list("month", "kind", by, "is_frozen", *(f"all_{name}" for name in COUNTS))
