"""The limits of a funnel plot: how far from the joint rate chance alone takes a municipality with n clocks.

Exact binomial limits, interpolated between the two counts on either side of the wanted probability so that the curve
is smooth (Spiegelhalter 2005). Outside the 95 % limits: worth a look. Outside the 99.8 % limits: hardly chance.
"""

from collections.abc import Iterable
from typing import NamedTuple

from tickets.sla.errors import SlaError

TAIL_95 = 0.025
TAIL_998 = 0.001


class FunnelLimits(NamedTuple):
    n: int
    low_998: float
    low_95: float
    high_95: float
    high_998: float


def funnel_limits(rate: float, counts: Iterable[int]) -> list[FunnelLimits]:
    """The limits round the joint rate (0 to 1) for each n of `counts`. Raises BAD_TABLE."""
    counts = list(counts)
    if not 0 <= rate <= 1 or any(type(n) is not int or n < 1 for n in counts):
        raise SlaError("BAD_TABLE", value=rate)
    if not counts:
        return []
    if rate in (0, 1):
        # Then nothing is left to chance, which the interpolation below does not know.
        return [FunnelLimits(n, rate, rate, rate, rate) for n in counts]
    tails = (TAIL_998, TAIL_95, 1 - TAIL_95, 1 - TAIL_998)
    columns = [_limits(rate, counts, tail) for tail in tails]
    return [FunnelLimits(n, *limits) for n, *limits in zip(counts, *columns, strict=True)]


def _limits(rate, counts, tail):
    # Imported on first use: scipy takes a second, and only reports need it.
    import numpy as np
    from scipy.stats import binom

    n = np.array(counts)
    successes = binom.ppf(tail, n, rate)
    reached = binom.cdf(successes, n, rate)
    before = binom.cdf(successes - 1, n, rate)
    step = np.divide(reached - tail, reached - before, out=np.zeros(len(n)), where=reached > before)
    return [float(limit) for limit in np.clip((successes - step) / n, 0, 1)]
