"""How long the vendors were waited for, over all municipalities, against their own promise and their own calendar."""

from dataclasses import dataclass
from datetime import date

from municipalities.models import Municipality
from tickets.levels.calendar_months import months_between, months_on
from tickets.levels.models import FrozenFigure, LevelFigure, LevelKind, LevelMonth
from tickets.levels.sums import COLUMNS, Sum, summed
from tickets.models import Vendor

MONTHS = 13


@dataclass(frozen=True)
class Waited:
    """One vendor in the month in hand, for each municipality, and month by month."""

    vendor: Vendor
    sum: Sum
    members: list[tuple[Municipality, Sum]]
    months: list[tuple[date, Sum]]

    @property
    def waited_minutes(self) -> int:
        """Open time of the vendor's calendar in which the decided tickets lay with it."""
        return self.sum.counted_s // 60


def read(month: date, *, members: list[Municipality]) -> list[Waited]:
    """Every vendor that was ever handed something, up to `month`, in five questions at most."""
    first = months_on(month, 1 - MONTHS)
    closed = list(LevelMonth.objects.filter(month__range=(first, month)).exclude(closed_at=None).values_list("month"))
    closed = [on for (on,) in closed]
    span = {"kind": LevelKind.VENDOR, "month__range": (first, month)}
    columns = ("municipality_id", "month", "kind", "subject", *COLUMNS)
    cells = list(LevelFigure.objects.filter(**span).exclude(month__in=closed).only(*columns))
    cells += list(FrozenFigure.objects.filter(**span, month__in=closed).only(*columns)) if closed else []
    vendors = Vendor.objects.filter(code__in={cell.subject for cell in cells}).order_by("name")
    return [_waited(vendor, month, first, cells, members) for vendor in vendors]


def _waited(vendor: Vendor, month: date, first: date, cells: list, members: list[Municipality]) -> Waited:
    own = [cell for cell in cells if cell.subject == vendor.code]
    of_month = [cell for cell in own if cell.month == month]
    by_member = summed(of_month, key=lambda cell: cell.municipality_id)
    by_month = summed(own, key=lambda cell: cell.month)
    return Waited(
        vendor=vendor,
        sum=summed(of_month).get(None, Sum()),
        members=[(member, by_member.get(member.pk, Sum())) for member in members],
        months=[(on, by_month[on]) for on in months_between(first, month) if on in by_month],
    )
