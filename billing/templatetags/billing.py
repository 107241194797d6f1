from datetime import date

from django import template

from servicecenter.ui import formats

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
