"""Why is the bill different? Each part begins where the one above ended; the axis begins at zero and is never cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from servicecenter.charts.scale import Number, Scale, scale
from servicecenter.charts.svg import Canvas, Drawing, draw, fit, text_width
from servicecenter.ui import formats


class Step(NamedTuple):
    name: str
    value: Number


def waterfall(
    steps: Sequence[Step],
    *,
    total_name: str,
    title: str,
    show: Callable[..., str] = formats.kroner,
    wide: int = 900,
    inline_colours: bool = False,
) -> Drawing:
    """Dearer parts to the right, cheaper ones back to the left; `show(value, signed=True)` writes an amount."""

    def paint(width: float, size: str) -> Canvas:
        is_wide = size == "wide"
        height = (32 if is_wide else 50) * (len(steps) + 1) + 6
        canvas = Canvas(width, height, title=title, inline_colours=inline_colours)
        _Waterfall(canvas, steps, total_name, show, is_wide=is_wide).draw()
        return canvas

    return draw(paint, wide=wide)


@dataclass
class _Waterfall:
    canvas: Canvas
    steps: Sequence[Step]
    total_name: str
    show: Callable[..., str]
    is_wide: bool

    def draw(self) -> None:
        self.canvas.line(self.x(0), 0, self.x(0), self.canvas.height, "axis")
        for place, step in enumerate(self.steps):
            before, after = self.running[place], self.running[place + 1]
            self._row(place, step, before, look="up" if step.value > 0 else "down")
            if self.is_wide:
                y = self.pitch * place + 26
                self.canvas.line(self.x(after), y, self.x(after), y + 12, "axis")
        self._row(len(self.steps), Step(self.total_name, self.running[-1]), 0, look="total")

    @cached_property
    def pitch(self) -> int:
        return 32 if self.is_wide else 50

    @cached_property
    def running(self) -> list[Number]:
        return list(accumulate((step.value for step in self.steps), initial=0))

    @cached_property
    def x(self) -> Scale:
        amounts = [*(step.value for step in self.steps), self.running[-1]]
        room = max(text_width(self.show(amount, signed=True), bold=True) for amount in amounts) + 14
        words = [text_width(self.total_name, bold=True), *(text_width(step.name) for step in self.steps)]
        names = min(max(words), self.canvas.width * 0.3) + 16
        return scale(self.running, start=names if self.is_wide else 1, end=self.canvas.width - room)

    def _row(self, place: int, step: Step, before: Number, *, look: str) -> None:
        top = self.pitch * place
        bar = top + (6 if self.is_wide else 22)
        x, y = (0, top + 21) if self.is_wide else (6, top + 15)
        is_total = look == "total"
        room = self.x.start - 16 if self.is_wide else self.canvas.width - 6
        self.canvas.text(x, y, fit(step.name, room, bold=is_total), "b" if is_total else "t")
        left, right = sorted((self.x(before), self.x(before + step.value)))  # type: ignore[operator]
        self.canvas.rect(left, bar, right - left, 20, look, corner=2)
        self.canvas.text(self.canvas.width, bar + 15, self.show(step.value, signed=True), "b", anchor="end")
