"""Where a value lies on the paper, round numbers for an axis, and labels that keep their distance."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

Number = int | float | Decimal | Fraction


class Scale(NamedTuple):
    """A straight line from values (low to high) to px (start to end); end may lie above start."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: Number) -> float:
        span = (self.high - self.low) or 1.0
        return self.start + (float(value) - self.low) / span * (self.end - self.start)


def scale(values: Iterable[Number], *, start: float, end: float, from_zero: bool = True) -> Scale:
    """A scale that holds all the values. A bar's axis is never cut: it includes zero."""
    known = [float(value) for value in values] + ([0.0] if from_zero else [])
    low, high = min(known), max(known)
    return Scale(low, high if high > low else low + 1.0, start, end)


def ticks(low: float, high: float, *, about: int = 4) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten) from low to high, roughly as many as asked for."""
    rough = (high - low) / max(about, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(place * step, 10) for place in range(first, last + 1)]


def spread(wanted: list[float], *, gap: float, low: float, high: float) -> list[float]:
    """The nearest places, in the same order, that are `gap` apart and stay between low and high."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    places = [min(max(wanted[index], low), high) for index in order]
    for at in range(1, len(places)):
        places[at] = max(places[at], places[at - 1] + gap)
    if places and places[-1] > high:
        places[-1] = high
        for at in range(len(places) - 2, -1, -1):
            places[at] = min(places[at], places[at + 1] - gap)
    found = dict(zip(order, places, strict=True))
    return [found[index] for index in range(len(wanted))]
