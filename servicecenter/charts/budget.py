"""Which pools spend more than their budget? A bar, the budget as a tick on it, and the deviation in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from servicecenter.charts.scale import Number, Scale, scale
from servicecenter.charts.svg import WIDE, Canvas, Drawing, draw, fit, text_width


class Spending(NamedTuple):
    name: str
    value: Number
    budget: Number
    text: str  # 12,61 (+2,5 %)
    is_over: bool


def budget_bars(rows: Sequence[Spending], *, title: str, wide: int = WIDE, inline_colours: bool = False) -> Drawing:
    """One bar per pool; only what is over its budget stands out."""

    def paint(width: float, size: str) -> Canvas:
        is_wide = size == "wide"
        canvas = Canvas(width, (34 if is_wide else 50) * len(rows), title=title, inline_colours=inline_colours)
        _Budget(canvas, rows, is_wide=is_wide).draw()
        return canvas

    return draw(paint, wide=wide)


@dataclass
class _Budget:
    canvas: Canvas
    rows: Sequence[Spending]
    is_wide: bool

    def draw(self) -> None:
        for place, row in enumerate(self.rows):
            if self.is_wide:
                self._wide(34 * place, row)
            else:
                self._narrow(50 * place, row)

    @cached_property
    def x(self) -> Scale:
        values = [value for row in self.rows for value in (row.value, row.budget)]
        if not self.is_wide:
            return scale(values, start=2, end=self.canvas.width - 2)
        names = min(max(text_width(row.name) for row in self.rows), self.canvas.width * 0.34)
        texts = max(text_width(row.text, bold=True) for row in self.rows)
        return scale(values, start=names + 12, end=self.canvas.width - texts - 14)

    def _wide(self, y: float, row: Spending) -> None:
        self.canvas.text(0, y + 21, fit(row.name, self.x.start - 12), "t")
        self.canvas.text(self.x.end + 14, y + 21, row.text, "bad" if row.is_over else "b")
        self._bar(y + 8, row)

    def _narrow(self, y: float, row: Spending) -> None:
        room = self.canvas.width - text_width(row.text, bold=True) - 12
        self.canvas.text(0, y + 14, fit(row.name, room), "t")
        self.canvas.text(self.canvas.width, y + 14, row.text, "bad" if row.is_over else "b", anchor="end")
        self._bar(y + 24, row)

    def _bar(self, y: float, row: Spending) -> None:
        left, right = sorted((self.x(0), self.x(row.value)))
        self.canvas.rect(left, y, right - left, 18, "up" if row.is_over else "bar", corner=2)
        self.canvas.line(self.x(row.budget), y - 4, self.x(row.budget), y + 22, "mark")
