"""The figures behind the service level page as CSV and as a workbook, for who wants to calculate on."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from servicecenter import spreadsheets
from servicecenter.spreadsheets import Cell
from servicecenter.ui.formats import scaled
from tickets.levels.models import LevelKind
from tickets.levels.reading import Levels
from tickets.levels.sums import Sum


def headings() -> list[str]:
    return [
        _("Month"), _("Promise"), _("Grouped by"), _("Group"), _("Kept, %"), _("Low, %"), _("High, %"), _("Decided"),
        _("Kept"), _("Broken"), _("Not counted"), _("Undecided"), _("Voided"), _("Broken by a change of priority"),
        _("Reopened"), _("Median, minutes"), _("90th percentile, minutes"), _("Paused, %"), _("Closed month"),
        _("Kept now"), _("Broken now"),
    ]  # fmt: skip


def rows(levels: Levels) -> Iterator[list[Cell]]:
    """What the page shows: the month by promise, municipality, system and priority, and the months before it."""
    wanted = levels.wanted
    month, promise = f"{wanted.month:%Y-%m}", str(LevelKind(wanted.kind).label)
    for line in levels.by_kind:
        yield [month, line.name, _("promise"), line.name, *_numbers(line.sum), "", None, None]
    groups = {
        _("municipality"): levels.by_municipality, _("system"): levels.by_service, _("priority"): levels.by_priority,
    }  # fmt: skip
    for group, lines in groups.items():
        for line in lines:
            yield [month, promise, group, line.name, *_numbers(line.sum), "", None, None]
    for of in levels.months:
        now = (of.now.met, of.now.breached) if of.now else (None, None)
        closed = _("yes") if of.is_closed else _("no")
        yield [f"{of.month:%Y-%m}", promise, _("month"), f"{of.month:%Y-%m}", *_numbers(of.sum), closed, *now]


def as_csv(levels: Levels) -> bytes:
    return spreadsheets.as_csv(headings(), rows(levels))


def as_xlsx(levels: Levels) -> bytes:
    return spreadsheets.as_xlsx(f"{levels.wanted.month:%Y-%m}", headings(), rows(levels))


def _numbers(figure: Sum) -> list[Cell]:
    low, high = figure.interval
    return [
        _percent(figure.rate), _percent(low), _percent(high), figure.n, figure.met, figure.breached, figure.excluded,
        figure.undecided, figure.voided, figure.by_priority_change, figure.reopened, _minutes(figure.median_s),
        _minutes(figure.p90_s), _percent(figure.paused),
    ]  # fmt: skip


def _percent(share: Fraction | float | None) -> Decimal | None:
    return None if share is None else Decimal(scaled(share * 100, 2)).scaleb(-2)


def _minutes(seconds: Fraction | int | None) -> Decimal | None:
    return None if seconds is None else Decimal(scaled(Fraction(seconds) / 60, 1)).scaleb(-1)
