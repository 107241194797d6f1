"""Pools that serve each other, calculated together and exactly.

gross(p) = own(p) + Σ gross(q) · s(q→p), and what leaves the ring is exact(m) = Σ gross(p) · s(p→m). Shares are whole
parts of a whole, so with h(p) = gross(p) / whole(p) the equations have whole coefficients, and elimination without
fractions solves them: every division in it comes out even (Bareiss).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from billing.allocation.errors import AllocationError, located
from billing.allocation.shares import Shares


@dataclass(frozen=True)
class Ring:
    """`gross` per pool, and what leaves the ring per receiver outside it (`exact`), both in exact øre.

    `shares` holds the shares of every pool that had anything to give; of the others nothing is read.
    """

    gross: Mapping[str, Fraction]
    exact: Mapping[str, Fraction]
    shares: Mapping[str, Shares]


def solve(own_ore: Mapping[str, int], shares_of: Callable[[str], Shares]) -> Ring:
    """The gross amounts of the pools and what leaves them.

    NEGATIVE_BASIS for a pool with a credit, NO_EXIT when cost could go round for ever.
    """
    for pool, own in own_ore.items():
        if own < 0:
            raise AllocationError("NEGATIVE_BASIS", "own", found=own, pool=pool)
    shares = _read_those_with_cost(own_ore, shares_of)
    _refuse_closed(shares)
    per_part = _eliminated([_equation(pool, shares, own_ore) for pool in shares])
    parts_paid = dict(zip(shares, per_part, strict=True))
    gross = {pool: Fraction(0) for pool in own_ore}
    gross |= {pool: parts_paid[pool] * shares[pool].whole for pool in shares}
    return Ring(gross, _leaving(parts_paid, shares, own_ore), shares)


def _read_those_with_cost(own_ore: Mapping[str, int], shares_of: Callable[[str], Shares]) -> dict[str, Shares]:
    """A pool without cost of its own is read when another one gives to it."""
    shares: dict[str, Shares] = {}
    waiting = sorted(pool for pool, own in own_ore.items() if own)
    while waiting:
        pool = waiting.pop()
        if pool not in shares:
            with located(pool=pool):
                shares[pool] = shares_of(pool)
            waiting += [receiver for receiver, part in shares[pool].parts.items() if part and receiver in own_ore]
    return dict(sorted(shares.items()))


def _refuse_closed(shares: Mapping[str, Shares]) -> None:
    """Every pool must reach somebody outside the ring, if need be through others."""
    given = {pool: {receiver for receiver, part in shares[pool].parts.items() if part} for pool in shares}
    closed = without_exit(given)
    if closed:
        raise AllocationError("NO_EXIT", pool=", ".join(closed))


def without_exit(receivers: Mapping[str, set[str]]) -> list[str]:
    """The pools from which no chain of receivers leads out of the pools."""
    out: set[str] = set()
    grown = True
    while grown:
        reached = {pool for pool, given in receivers.items() if given & out or given - receivers.keys()}
        grown, out = reached != out, reached
    return sorted(receivers.keys() - out)


def _equation(pool: str, shares: Mapping[str, Shares], own_ore: Mapping[str, int]) -> list[int]:
    """whole(p) · h(p) − Σ parts(q→p) · h(q) = own(p), the right side last."""
    coefficients = [(shares[pool].whole if giver == pool else 0) - shares[giver].parts.get(pool, 0) for giver in shares]
    return [*coefficients, own_ore[pool]]


def _eliminated(rows: list[list[int]]) -> list[Fraction]:
    """The solution of the equations. No pivot can be zero: all cost finds a way out, so no part of it is singular."""
    previous = 1
    for place, pivot_row in enumerate(rows):
        pivot = pivot_row[place]
        for other, row in enumerate(rows):
            if other != place:
                pairs = zip(row, pivot_row, strict=True)
                rows[other] = [(pivot * left - row[place] * right) // previous for left, right in pairs]
        previous = pivot
    return [Fraction(row[-1], row[place]) for place, row in enumerate(rows)]


def _leaving(
    parts_paid: Mapping[str, Fraction], shares: Mapping[str, Shares], own_ore: Mapping[str, int]
) -> dict[str, Fraction]:
    leaving: dict[str, Fraction] = {}
    for pool, per_part in parts_paid.items():
        for receiver, part in shares[pool].parts.items():
            if receiver not in own_ore:
                leaving[receiver] = leaving.get(receiver, Fraction(0)) + per_part * part
    return dict(sorted(leaving.items()))
