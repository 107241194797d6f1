from django import template

from servicecenter.ui import formats

register = template.Library()


@register.filter
def exact_kroner(ore):
    """An exact part in øre as kroner with six decimals, which is øre with four."""
    return formats.number(ore / 100, 6)
