"""Exact shares of one common whole, which always sum to 1.

They are kept as whole parts of a whole (3 + 2 + 2 of 7) rather than as one fraction per receiver: mixing keys and days
is then integer arithmetic, and a year of 98 municipalities and 40 pools is calculated while somebody waits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from billing.allocation.errors import AllocationError


@dataclass(frozen=True, slots=True)
class Shares:
    """`parts` of `whole` per receiver; a receiver may have 0 parts. Σ parts = whole > 0."""

    parts: Mapping[str, int]
    whole: int

    def of(self, receiver: str) -> Fraction:
        """The share of a receiver, 0 when the key does not read it."""
        return Fraction(self.parts.get(receiver, 0), self.whole)

    def fractions(self) -> dict[str, Fraction]:
        return {receiver: self.of(receiver) for receiver in self.parts}


def in_proportion(weights: Mapping[str, Fraction]) -> Shares:
    """Shares in proportion to weights that are not negative. EMPTY without receivers, ZERO_DRIVER if all are zero."""
    if not weights:
        raise AllocationError("EMPTY")
    ratios = [exact.as_integer_ratio() for exact in weights.values()]
    unit = lcm(*{divisor for _, divisor in ratios})
    parts = [whole * (unit // divisor) for whole, divisor in ratios]
    common = gcd(*parts)
    if not common:
        raise AllocationError("ZERO_DRIVER")
    parts = [part // common for part in parts] if common > 1 else parts
    return Shares(dict(zip(weights, parts, strict=True)), sum(parts))


def blend(ingredients: Iterable[tuple[Fraction, Shares]]) -> Shares:
    """Σ weight × shares, for weights above 0 that sum to 1; receivers in the order in which they first appear."""
    weighed = list(ingredients)
    if len(weighed) == 1:
        return weighed[0][1]
    whole = lcm(*(weight.denominator * shares.whole for weight, shares in weighed))
    mixed: dict[str, int] = {}
    for weight, shares in weighed:
        factor = weight.numerator * (whole // (weight.denominator * shares.whole))
        for receiver, part in shares.parts.items():
            mixed[receiver] = mixed.get(receiver, 0) + factor * part
    return reduced(mixed, whole)


def reduced(parts: dict[str, int], whole: int) -> Shares:
    """The same shares in the smallest whole numbers."""
    common = gcd(whole, *parts.values())
    if common == 1:
        return Shares(parts, whole)
    return Shares({receiver: part // common for receiver, part in parts.items()}, whole // common)
