"""Reads what the rules of billing.attention need, and asks them: "Det bør I se på" of one month."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from billing import attention
from billing.attention import Point, Saving, Share, Spending
from billing.models import DriverValue, KeyVersion, Participation, Period
from billing.overview import Overview
from billing.parties import short_name
from billing.statements import month_name
from servicecenter.ui import formats
from tickets.levels.models import LevelFigure, LevelKind
from tickets.sla.equality import WORSE

SHOWN = 6


def points(seen: Overview, equality: dict[str, Any] | None, *, today: date, is_finance: bool) -> list[Point]:
    """What to look at, most money first. Only joint finance gets links to its own pages."""
    found = [
        *attention.over_budget(_spending(seen)),
        *attention.behind_plan(_savings(seen), _address("billing:savings")),
        *attention.rising_shares(_shares(seen), _month_before(seen)),
        *attention.unassigned_lines(
            seen.run.unassigned_count, seen.run.unallocated_ore, _period_address(seen.period.month, is_finance)
        ),
        *_missing(seen.period, today, is_finance=is_finance),
        *_service(seen, equality),
        *_vendors(seen.period.month),
    ]
    return attention.in_order(found)[:SHOWN]


def _address(name: str, *arguments: Any) -> str:
    """The page's address; empty while it is not built."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def _period_address(month: date, is_finance: bool) -> str:
    return _address("billing:period", f"{month:%Y-%m}") if is_finance else ""


def _spending(seen: Overview) -> Iterable[Spending]:
    for pool in seen.pools:
        months = seen.budgeted_months(pool) if pool else []
        if pool and months:
            spent = seen.spent_on(pool.pk, months)
            yield Spending(pool.name, spent, seen.budget_of_pool(pool), _address("billing:statements"))


def _savings(seen: Overview) -> Iterable[Saving]:
    for row in seen.savings.rows:
        if row.baseline is None and not seen.savings.measured:
            continue  # nobody has a baseline: the overview says so once
        yield Saving(
            short_name(row.municipality), row.saved_ore, row.plan_ore, row.promised_ore, row.months, row.missing
        )


def _month_before(seen: Overview) -> str:
    return month_name(seen.months[-2]) if len(seen.months) > 1 else ""


def _shares(seen: Overview) -> Iterable[Share]:
    if len(seen.months) < 2:
        return
    before, now = seen.months[-2:]
    if min(seen.of_month(before), seen.of_month(now)) <= 0:
        return
    for owner in seen.municipalities:
        then, mine = seen.of_month(before, owner.pk), seen.of_month(now, owner.pk)
        if not then:
            continue  # joined now: not a rise, and the bill says it
        yield Share(
            short_name(owner), Fraction(mine, seen.of_month(now)), Fraction(then, seen.of_month(before)), mine - then,
            _address("billing:statement", seen.period.code, owner.slug),
        )  # fmt: skip


def _service(seen: Overview, equality: dict[str, Any] | None) -> list[Point]:
    names = {"first_response": _("first answer in time"), "resolution": _("solved in time")}
    counts = [
        (short_name(owner), names[kind], seen.service[kind][owner.pk])
        for kind in names if kind in seen.service
        for owner in seen.municipalities if owner.pk in seen.service[kind]
    ]  # fmt: skip
    target, levels = Fraction(settings.SERVICE_TARGET_PERCENT, 100), _address("tickets:service_levels")
    worse = [
        (goal.name, [short_name(cell.municipality) for cell in goal.cells if cell.verdict == WORSE])
        for goal in (equality["part"].goals if equality else ())
    ]
    return [*attention.below_target(counts, target, levels), *attention.served_worse(worse, levels)]


def _vendors(month: date) -> list[Point]:
    sums = LevelFigure.objects.filter(month=month, kind=LevelKind.RESOLUTION).aggregate(
        waiting=Sum("waiting_vendor_s"), counted=Sum("counted_s")
    )
    return attention.vendor_waiting(sums["waiting"] or 0, sums["counted"] or 0, _address("tickets:service_levels"))


def _missing(shown: Period, today: date, *, is_finance: bool) -> list[Point]:
    """Values that keys need in the first month that is over but not calculated."""
    later = Period.objects.filter(state=Period.State.OPEN, month__gt=shown.month).order_by("month")
    waiting = next((period for period in later if period.end <= today), None)
    if waiting is None:
        return []
    needed: dict[str, dict[int, str]] = {}
    taking_part: dict[int, dict[int, str]] = {}
    rows = Participation.objects.in_force(waiting.month, waiting.end).select_related("municipality")
    for row in rows:
        taking_part.setdefault(row.pool_id, {})[row.municipality_id] = short_name(row.municipality)
    for version in KeyVersion.objects.in_force(waiting.month, waiting.end):
        for code in version.driver_codes:
            needed.setdefault(code, {}).update(taking_part.get(version.pool_id, {}))
    values = DriverValue.objects.filter(period=waiting, driver__code__in=needed).select_related("driver")
    known = {(value.driver.code, value.municipality_id) for value in values}
    names = {value.driver.code: value.driver.name for value in values}
    missing = [
        (names.get(code, code), [name for pk, name in sorted(members.items()) if (code, pk) not in known])
        for code, members in sorted(needed.items())
    ]
    address = _period_address(waiting.month, is_finance)
    return attention.missing_values(missing, formats.month(waiting.month), address)
