"""Who would pay more and who less? Bars to both sides of zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from servicecenter.charts.scale import Number, Scale
from servicecenter.charts.svg import LINE, WIDE, Canvas, Drawing, Party, draw, fit, text_width


class Change(NamedTuple):
    party: Party
    value: Number
    text: str  # +18.791 kr.
    second: str = ""  # +225 t.kr. a year


def diverging_bars(
    rows: Sequence[Change],
    *,
    ends: tuple[str, str],
    title: str,
    wide: int = WIDE,
    inline_colours: bool = False,
) -> Drawing:
    """Left of zero is less, right is more; `ends` say what that means ("cheaper", "dearer")."""

    def paint(width: float, size: str) -> Canvas:
        is_wide = size == "wide"
        height = (62 if is_wide else 56) * len(rows) + 28
        canvas = Canvas(width, height, title=title, inline_colours=inline_colours)
        _Diverging(canvas, rows, ends, is_wide=is_wide).draw()
        return canvas

    return draw(paint, wide=wide)


@dataclass
class _Diverging:
    canvas: Canvas
    rows: Sequence[Change]
    ends: tuple[str, str]
    is_wide: bool

    def draw(self) -> None:
        zero, floor = self.x(0), self.canvas.height - 28
        self.canvas.line(zero, 0, zero, floor, "axis")
        self.canvas.text(zero - 8, floor + 18, fit(self.ends[0], zero - 8), "quiet", anchor="end")
        self.canvas.text(zero + 8, floor + 18, fit(self.ends[1], self.canvas.width - zero - 8), "quiet")
        for place, row in enumerate(self.rows):
            if self.is_wide:
                self._wide(62 * place, row)
            else:
                self._narrow(56 * place, row)

    @cached_property
    def x(self) -> Scale:
        most = max(abs(float(row.value)) for row in self.rows) or 1.0
        if not self.is_wide:
            return Scale(-most, most, self.canvas.width * 0.04, self.canvas.width * 0.96)
        names = min(max(text_width(row.party.name, bold=True) for row in self.rows), self.canvas.width / 4)
        texts = max(text_width(text, bold=True) for row in self.rows for text in (row.text, row.second))
        return Scale(-most, most, names + texts + 24, self.canvas.width - texts - 10)

    def _wide(self, y: float, row: Change) -> None:
        self.canvas.text(0, y + 34, fit(row.party.name, self.canvas.width / 4, bold=True), "b")
        left, right = self._bar(y + 20, row)
        at, anchor = (left - 8, "end") if row.value < 0 else (right + 8, "start")
        self.canvas.text(at, y + (28 if row.second else 36), row.text, "b", anchor=anchor)
        if row.second:
            self.canvas.text(at, y + 28 + LINE, row.second, "quiet", anchor=anchor)

    def _narrow(self, y: float, row: Change) -> None:
        room = self.canvas.width - text_width(row.text, bold=True) - 12
        self.canvas.text(0, y + 14, fit(row.party.name, room, bold=True), "b")
        self.canvas.text(self.canvas.width, y + 14, row.text, "b", anchor="end")
        self._bar(y + 22, row)

    def _bar(self, y: float, row: Change) -> tuple[float, float]:
        left, right = sorted((self.x(0), self.x(row.value)))
        self.canvas.rect(left, y, right - left, 22, "party", fill=row.party.colour, corner=2)
        return left, right
