"""Colours that are data: a municipality's own, written #rrggbb."""

import re

GREY = "#8e8e8e"
_FORM = re.compile(r"#[0-9a-fA-F]{6}\Z")


def known(value: str | None) -> str:
    """The colour, or grey when there is none, so that markup never carries a stray value."""
    return value if value and _FORM.match(value) else GREY


def is_light(colour: str) -> bool:
    """Whether dark text reads better on it than white (WCAG relative luminance above 0.24)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.24
