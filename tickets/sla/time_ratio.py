"""How many times as long does one municipality wait as the others? The ratio of medians, for like tickets.

A table is {stratum: {municipality: elapsed seconds}}. Over the strata that have both sides, with w = n1·n0/N:
ratio = exp(Σ w·(ln median of one − ln median of the others) / Σ w). What took less than a minute counts as a minute:
below it the clock measures habits of registration, and zero has no logarithm.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import exp, log
from statistics import median
from typing import Any

from tickets.sla.attainment import MOST
from tickets.sla.errors import SlaError

Times = Mapping[str, Mapping[str, Sequence[int]]]

SHORTEST_S = 60
DRAWS = 2000
# Numbers drawn at once, so that a large stratum does not fill the memory.
BLOCK = 4_000_000
# More times than these are not drawn one by one.
LARGE = 2000


def time_ratio(table: Times, municipality: str) -> float | None:
    """1.5: half as long again as the others. None when nothing informs. Raises BAD_TABLE."""
    logs = [(w, log(median(one)) - log(median(others))) for w, one, others in _strata(table, municipality)]
    weight = sum(w for w, _ in logs)
    return exp(sum(w * difference for w, difference in logs) / weight) if weight else None


def time_ratio_interval(table: Times, municipality: str, *, seed: int) -> tuple[float, float] | None:
    """The 95 % percentile bootstrap interval: 2,000 draws within stratum and side. Store `seed` with the report.

    None when nothing informs. Raises BAD_TABLE.
    """
    # Imported on first use: only reports need it.
    import numpy as np

    random = np.random.default_rng(seed)
    logs, weight = np.zeros(DRAWS), 0.0
    for w, one, others in _strata(table, municipality):
        logs += w * (np.log(_drawn_medians(one, random)) - np.log(_drawn_medians(others, random)))
        weight += w
    if not weight:
        return None
    low, high = np.exp(np.percentile(logs / weight, [2.5, 97.5]))
    return float(low), float(high)


def _drawn_medians(times, random):
    import numpy as np

    times = np.array(times)
    if len(times) > LARGE:
        return _medians_by_place(np.sort(times), random)
    rows = max(1, BLOCK // len(times))
    draws = (random.choice(times, (min(rows, DRAWS - done), len(times))) for done in range(0, DRAWS, rows))
    return np.concatenate([np.median(block, axis=1) for block in draws])


def _medians_by_place(times, random):
    """The same distribution without drawing every value: the k-th smallest of n uniform numbers is beta distributed.

    So the place of the middle value among the sorted times is drawn, and of two middle ones the second from what the
    first has left.
    """
    import numpy as np

    n = len(times)
    middle = (n + 1) // 2
    first = random.beta(middle, n + 1 - middle, DRAWS)
    second = first if n % 2 else first + (1 - first) * random.beta(1, n - middle, DRAWS)
    places = (np.minimum((share * n).astype(int), n - 1) for share in (first, second))
    return sum(times[place] for place in places) / 2


def _strata(table: Any, municipality: Any) -> Iterator[tuple[float, list[int], list[int]]]:
    """Weight, times of the municipality and times of the others, per informing stratum."""
    _check(table, municipality)
    for stratum in table.values():
        one = [max(SHORTEST_S, seconds) for seconds in stratum.get(municipality, ())]
        others = [
            max(SHORTEST_S, seconds) for code, times in stratum.items() if code != municipality for seconds in times
        ]
        if one and others:
            yield len(one) * len(others) / (len(one) + len(others)), one, others


def _check(table, municipality):
    if not isinstance(table, Mapping) or not all(isinstance(stratum, Mapping) for stratum in table.values()):
        raise SlaError("BAD_TABLE", value=table)
    codes = {code for stratum in table.values() for code in stratum}
    if len(codes) < 2 or municipality not in list(codes):
        raise SlaError("BAD_TABLE", value=municipality)
    for stratum in table.values():
        for code, times in stratum.items():
            if not isinstance(times, list | tuple) or not all(type(s) is int and 0 <= s <= MOST for s in times):
                raise SlaError("BAD_TABLE", value=code)
