"""Calendars and agreements in words: {% load sla_administration %}."""

from datetime import date, datetime
from fractions import Fraction
from itertools import groupby

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from servicecenter.ui import formats
from tickets.sla.administration import hours_text
from tickets.sla.administration.calendar_forms import DAY_NAMES
from tickets.sla.administration.twelve_months import EXCEPTION, HOLIDAY
from tickets.sla.administration.words import CLOCK_NAMES
from tickets.sla.calendar_rules import WEEKDAYS

register = template.Library()


@register.filter
def weekday_name(code):
    return DAY_NAMES[code]


@register.filter
def clock_name(kind):
    return CLOCK_NAMES[kind]


@register.filter
def long_day(on):
    return f"{formats.weekday(on)} {on.year}"


@register.filter
def moment(text):
    """An instant kept as text; what has none is never due."""
    return formats.instant(datetime.fromisoformat(text), now=timezone.now()) if text else _("never")


@register.filter
def week_in_words(version):
    """Monday–Thursday 07:30–16:00, Friday 07:30–14:30."""
    if version is None:
        return "–"
    runs = [
        (list(days), hours)
        for hours, days in groupby(WEEKDAYS, key=lambda day: hours_text.write(version.weekly.get(day, [])))
        if hours
    ]
    return ", ".join(f"{_span(days)} {hours}" for days, hours in runs) or _("closed")


def _span(days):
    first, last = DAY_NAMES[days[0]], DAY_NAMES[days[-1]]
    return f"{first}" if len(days) == 1 else f"{first}–{last}"


@register.simple_tag
def weekday_heads():
    names = [str(DAY_NAMES[day]) for day in WEEKDAYS]
    return format_html_join("", '<th scope="col"><abbr title="{}">{}</abbr></th>', ((n, n[:2]) for n in names))


@register.simple_tag
def calendar_day(day, today):
    """One day of the drawing: its number, and what it is in words for who does not see the colour."""
    words = special_day(day) if day.is_special else hours_text.of_seconds(day.hours) or _("closed")
    now = mark_safe(' aria-current="date"') if day.on == today else ""
    return format_html(
        '<td class="sd-year-{}"{} title="{}">{}<span class="sr-only"> {}</span></td>',
        day.kind, now, words, day.on.day, words,
    )  # fmt: skip


@register.simple_tag
def special_day(day):
    """25 December: Christmas Day, closed."""
    hours = hours_text.of_seconds(day.hours) or _("closed")
    parts = [day.name] if day.name and day.kind in (HOLIDAY, EXCEPTION) else []
    parts += [hours]
    if day.begins_version:
        parts += [_("a new version takes effect")]
    return f"{_short(day.on)}: {', '.join(parts)}"


def _short(on: date) -> str:
    return formats.weekday(on)


@register.filter
def kept(counts):
    """91,20 % of 1.250: kept of [kept, broken]; nothing decided is no figure."""
    met, breached = counts
    decided = met + breached
    if not decided:
        return _("none decided")
    share = formats.percent(Fraction(met, decided), 1)
    return _("%(share)s of %(count)s") % {"share": share, "count": formats.number(decided)}


@register.filter
def verdict(state):
    return {"met": _("kept"), "breached": _("not kept")}.get(state, _("not decided"))
