from datetime import date
from fractions import Fraction

from django import template

from billing.allocation.rounding import half_up
from servicecenter.ui import formats
from servicecenter.ui.formats import trimmed

register = template.Library()


@register.filter
def exact_kroner(ore):
    """An exact part in øre as kroner with six decimals, which is øre with four."""
    return formats.number(ore / 100, 6)


@register.filter
def cell(value):
    """A cell of the books beside one of a file: øre as kroner, dates as dates, nothing as a dash."""
    if isinstance(value, int):
        return formats.amount(value)
    if isinstance(value, date):
        return formats.day(value)
    return value or "–"


@register.filter
def units(value):
    """A measured quantity with the decimals it has: 12 or 12,5; a dash for what is not measured."""
    return "–" if value is None else trimmed(value)


@register.filter
def unit_price(ore):
    """A price in øre, which may have decimals, as kroner with at least two."""
    return trimmed(ore / 100, least=2)


@register.filter
def a_month(totals):
    """The difference of a municipality in øre for each of the months, rounded half away from zero."""
    return half_up(Fraction(totals["difference_ore"], len(totals["months"])))


@register.filter
def sum_of(effect, name):
    """Øre of all municipalities together."""
    return sum(totals[name] for _member, totals, _rows in effect)


@register.filter
def month_name(code):
    """October 2026 of 2026-10."""
    return formats.month(date.fromisoformat(f"{code}-01"))
