"""What an amount is made of: amount = exact + rounding, and exact = Σ over lines of line amount × share.

What a pool received from another is a line too, named by its giver: its own trace opens there. Why the share is what
it is stands in `explanations`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from billing.allocation.cascade import Step
from billing.allocation.ledger import Line
from billing.allocation.reciprocal import solve
from billing.allocation.rounding import Split


@dataclass(frozen=True)
class TracedLine:
    """A posted line, or (`is_received`) the amount from the giver that `id` names, with its exact part in øre."""

    id: str
    amount_ore: int
    exact_ore: Fraction
    is_received: bool = False


@dataclass(frozen=True)
class Trace:
    """One receiver's amount, explained. `share` is None when the total is 0: no key was read."""

    receiver: str
    amount_ore: int
    share: Fraction | None
    exact_ore: Fraction
    rounding_ore: Fraction
    is_tied: bool
    lines: tuple[TracedLine, ...]


def trace(split: Split, lines: Iterable[Line], receiver: str) -> Trace:
    """The receiver's amount, from the lines of one pool that add up to the total of the split."""
    share = split.shares.of(receiver) if split.shares else Fraction(0)
    return _trace(split, [TracedLine(line.id, line.amount_ore, line.amount_ore * share) for line in lines], receiver)


def trace_step(step: Step, lines: Iterable[Line], receiver: str) -> Trace:
    """The receiver's amount from a pool of a run: from its own lines and from what it received.

    Pools that serve each other have one split; their lines weigh by the pool they were posted to.
    """
    shares = {pool: share_of_pool(step, pool, receiver) for pool in step.pools}
    traced = [
        TracedLine(line.id, line.amount_ore, line.amount_ore * shares[line.pool])
        for line in lines
        if line.pool in shares
    ]
    for pool, share in shares.items():
        given = step.received_ore[pool].items()
        traced += [TracedLine(giver, amount, amount * share, is_received=True) for giver, amount in given]
    return _trace(step.split, traced, receiver)


def share_of_pool(step: Step, pool: str, receiver: str) -> Fraction:
    """The part of each øre of a pool that ends with a receiver, in a ring also by way of the other pools."""
    if step.split.shares is None:
        return Fraction(0)
    if step.ring is None:
        return step.split.shares.of(receiver)
    if pool not in step.ring.shares:
        return Fraction(0)  # the pool had nothing to give
    one_ore = dict.fromkeys(step.pools, 0) | {pool: 1}
    return solve(one_ore, step.ring.shares.__getitem__).exact.get(receiver, Fraction(0))


def _trace(split: Split, lines: list[TracedLine], receiver: str) -> Trace:
    return Trace(
        receiver,
        split.amounts.get(receiver, 0),
        split.shares.of(receiver) if split.shares else None,
        split.exact(receiver),
        split.rounding(receiver),
        receiver in split.tied,
        tuple(lines),
    )
