"""The one rounding of the bill: the largest remainder (Hamilton's method), and half away from zero for products.

Everybody gets the whole øre of the exact amount; the øre left over go one each to the largest fractional parts, and
among equal parts to the lowest code as text. A credit is the mirror of the charge. Every amount is within one øre of
the exact one, a share of 0 gives 0, and the amounts add up to the total. (docs/en/allocation.md, "Rounding")
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from billing.allocation import plain
from billing.allocation.shares import Shares, in_proportion


@dataclass(frozen=True)
class Split:
    """A total in whole øre, shared. `shares` is None for a total of 0, whose key is not read.

    `tied` are the receivers with equal fractional parts of whom only some got the øre, so that the code decided.
    """

    total_ore: int
    amounts: Mapping[str, int]
    shares: Shares | None = None
    tied: frozenset[str] = field(default=frozenset())

    def exact(self, receiver: str) -> Fraction:
        """The amount before rounding, in øre."""
        return self.total_ore * self.shares.of(receiver) if self.shares else Fraction(0)

    def rounding(self, receiver: str) -> Fraction:
        """What rounding added, in øre, always less than one."""
        return self.amounts.get(receiver, 0) - self.exact(receiver)


def largest_remainder(total_ore: int, shares: Shares) -> Split:
    """Share a total so that the whole øre add up to it."""
    if total_ore < 0:
        charge = largest_remainder(-total_ore, shares)
        mirrored = {receiver: -amount for receiver, amount in charge.amounts.items()}
        return Split(total_ore, mirrored, shares, charge.tied)
    amounts, remainders = {}, {}
    for receiver, part in shares.parts.items():
        amounts[receiver], remainders[receiver] = divmod(total_ore * part, shares.whole)
    left = total_ore - sum(amounts.values())
    if not left:
        return Split(total_ore, amounts, shares)
    ranked = sorted(sorted(remainders), key=remainders.__getitem__, reverse=True)  # equal ones stay in order of code
    for receiver in ranked[:left]:
        amounts[receiver] += 1
    return Split(total_ore, amounts, shares, _tied(ranked, remainders, left))


def _tied(ranked: list[str], remainders: Mapping[str, int], left: int) -> frozenset[str]:
    last, next_ = remainders[ranked[left - 1]], remainders[ranked[left]]
    return frozenset(receiver for receiver in ranked if remainders[receiver] == last) if last == next_ else frozenset()


def apportion(total_ore: object, weights: object) -> Split:
    """Share a total by plain weights. A total of 0 gives everyone 0 without reading a weight.

    Raises NOT_INTEGER, then EMPTY, MISSING_DRIVER, BAD_NUMBER, NEGATIVE_DRIVER or ZERO_DRIVER.
    """
    total, table = plain.whole_ore(total_ore), plain.mapping(weights)
    return largest_remainder(total, weighed(table)) if total else nothing(table)


def weighed(weights: Mapping[str, object]) -> Shares:
    """Shares by plain weights, read in order of code so that the first fault is the same whatever the order."""
    return in_proportion({receiver: plain.weight(weights[receiver], member=receiver) for receiver in sorted(weights)})


def nothing(receivers: Iterable[str]) -> Split:
    """A total of 0: everyone gets 0."""
    return Split(0, dict.fromkeys(sorted(receivers), 0))


def half_up(exact: Fraction) -> int:
    """The nearest whole number, half away from zero."""
    whole = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return whole if exact.numerator >= 0 else -whole


def rounded_ore(exact: Fraction, **where: object) -> int:
    """A product in whole øre, half away from zero; NOT_INTEGER when it is too large to be stored."""
    return plain.whole_ore(half_up(exact), **where)
