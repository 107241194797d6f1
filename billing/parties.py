"""Municipalities as reports name and colour them."""

from municipalities.models import Municipality
from servicecenter.charts.svg import Party

NO_COLOUR = "#8e8e8e"


def short_name(municipality: Municipality) -> str:
    """Egedal for Egedal Kommune."""
    return municipality.name.removesuffix(" Kommune")


def party(municipality: Municipality) -> Party:
    return Party(short_name(municipality), municipality.colour or NO_COLOUR)
