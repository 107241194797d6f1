"""What did each month cost, and whose was it? Stacked columns with the budget as a step and the totals above."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from servicecenter.charts.scale import Number, Scale, scale, spread, ticks
from servicecenter.charts.svg import LINE, WIDE, Canvas, Drawing, Party, draw, fit, text_width
from servicecenter.ui import formats

Show = Callable[[Number], str]

TOTALS = 12  # px: the baseline of the row of totals
TOP = 30  # px: where the highest column may end


def stacked_months(
    months: Sequence[str],
    parties: Sequence[Party],
    values: Sequence[Sequence[Number]],
    *,
    title: str,
    budget: Sequence[Number] = (),
    words: tuple[str, str] = ("Total", "Budget"),
    show: Show = formats.number,
    show_tick: Show | None = None,
    wide: int = WIDE,
    inline_colours: bool = False,
) -> Drawing:
    """Columns of `values[month][party]`; `budget` has one figure per month; `words` name totals and budget."""

    def paint(width: float, size: str) -> Canvas:
        is_wide = size == "wide"
        canvas = Canvas(width, 320 if is_wide else 262, title=title, inline_colours=inline_colours)
        _Columns(canvas, months, parties, values, budget, words, show, show_tick or show, is_wide=is_wide).draw()
        return canvas

    return draw(paint, wide=wide)


@dataclass
class _Columns:
    canvas: Canvas
    months: Sequence[str]
    parties: Sequence[Party]
    values: Sequence[Sequence[Number]]
    budget: Sequence[Number]
    words: tuple[str, str]
    show: Show
    show_tick: Show
    is_wide: bool

    def draw(self) -> None:
        self._axis()
        for place in range(len(self.months)):
            self._column(place)
        self._totals()
        if self.budget:
            self._budget()
        if self.is_wide:
            self._labels()
        elif self.budget:
            self._budget_key()

    # where things are

    @cached_property
    def floor(self) -> float:
        return self.canvas.height - (28 if self.is_wide else 56)

    @cached_property
    def y(self) -> Scale:
        above = [sum(value for value in row if value > 0) for row in self.values]
        below = [sum(value for value in row if value < 0) for row in self.values]
        return scale([*above, *below, *self.budget], start=self.floor, end=TOP)

    @cached_property
    def ticks(self) -> list[float]:
        return ticks(self.y.low, self.y.high)

    @cached_property
    def left(self) -> float:
        return 6 + max(text_width(self.show_tick(tick)) for tick in self.ticks)

    @cached_property
    def right(self) -> float:
        """The columns leave room for the labels, but keep two thirds of the paper."""
        room = max(text_width(words, bold=True) for words, _ in self._label_words()) + 8 if self.is_wide else 6
        return self.canvas.width - min(room, self.canvas.width / 3)

    @cached_property
    def pitch(self) -> float:
        return (self.right - self.left) / len(self.months)

    def _middle(self, place: int) -> float:
        return self.left + self.pitch * (place + 0.5)

    def _is_last(self, place: int) -> bool:
        return place == len(self.months) - 1

    # what is drawn

    def _axis(self) -> None:
        for tick in self.ticks:
            y = self.y(tick)
            self.canvas.line(self.left, y, self.right, y, "grid" if tick else "axis")
            self.canvas.text(self.left - 6, y + 4, self.show_tick(tick), "quiet", anchor="end")

    def _column(self, place: int) -> None:
        """What is below zero hangs from the axis, so a credit never hides in another's share."""
        bar = self.pitch * 0.68
        x = self._middle(place) - bar / 2
        ends: dict[bool, Number] = {True: 0, False: 0}
        for party, value in zip(self.parties, self.values[place], strict=True):
            base = ends[value >= 0]
            ends[value >= 0] = base + value  # type: ignore[operator]
            top, bottom = sorted((self.y(base), self.y(ends[value >= 0])))
            self.canvas.rect(x, top, bar, bottom - top, "party", fill=party.colour)
            if base:
                self.canvas.line(x, self.y(base), x + bar, self.y(base), "gap")
        name = self.months[place] if self.is_wide else self.months[place][:1]
        look = "b" if self._is_last(place) else "quiet"
        self.canvas.text(self._middle(place), self.floor + 18, fit(name, self.pitch), look, anchor="middle")

    def _totals(self) -> None:
        """Above every column where they fit beside each other, else above the first and the last."""
        figures = [self.show(sum(row)) for row in self.values]
        widest = max(text_width(figure, bold=True) for figure in figures)
        for place, figure in enumerate(figures):
            if widest + 2 <= self.pitch or place == 0 or self._is_last(place):
                half = text_width(figure, bold=True) / 2
                x = min(max(self._middle(place), half), self.canvas.width - half)
                self.canvas.text(x, TOTALS, figure, "b" if self._is_last(place) else "quiet", anchor="middle")
        if self.is_wide:
            x = max(self.right, self._middle(len(figures) - 1) + widest / 2) + 8
            self.canvas.text(x, TOTALS, fit(self.words[0], self.canvas.width - x, bold=True), "b")

    def _budget(self) -> None:
        corners = []
        for place, figure in enumerate(self.budget):
            x, y = self.left + self.pitch * place, self.y(figure)
            corners += [(x, y), (x + self.pitch, y)]
        self.canvas.polyline(corners, "plan")

    def _budget_words(self) -> str:
        return f"{self.words[1]} {self.show(self.budget[-1])}"

    def _budget_key(self) -> None:
        y = self.canvas.height - 6
        self.canvas.line(self.left, y - 4, self.left + 28, y - 4, "plan")
        self.canvas.text(self.left + 36, y, self._budget_words(), "quiet")

    def _label_words(self) -> list[tuple[str, str]]:
        parties = zip(self.parties, self.values[-1], strict=True)
        words = [(f"{party.name} {self.show(value)}", "b") for party, value in parties]
        return [*words, (self._budget_words(), "quiet")] if self.budget else words

    def _labels(self) -> None:
        """Each party's share of the last column and the budget, beside what they name and never on each other."""
        wanted, base = [], 0.0
        for value in self.values[-1]:
            wanted.append(self.y(base + float(value) / 2) + 4)
            base += float(value)
        if self.budget:
            wanted.append(self.y(self.budget[-1]) + 4)
        places = spread(wanted, gap=LINE, low=TOTALS + LINE, high=self.floor)
        for (words, look), y in zip(self._label_words(), places, strict=True):
            self.canvas.text(self.right + 8, y, fit(words, self.canvas.width - self.right - 8, bold=look == "b"), look)
