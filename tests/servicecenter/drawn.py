"""Reads a drawing back as shapes and measured words, so that tests can ask where things lie."""

import re
from typing import NamedTuple
from xml.etree import ElementTree as ET

from servicecenter.charts.svg import FONT_SIZE, text_width

SVG = "{http://www.w3.org/2000/svg}"
BOLD = {"ch-b", "ch-good", "ch-bad", "ch-on", "ch-on-dark", "ch-halo"}


class Box(NamedTuple):
    words: str
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other):
        return (
            self.left < other.right - 0.5
            and other.left < self.right - 0.5
            and self.top < other.bottom - 0.5
            and other.top < self.bottom - 0.5
        )


def parse(svg):
    return ET.fromstring(svg)  # noqa: S314 - our own markup


def words(svg):
    return [text.text for text in parse(svg).iter(f"{SVG}text")]


def boxes(svg):
    """Every text's box: as wide as its letters, from cap height to a little below the baseline."""
    found = []
    for text in parse(svg).iter(f"{SVG}text"):
        x, y = float(text.get("x")), float(text.get("y"))
        width = text_width(text.text, bold=text.get("class") in BOLD)
        left = x - {"start": 0, "middle": width / 2, "end": width}[text.get("text-anchor")]
        found.append(Box(text.text, left, y - FONT_SIZE * 0.72, left + width, y + 1))
    return found


def rects(svg, look=""):
    """(x, y, width, height, fill) of the rectangles, of one look or of all."""
    return [
        (*(float(rect.get(name)) for name in ("x", "y", "width", "height")), rect.get("fill"))
        for rect in parse(svg).iter(f"{SVG}rect")
        if not look or rect.get("class") == f"ch-{look}"
    ]


def lines(svg, look):
    return [
        tuple(float(line.get(name)) for name in ("x1", "y1", "x2", "y2"))
        for line in parse(svg).iter(f"{SVG}line")
        if line.get("class") == f"ch-{look}"
    ]


def size(svg):
    return tuple(float(number) for number in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())


def overlapping(svg):
    found = boxes(svg)
    return [
        (one.words, other.words) for at, one in enumerate(found) for other in found[at + 1 :] if one.overlaps(other)
    ]


def outside(svg):
    width, height = size(svg)
    return [
        box.words
        for box in boxes(svg)
        if box.left < -1 or box.right > width + 1 or box.top < -1 or box.bottom > height + 1
    ]
