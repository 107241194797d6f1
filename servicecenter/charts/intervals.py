"""Is a share on target, and how sure are we? A dot with its interval and the target; a funnel for many parties."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from servicecenter.charts.scale import Scale, spread, ticks
from servicecenter.charts.svg import LINE, WIDE, Canvas, Drawing, Party, draw, fit, text_width
from servicecenter.ui import formats

ROW = 27  # px between two parties
HEADING = 30  # px of a group's name


class Share(NamedTuple):
    """A share of one with its interval. With too few observations `share` is None and `text` says so."""

    party: Party
    share: float | None
    low: float | None
    high: float | None
    text: str  # 94,1 %
    second: str = ""  # (92,8–95,2)


def intervals(
    groups: Sequence[tuple[str, Sequence[Share]]],
    *,
    target: float | None,
    target_text: str,
    title: str,
    show: Callable[[float], str] = lambda share: formats.percent(share, 0),
    wide: int = WIDE,
    inline_colours: bool = False,
) -> Drawing:
    """Groups of (heading, shares) over one axis. The axis is cut, as dots allow, and says where it begins and ends.

    With `target` None nothing was aimed at, and no line is drawn.
    """

    def paint(width: float, size: str) -> Canvas:
        height = sum(HEADING + ROW * len(shares) for _, shares in groups) + 26
        canvas = Canvas(width, height, title=title, inline_colours=inline_colours)
        _Intervals(canvas, groups, target, target_text, show, is_wide=size == "wide").draw()
        return canvas

    return draw(paint, wide=wide)


@dataclass
class _Intervals:
    canvas: Canvas
    groups: Sequence[tuple[str, Sequence[Share]]]
    target: float | None
    target_text: str
    show: Callable[[float], str]
    is_wide: bool

    def draw(self) -> None:
        self._axis()
        y = 0
        for heading, shares in self.groups:
            self.canvas.text(0, y + 16, heading, "b")
            for place, row in enumerate(shares):
                self._row(y + HEADING + ROW * place, row)
            y += HEADING + ROW * len(shares)

    @cached_property
    def shares(self) -> list[Share]:
        return [row for _, shares in self.groups for row in shares]

    @cached_property
    def x(self) -> Scale:
        """Round ends outside every interval, never below 0 or above 1, so that no interval touches the edge unseen."""
        known = [v for row in self.shares for v in (row.low, row.high) if v is not None]
        known += [] if self.target is None and known else [self.target or 0.0]
        low, high = min(known), max(known)
        steps = ticks(low, high if high > low else low + 0.01)
        step = steps[1] - steps[0] if len(steps) > 1 else 0.01
        low, high = max(steps[0] - step, 0.0), min(steps[-1] + step, 1.0)
        return Scale(low, high, self._names + 14, self.canvas.width - self._texts - 14)

    @cached_property
    def _names(self) -> float:
        return min(max(text_width(row.party.name) for row in self.shares), self.canvas.width * 0.3)

    @cached_property
    def _texts(self) -> float:
        return max(self._text_end(row) for row in self.shares)

    def _text_end(self, row: Share) -> float:
        second = 8 + text_width(row.second) if self.is_wide and row.second else 0
        return text_width(row.text, bold=row.share is not None) + second

    def _axis(self) -> None:
        floor = self.canvas.height - 8
        taken = self._target(floor)
        for value, anchor in ((self.x.low, "start"), (self.x.high, "end")):
            words = self.show(value)
            room = text_width(words)
            left = self.x(value) if anchor == "start" else self.x(value) - room
            if left + room + 8 <= taken[0] or left >= taken[1] + 8:
                self.canvas.text(self.x(value), floor, words, "quiet", anchor=anchor)

    def _target(self, floor: float) -> tuple[float, float]:
        """Draw the line and its words; returns where along the axis the words stand."""
        if self.target is None:
            return self.canvas.width * 2, -1.0
        x = self.x(self.target)
        self.canvas.line(x, HEADING - 8, x, floor - 16, "plan")
        half = text_width(self.target_text, bold=True) / 2
        middle = min(max(x, half), self.canvas.width - half)
        self.canvas.text(middle, floor, self.target_text, "b", anchor="middle")
        return middle - half, middle + half

    def _row(self, y: float, row: Share) -> None:
        self.canvas.text(0, y + 14, fit(row.party.name, self._names), "t")
        start = self.x.end + 14
        if row.share is None or row.low is None or row.high is None:
            self.canvas.text(start, y + 14, row.text, "quiet")
            return
        self.canvas.line(self.x(row.low), y + 10, self.x(row.high), y + 10, "whisker", stroke=row.party.colour)
        self.canvas.circle(self.x(row.share), y + 10, 6, "party", fill=row.party.colour)
        self.canvas.text(start, y + 14, row.text, "b")
        if self.is_wide and row.second:
            self.canvas.text(start + text_width(row.text, bold=True) + 8, y + 14, row.second, "quiet")


class Observed(NamedTuple):
    party: Party
    observations: int
    rate: float


LOOKS = ("limit", "limit-2", "limit-2", "limit")  # 99.8 % below, 95 % below, 95 % above, 99.8 % above
Z = (-3.090232, -1.959964, 1.959964, 3.090232)

# Of a number of observations: the four limits, in the order of LOOKS.
Limits = Callable[[Sequence[int]], Sequence[Sequence[float]]]


def funnel(
    points: Sequence[Observed],
    *,
    joint_rate: float,
    words: tuple[str, str],
    title: str,
    limits: Limits | None = None,
    show: Callable[[float], str] = lambda share: formats.percent(share, 0),
    wide: int = WIDE,
    inline_colours: bool = False,
) -> Drawing:
    """Rate against number, with the limits chance alone would keep to; `words` name the joint rate and the count.

    `limits` gives the four limits of each number; without, they are those of a normal distribution.
    """

    def paint(width: float, size: str) -> Canvas:
        canvas = Canvas(width, 320 if size == "wide" else 280, title=title, inline_colours=inline_colours)
        _Funnel(canvas, points, joint_rate, words, show, limits or normal_limits(joint_rate)).draw()
        return canvas

    return draw(paint, wide=wide)


def normal_limits(rate: float) -> Limits:
    def limits(counts: Sequence[int]) -> list[list[float]]:
        return [[min(max(rate + z * (rate * (1 - rate) / n) ** 0.5, 0.0), 1.0) for z in Z] for n in counts]

    return limits


@dataclass
class _Funnel:
    canvas: Canvas
    points: Sequence[Observed]
    joint_rate: float
    words: tuple[str, str]
    show: Callable[[float], str]
    limits: Limits

    def draw(self) -> None:
        for tick in ticks(self.y.low, self.y.high, about=5):
            y = self.y(tick)
            self.canvas.line(self.x.start, y, self.x.end, y, "grid")
            self.canvas.text(self.x.start - 6, y + 4, self.show(tick), "quiet", anchor="end")
        for look, edge in zip(LOOKS, zip(*self.edges, strict=True), strict=True):
            places = [(self.x(n), self.y(min(max(y, 0.0), 1.0))) for n, y in zip(self.counts, edge, strict=True)]
            self.canvas.polyline(places, look)
        at = self.y(self.joint_rate)
        self.canvas.line(self.x.start, at, self.x.end, at, "axis")
        self.canvas.text(
            self.x.end, self.canvas.height - 6, f"{self.words[1]} {formats.number(self.most)}", "quiet", anchor="end"
        )
        self.canvas.text(self.x.start, self.canvas.height - 6, self.words[0], "quiet")
        self._dots()

    @cached_property
    def most(self) -> int:
        return round(max(point.observations for point in self.points) * 1.15)

    @cached_property
    def least(self) -> float:
        """The funnel opens where the smallest party stands, with some room before it."""
        return max(min(point.observations for point in self.points) * 0.6, 5)

    @cached_property
    def x(self) -> Scale:
        return Scale(self.least, self.most, 46, self.canvas.width - 8)

    @cached_property
    def y(self) -> Scale:
        values = [*self.edges[0], *(point.rate for point in self.points)]
        return Scale(max(min(values) - 0.01, 0), min(max(values) + 0.01, 1), self.canvas.height - 30, 10)

    @cached_property
    def counts(self) -> list[int]:
        steps = 48
        counts = (self.least + (self.most - self.least) * (step / steps) ** 2 for step in range(steps + 1))
        return sorted({round(count) for count in counts})

    @cached_property
    def edges(self) -> Sequence[Sequence[float]]:
        return self.limits(self.counts)

    def _dots(self) -> None:
        places = spread([self.y(p.rate) + 4 for p in self.points], gap=LINE, low=14, high=self.canvas.height - 34)
        for point, y in zip(self.points, places, strict=True):
            x, width = self.x(point.observations), text_width(point.party.name, bold=True)
            self.canvas.circle(x, self.y(point.rate), 6, "party", fill=point.party.colour)
            is_right = x + 12 + width <= self.canvas.width
            self.canvas.text(
                x + 12 if is_right else x - 12, y, point.party.name, "halo", anchor="start" if is_right else "end"
            )
