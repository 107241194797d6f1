"""How far is each party towards the common goal, and where should it be by now?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from servicecenter.charts.scale import Number, Scale, scale
from servicecenter.charts.svg import LINE, WIDE, Canvas, Drawing, Party, draw, fit, text_width
from servicecenter.ui import formats

TOP = 24  # px: below the words of the plan's mark


class Goal(NamedTuple):
    party: Party
    value: Number
    text: str  # 1,62 of 2,00 m
    verdict: str  # 0,05 m behind
    is_good: bool


def goal_bars(
    rows: Sequence[Goal],
    *,
    goal: Number,
    plan: Number,
    words: tuple[str, str],
    title: str,
    wide: int = WIDE,
    inline_colours: bool = False,
) -> Drawing:
    """Each party's bar towards `goal`, with a mark at `plan`; `words` are said at the mark and at the goal."""

    def paint(width: float, size: str) -> Canvas:
        is_wide = size == "wide"
        height = TOP + (82 if is_wide else 68) * len(rows) + 18
        canvas = Canvas(width, height, title=title, inline_colours=inline_colours)
        _Goals(canvas, rows, goal, plan, words, is_wide=is_wide).draw()
        return canvas

    return draw(paint, wide=wide)


@dataclass
class _Goals:
    canvas: Canvas
    rows: Sequence[Goal]
    goal: Number
    plan: Number
    words: tuple[str, str]
    is_wide: bool

    def draw(self) -> None:
        self._axis()
        for place, row in enumerate(self.rows):
            if self.is_wide:
                self._wide(TOP + 82 * place, row)
            else:
                self._narrow(TOP + 68 * place, row)

    @cached_property
    def x(self) -> Scale:
        start = end = 0.0
        if self.is_wide:
            start = 12 + min(max(text_width(row.party.name, bold=True) for row in self.rows), self.canvas.width / 4)
            end = 14 + max(text_width(text, bold=True) for row in self.rows for text in (row.text, row.verdict))
        values = [self.goal, self.plan, *(row.value for row in self.rows)]
        return scale((max(value, 0) for value in values), start=start, end=self.canvas.width - end)

    def _axis(self) -> None:
        at_plan, at_goal = self.words
        half = text_width(at_plan, bold=True) / 2
        middle = min(max(self.x(self.plan), half), self.canvas.width - half)
        self.canvas.text(middle, 12, at_plan, "b", anchor="middle")
        zero, floor = formats.number(0), self.canvas.height - 4
        self.canvas.text(self.x(0), floor, zero, "quiet")
        if self.x(self.goal) - text_width(at_goal) > self.x(0) + text_width(zero) + 8:
            self.canvas.text(self.x(self.goal), floor, at_goal, "quiet", anchor="end")

    def _wide(self, y: float, row: Goal) -> None:
        self.canvas.text(0, y + 30, fit(row.party.name, self.x.start - 12, bold=True), "b")
        self._bar(y + 10, row)
        self.canvas.text(self.x.end + 14, y + 24, row.text, "b")
        self.canvas.text(self.x.end + 14, y + 24 + LINE, row.verdict, "good" if row.is_good else "bad")

    def _narrow(self, y: float, row: Goal) -> None:
        room = self.canvas.width - text_width(row.verdict, bold=True) - 12
        self.canvas.text(0, y + 12, fit(row.party.name, room, bold=True), "b")
        self.canvas.text(self.canvas.width, y + 12, row.verdict, "good" if row.is_good else "bad", anchor="end")
        self._bar(y + 22, row)

    def _bar(self, y: float, row: Goal) -> None:
        """A value below zero has no bar; its words say so."""
        self.canvas.rect(self.x(0), y, self.x(self.goal) - self.x(0), 32, "rest", corner=3)
        length = self.x(max(row.value, 0)) - self.x(0)
        self.canvas.rect(self.x(0), y, length, 32, "party", fill=row.party.colour, corner=3)
        self.canvas.line(self.x(self.plan), y - 5, self.x(self.plan), y + 37, "mark")
