"""Capacity that members lend and sell each other: what is owed after netting, and who pays whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from billing.allocation import plain
from billing.allocation.errors import AllocationError
from billing.allocation.rounding import rounded_ore


@dataclass(frozen=True)
class Trade:
    """Units sold at a price in øre per unit that the parties agreed; either may have decimals."""

    seller: str
    buyer: str
    units: Fraction
    unit_price_ore: Fraction

    @property
    def amount_ore(self) -> int:
        return rounded_ore(self.units * self.unit_price_ore, member=self.seller)


@dataclass(frozen=True)
class Payment:
    payer: str
    payee: str
    amount_ore: int


def read_trades(value: object) -> list[Trade]:
    return [_trade(plain.mapping(trade)) for trade in plain.listing(value)]


def _trade(trade: Mapping) -> Trade:
    seller, buyer = plain.name(trade.get("seller")), plain.name(trade.get("buyer"))
    if seller == buyer:
        raise AllocationError("SELF_TRADE", found=seller, member=seller)
    units = plain.exact_number(trade.get("units"), member=seller)
    return Trade(seller, buyer, units, plain.exact_number(trade.get("unit_price_ore"), member=seller))


def net(trades: Iterable[Trade]) -> dict[str, int]:
    """Sold − bought per member, in øre: positive is to be received. The sum is 0."""
    positions: dict[str, int] = {}
    for trade in trades:
        positions[trade.seller] = positions.get(trade.seller, 0) + trade.amount_ore
        positions[trade.buyer] = positions.get(trade.buyer, 0) - trade.amount_ore
    return {member: plain.whole_ore(amount, member=member) for member, amount in sorted(positions.items())}


def payments(net_ore: Mapping[str, int]) -> list[Payment]:
    """Settle net positions with at most n − 1 payments.

    Again and again the largest debtor pays the largest creditor the smaller of the two amounts; the lowest code among
    equals.
    """
    open_ore = {member: amount for member, amount in sorted(net_ore.items()) if amount}
    made = []
    while open_ore:
        debtor, creditor = min(open_ore, key=open_ore.__getitem__), max(open_ore, key=open_ore.__getitem__)
        amount = min(-open_ore[debtor], open_ore[creditor])
        made.append(Payment(debtor, creditor, amount))
        open_ore[debtor] += amount
        open_ore[creditor] -= amount
        open_ore = {member: left for member, left in open_ore.items() if left}
    return made


def is_below_cost(trade: Trade, *, seller_cost_ore: int, seller_units: Fraction) -> bool | None:
    """Whether the price is below the seller's full cost per unit; None when the seller has no units to tell it by."""
    return trade.unit_price_ore * seller_units < seller_cost_ore if seller_units > 0 else None
