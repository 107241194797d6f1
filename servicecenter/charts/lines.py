"""Is the queue growing? Received and solved as lines, what is open as the area beneath."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from servicecenter.charts.scale import Number, Scale, scale, spread, ticks
from servicecenter.charts.svg import FULL, LINE, Canvas, Drawing, draw, text_width
from servicecenter.ui import formats


class Series(NamedTuple):
    name: str
    values: Sequence[Number]


def queue_lines(
    labels: Sequence[str],
    *,
    received: Series,
    solved: Series,
    open_: Series,
    title: str,
    show: Callable[[Number], str] = formats.number,
    wide: int = FULL,
    inline_colours: bool = False,
) -> Drawing:
    """One point per label (a week); each series is named at its end, with its last value."""

    def paint(width: float, size: str) -> Canvas:
        is_wide = size == "wide"
        canvas = Canvas(width, 260 if is_wide else 236, title=title, inline_colours=inline_colours)
        _Queue(canvas, labels, (received, solved, open_), show, is_wide=is_wide).draw()
        return canvas

    return draw(paint, wide=wide)


@dataclass
class _Queue:
    canvas: Canvas
    labels: Sequence[str]
    series: tuple[Series, Series, Series]
    show: Callable[[Number], str]
    is_wide: bool

    def draw(self) -> None:
        self._area(self.series[2])
        for tick in self.ticks:
            y = self.y(tick)
            self.canvas.line(self.left, y, self.right, y, "grid" if tick else "axis")
            self.canvas.text(self.left - 6, y + 4, self.show(tick), "quiet", anchor="end")
        self._weeks()
        for series, look in zip(self.series, ("line", "line-2"), strict=False):
            self.canvas.polyline(self._points(series), look)
        self._names()

    @cached_property
    def y(self) -> Scale:
        values = [value for series in self.series for value in series.values]
        return scale(values, start=self.canvas.height - 28, end=12)

    @cached_property
    def ticks(self) -> list[float]:
        return ticks(self.y.low, self.y.high, about=5)

    @cached_property
    def left(self) -> float:
        return 6 + max(text_width(self.show(tick)) for tick in self.ticks)

    @cached_property
    def right(self) -> float:
        return self.canvas.width - max(text_width(self._words(series), bold=True) for series in self.series) - 12

    def _x(self, place: int) -> float:
        return self.left + (self.right - self.left) * place / max(len(self.labels) - 1, 1)

    def _points(self, series: Series) -> list[tuple[float, float]]:
        return [(self._x(place), self.y(value)) for place, value in enumerate(series.values)]

    def _area(self, series: Series) -> None:
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in self._points(series))
        last = self._x(len(series.values) - 1)
        self.canvas.path(f"M{self.left:.1f},{self.y(0):.1f} L{points} L{last:.1f},{self.y(0):.1f}Z", "area")

    def _weeks(self) -> None:
        """As many of the labels as fit, counted back from the last, which always shows."""
        widest = max(text_width(label) for label in self.labels) + 14
        every = max(1, -(-int(widest * max(len(self.labels) - 1, 1)) // max(int(self.right - self.left), 1)))
        for place in range(len(self.labels) - 1, -1, -every):
            half = text_width(self.labels[place]) / 2
            x = min(max(self._x(place), half), self.canvas.width - half)
            self.canvas.text(x, self.canvas.height - 8, self.labels[place], "quiet", anchor="middle")

    def _words(self, series: Series) -> str:
        return f"{series.name} {self.show(series.values[-1])}"

    def _names(self) -> None:
        wanted = [self.y(series.values[-1]) + 4 for series in self.series]
        for series, y in zip(self.series, spread(wanted, gap=LINE, low=14, high=self.y.start), strict=True):
            self.canvas.text(self.right + 8, y, self._words(series), "b")
