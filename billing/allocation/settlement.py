"""Budget, on-account invoices, the settlement of the year, and corrections of closed periods, in whole øre."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from billing.allocation import plain
from billing.allocation.errors import AllocationError
from billing.allocation.rounding import apportion

MAX_INSTALMENTS = 1200

Amounts = Mapping[str, int]


def instalments(total_ore: object, count: object) -> list[int]:
    """A yearly amount in instalments, in order of time: the first ones carry the odd øre. BAD_COUNT otherwise."""
    total = plain.whole_ore(total_ore)
    if type(count) is not int or not 1 <= count <= MAX_INSTALMENTS:
        raise AllocationError("BAD_COUNT", found=count)
    amount, odd = divmod(abs(total), count)
    sign = -1 if total < 0 else 1
    return [sign * (amount + (place < odd)) for place in range(count)]


@dataclass(frozen=True)
class Settlement:
    """What each member still pays (or, negative, gets back), and why: cost + key + unbilled = settlement."""

    budget_share_ore: Amounts
    actual_share_ore: Amounts
    settlement_ore: Amounts
    of_which_cost_ore: Amounts
    of_which_key_ore: Amounts
    of_which_unbilled_ore: Amounts


def settle(*, budget: Amounts, actual: Amounts, actual_by_budget_key: Amounts, invoiced: Amounts) -> Settlement:
    """The settlement from whole-øre shares; whoever is missing in one of them has 0 there.

    cost: what the members' joint cost did, by the key of the budget. key: what the new key or driver values did.
    unbilled: what of the budget was not invoiced on account.
    """
    return Settlement(
        budget_share_ore=difference(budget, among=(actual, actual_by_budget_key, invoiced)),
        actual_share_ore=difference(actual, among=(budget, actual_by_budget_key, invoiced)),
        settlement_ore=difference(actual, invoiced, among=(budget, actual_by_budget_key)),
        of_which_cost_ore=difference(actual_by_budget_key, budget, among=(actual, invoiced)),
        of_which_key_ore=difference(actual, actual_by_budget_key, among=(budget, invoiced)),
        of_which_unbilled_ore=difference(budget, invoiced, among=(actual, actual_by_budget_key)),
    )


def settlement(
    *, budget_ore: object, budget_weights: object, actual_ore: object, actual_weights: object, invoiced_ore: object
) -> Settlement:
    """The settlement of totals that are shared by plain weights. All amounts are checked before any weight."""
    for total in (budget_ore, actual_ore):
        plain.whole_ore(total)
    invoiced = plain.amounts(invoiced_ore)
    return settle(
        budget=apportion(budget_ore, budget_weights).amounts,
        actual=apportion(actual_ore, actual_weights).amounts,
        actual_by_budget_key=apportion(actual_ore, budget_weights).amounts,
        invoiced=invoiced,
    )


def correction(*, closed: Amounts, recomputed: Amounts, earlier: Iterable[Amounts] = ()) -> dict[str, int]:
    """What to book in an open period so that closed + corrections = recomputed. Done twice, it is 0.

    Closed amounts are taken as they were booked, never recomputed.
    """
    return difference(recomputed, closed, *earlier)


def difference(first: Amounts, *others: Amounts, among: Iterable[Amounts] = ()) -> dict[str, int]:
    """first − others per member, for all members of these and of `among`."""
    members = set(first).union(*others, *among)
    return {
        member: plain.whole_ore(first.get(member, 0) - sum(other.get(member, 0) for other in others), member=member)
        for member in sorted(members)
    }
