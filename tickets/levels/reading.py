"""What the service level pages show: frozen figures for closed months, counted ones for open months.

A few questions to the database whatever is chosen; adding up is done here, so that every sum has exact medians.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from municipalities.models import Municipality
from tickets.levels.calendar_months import months_between, months_on
from tickets.levels.models import CLOCKS, FrozenFigure, LevelFigure, LevelKind, LevelMonth
from tickets.levels.sums import COLUMNS, Sum, summed
from tickets.models import Service

MONTHS = 13
KINDS = (*CLOCKS, LevelKind.OLA, LevelKind.VENDOR)
_KEYS = ("municipality_id", "month", "kind", "subject", "service_id", "priority")


class Wanted(NamedTuple):
    """What the reader chose; None or "" means all. `month` is the first day."""

    month: date
    kind: str = LevelKind.RESOLUTION
    municipality: Municipality | None = None
    service: Service | None = None
    priority: int | None = None

    def takes(self, cell: Any) -> bool:
        return (
            (self.municipality is None or cell.municipality_id == self.municipality.pk)
            and (self.service is None or cell.service_id == self.service.pk)
            and self.priority in (None, cell.priority)
        )


@dataclass(frozen=True)
class Line:
    """One line of a table: what it is about, its sum, and `choice`, the filter that leads to it."""

    name: str
    sum: Sum
    choice: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class MonthLine:
    """One month: the figures that count, and what counting again would say now, when the month is closed."""

    month: date
    sum: Sum
    closing: LevelMonth | None
    now: Sum | None

    @property
    def is_closed(self) -> bool:
        return bool(self.closing and self.closing.closed_at)

    @property
    def is_restated(self) -> bool:
        names = ("met", "breached", "excluded")
        return self.now is not None and any(getattr(self.now, name) != getattr(self.sum, name) for name in names)


@dataclass(frozen=True)
class Levels:
    wanted: Wanted
    by_kind: list[Line]
    by_municipality: list[Line]
    by_service: list[Line]
    by_priority: list[Line]
    months: list[MonthLine]
    members: list[Municipality]
    measured_at: datetime | None

    @property
    def chosen(self) -> Sum:
        """The clock and the month in hand."""
        return next((line.sum for line in self.by_kind if line.choice[1] == self.wanted.kind), Sum())

    @property
    def month_line(self) -> MonthLine:
        return self.months[-1]


def read(wanted: Wanted, *, members: list[Municipality], services: list[Service]) -> Levels:
    first = months_on(wanted.month, 1 - MONTHS)
    closings = {row.month: row for row in LevelMonth.objects.filter(month__range=(first, wanted.month))}
    closed = [month for month, row in closings.items() if row.closed_at]
    counted = [cell for cell in _cells(LevelFigure, wanted, first) if wanted.takes(cell)]
    frozen = [cell for cell in _cells(FrozenFigure, wanted, first) if wanted.takes(cell)] if closed else []
    shown = frozen + [cell for cell in counted if cell.month not in closed]
    month = [cell for cell in shown if cell.month == wanted.month]
    of_kind = [cell for cell in month if cell.kind == wanted.kind]
    return Levels(
        wanted=wanted,
        by_kind=_by_kind(month),
        by_municipality=_lines(of_kind, lambda cell: cell.municipality_id, members, "kommune", "slug"),
        by_service=_lines(of_kind, lambda cell: cell.service_id, services, "service", "code"),
        by_priority=_by_priority(of_kind),
        months=_months(wanted, first, shown, counted, closings),
        members=members,
        measured_at=max((cell.measured_at for cell in shown), default=None),
    )


def _cells(model, wanted: Wanted, first: date) -> list[Any]:
    """All clocks of the month in hand, and the chosen clock of the months before it."""
    rows = model.objects.filter(month__range=(first, wanted.month), kind__in=KINDS)
    rows = rows.filter(kind=wanted.kind) | rows.filter(month=wanted.month)
    return list(rows.order_by("month", "pk").only(*_KEYS, *COLUMNS, "measured_at"))


def _by_kind(cells: list[Any]) -> list[Line]:
    sums = summed(cells, key=lambda cell: cell.kind)
    return [Line(str(LevelKind(kind).label), sums.get(kind, Sum()), ("ur", kind)) for kind in KINDS]


def _lines(cells: list[Any], key: Callable, rows: list[Any], choice: str, value: str) -> list[Line]:
    sums = summed(cells, key=key)
    return [
        Line(str(row.name).removesuffix(" Kommune"), sums[row.pk], (choice, getattr(row, value)))
        for row in rows
        if row.pk in sums
    ]


def _by_priority(cells: list[Any]) -> list[Line]:
    sums = summed(cells, key=lambda cell: cell.priority)
    return [Line(f"P{priority}", sums[priority], ("prioritet", str(priority))) for priority in sorted(sums)]


def _months(wanted: Wanted, first: date, shown: list, counted: list, closings: dict) -> list[MonthLine]:
    sums, now = (
        summed((cell for cell in cells if cell.kind == wanted.kind), key=lambda cell: cell.month)
        for cells in (shown, counted)
    )
    return [
        MonthLine(
            month, sums.get(month, Sum()), closings.get(month),
            now.get(month, Sum()) if month in closings and closings[month].closed_at else None,
        )
        for month in months_between(first, wanted.month)
        if month in sums or month in closings or month == wanted.month
    ]  # fmt: skip
