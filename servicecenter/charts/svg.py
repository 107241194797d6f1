"""Drawing plain SVG: a canvas with few shapes, every look by class, every text escaped and measured.

Screens colour by class (static/servicecenter/css/chart.css). Where no style sheet reaches, in a PDF, `inline_colours`
writes the same values as attributes from PAINT. Colours that are data, a municipality's own, are always attributes:
a presentation attribute is allowed by a strict style-src, unlike a style attribute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from servicecenter.ui import colours

NARROW = 326  # px: a card on a phone of 360 px
WIDE = 536  # px: half of the page
FULL = 1110  # px: the whole page

FONT_SIZE = 12.5
LINE = 16  # px between two lines of text


class Party(NamedTuple):
    """A municipality as a chart knows it: the name it shows and its own colour, #rrggbb."""

    name: str
    colour: str


class Drawing(NamedTuple):
    """The same chart for a wide and for a narrow place; CSS shows one of them."""

    wide: SafeString
    narrow: SafeString


PAINT = {
    "t": 'fill="#454545"',
    "quiet": 'fill="#5a6472"',
    "b": 'fill="#1a1a1a" font-weight="600"',
    "good": 'fill="#245a00" font-weight="600"',
    "bad": 'fill="#a30000" font-weight="600"',
    "on": 'fill="#fff" font-weight="600"',
    "on-dark": 'fill="#1a1a1a" font-weight="600"',
    "halo": 'fill="#1a1a1a" font-weight="600" paint-order="stroke" stroke="#fff" stroke-opacity="0.8" stroke-width="3"',
    "grid": 'stroke="#e3e7ed" stroke-width="1"',
    "axis": 'stroke="#8e8e8e" stroke-width="1"',
    "gap": 'stroke="#fff" stroke-width="1.5"',
    "plan": 'fill="none" stroke="#1a1a1a" stroke-dasharray="5 4" stroke-width="2"',
    "mark": 'stroke="#1a1a1a" stroke-width="3"',
    "rest": 'fill="#e3e8ef"',
    "flow": 'fill="#cfd6df" fill-opacity="0.6"',
    "through": 'fill-opacity="0.42"',
    "node": 'fill="#0c2340"',
    "bar": 'fill="#8b96a5"',
    "up": 'fill="#b3402a"',
    "down": 'fill="#2f7d5b"',
    "total": 'fill="#0c2340"',
    "line": 'fill="none" stroke="#004d99" stroke-width="2.5"',
    "line-2": 'fill="none" stroke="#6d7887" stroke-dasharray="6 3" stroke-width="2.5"',
    "area": 'fill="#dbe7f5"',
    "limit": 'fill="none" stroke="#6d7887" stroke-width="1.5"',
    "limit-2": 'fill="none" stroke="#6d7887" stroke-dasharray="3 3" stroke-width="1.5"',
    "whisker": 'stroke-linecap="round" stroke-width="4"',
    "party": "",
    "sla-ok": 'fill="#358000"',
    "sla-warn": 'fill="#febb30"',
    "sla-err": 'fill="#c00"',
    "sla-pause": 'fill="#8b96a5"',
}

_BOLD = frozenset({"b", "good", "bad", "on", "on-dark", "halo"})

# Advance widths of IBM Plex Sans in thousandths of the font size; what is not listed counts as a broad letter.
_WIDTHS = {
    False: {
        260: "ij l,.!':;|\u00a0",
        330: "[]f·()t›",
        385: "r-/\\I",
        490: "zscvyx?L",
        535: "kgJaåä»«eéoö",
        590: "FbdpqhnuøTZSEYP–$§+0123456789<=>±−×",
        650: "VXCKRABÅÄD_",
        715: "UGHNOQØÖ&#",
        780: "wæm—½",
        930: "…MW@Æ%→",
    },
    True: {
        280: "ij l,.!':;\u00a0",
        350: "[]f·()t|›",
        405: "r-I/\\",
        510: "s?zcLvy",
        560: "xJg»«eéaåäoök",
        600: "øFThnubdpq–Z$§+0123456789<=>E±−×",
        660: "SYVPCXBRAÅÄ_",
        720: "KDUGOQØÖHN&#",
        830: "wM—½",
        960: "…mæ@WÆ%→",
    },
}
_ADVANCE = {bold: {c: w for w, chars in table.items() for c in chars} for bold, table in _WIDTHS.items()}


def text_width(words: str, *, bold: bool = False, size: float = FONT_SIZE) -> float:
    """How many px the words take in IBM Plex Sans, within a few per cent."""
    advance = _ADVANCE[bold]
    return sum(advance.get(letter, 960) for letter in words) * size / 1000


def fit(words: str, room: float, *, bold: bool = False) -> str:
    """The words, cut with an ellipsis where the room ends. The table under a chart has them whole."""
    if text_width(words, bold=bold) <= room:
        return words
    while words and text_width(words + "…", bold=bold) > room:
        words = words[:-1]
    return words.rstrip() + "…"


class Canvas:
    """Collects shapes and writes one <svg>; coordinates are px from the upper left corner."""

    def __init__(self, width: float, height: float, *, title: str, inline_colours: bool = False) -> None:
        self.width, self.height, self.title, self.inline = width, height, title, inline_colours
        self._shapes: list[str] = []

    def rect(
        self, x: float, y: float, width: float, height: float, look: str, *, fill: str = "", corner: int = 0
    ) -> None:
        rounded = f' rx="{corner}"' if corner else ""
        self._add(
            f'rect x="{_px(x)}" y="{_px(y)}" width="{_px(width)}" height="{_px(height)}"{rounded}', look, fill=fill
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, look: str, *, stroke: str = "") -> None:
        self._add(f'line x1="{_px(x1)}" y1="{_px(y1)}" x2="{_px(x2)}" y2="{_px(y2)}"', look, stroke=stroke)

    def circle(self, x: float, y: float, radius: float, look: str, *, fill: str = "") -> None:
        self._add(f'circle cx="{_px(x)}" cy="{_px(y)}" r="{_px(radius)}"', look, fill=fill)

    def path(self, steps: str, look: str, *, fill: str = "") -> None:
        self._add(f'path d="{steps}"', look, fill=fill)

    def text(self, x: float, y: float, words: object, look: str = "t", *, anchor: str = "start") -> None:
        """Words on the baseline y; anchor start, middle or end."""
        self._shapes.append(
            f'<text x="{_px(x)}" y="{_px(y)}" text-anchor="{anchor}" {self._paint(look)}>{escape(str(words))}</text>'
        )

    def polyline(self, points: list[tuple[float, float]], look: str) -> None:
        self.path("M" + "L".join(f"{_px(x)},{_px(y)}" for x, y in points), look)

    def svg(self, size: str) -> SafeString:
        fonts = f' font-family="IBM Plex Sans" font-size="{FONT_SIZE}"' if self.inline else ""
        box = f"{_px(self.width)} {_px(self.height)}"
        return mark_safe(  # noqa: S308 - every text passed escape(), every colour a pattern, the rest are numbers
            f'<svg xmlns="http://www.w3.org/2000/svg" class="sd-chart sd-chart-{size}" viewBox="0 0 {box}"'
            f' width="{_px(self.width)}" height="{_px(self.height)}" role="img"{fonts}>'
            f"<title>{escape(self.title)}</title>{''.join(self._shapes)}</svg>"
        )

    def _add(self, shape: str, look: str, *, fill: str = "", stroke: str = "") -> None:
        colours = _colour("fill", fill) + _colour("stroke", stroke)
        self._shapes.append(f"<{shape} {self._paint(look)}{colours}/>")

    def _paint(self, look: str) -> str:
        return PAINT[look] if self.inline else f'class="ch-{look}"'


def _colour(attribute: str, value: str) -> str:
    return f' {attribute}="{colours.known(value)}"' if value else ""


def _px(number: float) -> str:
    """At most two decimals, no trailing zeros, and never "-0"."""
    return f"{round(number, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def draw(paint: Callable[[float, str], Canvas], *, wide: int) -> Drawing:
    """Both sizes of one chart: `paint(width, size)` returns the filled canvas; size is "wide" or "narrow"."""
    return Drawing(*(paint(width, size).svg(size) for width, size in ((wide, "wide"), (NARROW, "narrow"))))
