"""The drawings of the service level pages, each with its finding as title and its numbers as a table."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from municipalities.models import Municipality
from servicecenter import charts
from servicecenter.charts import Figure, Party
from servicecenter.ui import formats
from servicecenter.ui.templatetags.ui import colour, short_name
from tickets.levels.equality import Cell, Equality, Goal, read
from tickets.levels.models import LevelKind
from tickets.levels.reading import Levels
from tickets.levels.sums import Sum
from tickets.sla.equality import FEWEST_CLOCKS
from tickets.sla.funnel import funnel_limits

ON_THE_OVERVIEW = (LevelKind.FIRST_RESPONSE, LevelKind.RESOLUTION)


def party(owner: Municipality) -> Party:
    return Party(short_name(owner), colour(owner))


def target() -> Fraction:
    return Fraction(settings.SERVICE_TARGET_PERCENT, 100)


def shares_of(goals: Sequence[Goal], *, finding: str, has_target: bool = True) -> Figure | None:
    """Each goal with the share of every municipality and its interval; None when nothing was counted."""
    goals = [goal for goal in goals if not goal.is_empty]
    if not goals:
        return None
    drawing = charts.intervals(
        [(goal.name, [_share(cell) for cell in goal.cells]) for goal in goals],
        target=float(target()) if has_target else None,
        target_text=_("Goal %(goal)s") % {"goal": formats.percent(target(), 0)}, title=finding,
    )  # fmt: skip
    rows = [
        [f"{goal.name}, {short_name(cell.municipality)}", *_numbers(cell), cell.words]
        for goal in goals
        for cell in goal.cells
    ]
    headings = [_("Goal"), _("Share"), _("95% interval"), _("Number"), _("Verdict")]
    unit = _("Share of the decided promises. The line shows the 95% uncertainty")
    return Figure(drawing, finding, unit, headings, rows)


def _share(cell: Cell) -> charts.Share:
    if cell.share is None or cell.n < FEWEST_CLOCKS:
        words = _("no data") if cell.share is None else _("too few tickets")
        return charts.Share(party(cell.municipality), None, None, None, words, f"n = {formats.number(cell.n)}")
    low, high = cell.interval
    second = f"({percent_interval(low, high)})"
    return charts.Share(party(cell.municipality), float(cell.share), low, high, formats.percent(cell.share, 1), second)


def percent_interval(low: float | None, high: float | None) -> str:
    """92,8–95,2, in per cent without the sign."""
    if low is None or high is None:
        return "–"
    return f"{formats.number(100 * low, 1)}–{formats.number(100 * high, 1)}"


def _numbers(cell: Cell) -> list[str]:
    share = _("no data") if cell.share is None else formats.percent(cell.share, 1)
    return [share, percent_interval(*cell.interval), formats.number(cell.n)]


def funnel_of(goal: Goal) -> Figure | None:
    """Standardised rate against number of tickets; None where nobody has enough to be placed."""
    placed = [cell for cell in goal.cells if cell.n >= FEWEST_CLOCKS and cell.share is not None]
    joint = goal.joint_share
    if not placed or joint is None:
        return None
    outside = [short_name(cell.municipality) for cell in placed if _is_outside(_rate(cell), joint, cell.n)]
    words = {"goal": goal.name, "names": ", ".join(outside)}
    finding = (
        _("%(goal)s: outside what chance explains: %(names)s") % words
        if outside
        else _("%(goal)s: everybody within what chance explains") % words
    )
    drawing = charts.funnel(
        [charts.Observed(party(cell.municipality), cell.n, _rate(cell)) for cell in placed],
        joint_rate=float(joint), words=(_("All %(rate)s") % {"rate": formats.percent(joint, 1)}, _("Tickets up to")),
        limits=lambda counts: [row[1:] for row in funnel_limits(float(joint), counts)], title=finding,
    )  # fmt: skip
    rows = [
        [
            short_name(cell.municipality), formats.number(cell.n), formats.percent(cell.share, 1),
            "–" if cell.rate is None else formats.percent(cell.rate, 1),
        ]
        for cell in placed
    ]  # fmt: skip
    headings = [_("Municipality"), _("Number"), _("Share"), _("As with the joint mix of tickets")]
    unit = _("Rate as with the joint mix of tickets, against the number. Lines: 95% (inner) and 99.8% (outer) limits")
    return Figure(drawing, finding, unit, headings, rows)


def _rate(cell: Cell) -> float:
    return float(cell.share or 0) if cell.rate is None else cell.rate


def _is_outside(rate: float, joint: Fraction, n: int) -> bool:
    (limits,) = funnel_limits(float(joint), [n])
    return not limits.low_998 <= rate <= limits.high_998


def equality_part(month: date, *, span: int = 3) -> dict[str, Any] | None:
    """What the template tickets/levels/_equality.html shows, for the director's overview too; None if never judged."""
    part = read(month, span=span)
    if part is None:
        return None
    shown = [goal for goal in part.clocks if goal.kind in ON_THE_OVERVIEW]
    return {"part": part, "shares": shares_of(shown, finding=part.finding)}


def levels_by_municipality(levels: Levels) -> Figure | None:
    """The chosen promise for each municipality, with its interval; None when nothing was decided."""
    if not any(line.sum.n for line in levels.by_municipality):
        return None
    owners = {short_name(owner): owner for owner in levels.members}
    promise = str(LevelKind(levels.wanted.kind).label)
    below = [line.name for line in levels.by_municipality if _is_below(line.sum)]
    words = {"promise": promise, "goal": formats.percent(target(), 0), "names": ", ".join(below)}
    finding = (
        _("%(promise)s: certainly below the goal of %(goal)s: %(names)s") % words
        if below
        else _("%(promise)s: nobody is certainly below the goal of %(goal)s") % words
    )
    drawing = charts.intervals(
        [(promise, [_line_share(party(owners[line.name]), line.sum) for line in levels.by_municipality])],
        target=float(target()), target_text=_("Goal %(goal)s") % words, title=finding, wide=charts.FULL,
    )  # fmt: skip
    rows = [
        [line.name, share_text(line.sum), percent_interval(*line.sum.interval), formats.number(line.sum.n)]
        for line in levels.by_municipality
    ]
    unit = _("Share of the promises decided in the month. The line shows the 95% uncertainty")
    return Figure(drawing, finding, unit, [_("Municipality"), _("Share"), _("95% interval"), _("Number")], rows)


def share_text(figure: Sum) -> str:
    return _("no data") if figure.rate is None else formats.percent(figure.rate, 1)


def _is_below(figure: Sum) -> bool:
    """The whole interval lies under the goal."""
    _low, high = figure.interval
    return figure.n >= FEWEST_CLOCKS and high is not None and high < target()


def _line_share(someone: Party, figure: Sum) -> charts.Share:
    if figure.rate is None or figure.n < FEWEST_CLOCKS:
        words = _("no data") if figure.rate is None else _("too few tickets")
        return charts.Share(someone, None, None, None, words, f"n = {formats.number(figure.n)}")
    low, high = figure.interval
    return charts.Share(someone, float(figure.rate), low, high, share_text(figure), f"({percent_interval(low, high)})")


def proximity_finding(seen: Equality) -> str:
    equal = sum(goal.is_equal for goal in seen.proximity)
    return _("Proximity: equal on %(count)s of %(all)s parts") % {"count": equal, "all": len(seen.proximity)}
