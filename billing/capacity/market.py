"""The exchange of one month as a page reads it: meters, trades beside the seller's full cost, and who pays whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from billing.allocation.exchange import is_below_cost, net, payments
from billing.capacity.unit_cost import FullCost
from billing.models import CapacityTrade, Holding, Period, Resource
from municipalities.models import Municipality

ZERO = Decimal(0)


@dataclass(frozen=True)
class Meter:
    """Units of a resource: owned and used as measured, given and taken as traded. None: not measured."""

    municipality: Municipality
    owned: Decimal | None
    used: Decimal | None
    given: Decimal
    taken: Decimal

    @property
    def at_hand(self) -> Decimal | None:
        return None if self.owned is None else self.owned - self.given + self.taken

    @property
    def free(self) -> Decimal | None:
        """Negative when more is used than there is."""
        return None if self.at_hand is None or self.used is None else self.at_hand - self.used

    @property
    def share_used(self) -> Fraction | None:
        return Fraction(self.used) / Fraction(self.at_hand) if self.used is not None and self.at_hand else None

    @property
    def is_short(self) -> bool:
        return self.free is not None and self.free < 0


@dataclass(frozen=True)
class Deal:
    trade: CapacityTrade
    unit_cost_ore: int | None
    is_below_cost: bool | None
    is_cancelled: bool


@dataclass(frozen=True)
class Market:
    period: Period
    meters: list[tuple[Resource, list[Meter]]]
    deals: list[Deal]
    net: list[tuple[Municipality, int]]
    payments: list[tuple[Municipality, Municipality, int]]

    @property
    def traded_ore(self) -> int:
        return sum(deal.trade.amount_ore for deal in self.deals if not deal.is_cancelled)


def read(period: Period) -> Market:
    members = {member.code: member for member in Municipality.objects.members()}
    rows = CapacityTrade.objects.filter(period=period)
    trades = list(rows.select_related("municipality", "buyer", "resource__pool", "cancellation", "entered_by"))
    counted = [trade for trade in trades if not is_cancelled(trade)]
    positions = net(trade.exact for trade in counted)
    holdings = list(Holding.objects.filter(period=period))
    return Market(
        period=period,
        meters=[(item, _meters(item, members.values(), holdings, counted)) for item in Resource.objects.all()],
        deals=list(_deals(trades, holdings, FullCost.of(period))),
        net=[(members[code], amount) for code, amount in positions.items()],
        payments=[(members[paid.payer], members[paid.payee], paid.amount_ore) for paid in payments(positions)],
    )


def is_cancelled(trade: CapacityTrade) -> bool:
    return hasattr(trade, "cancellation")


def _meters(
    resource: Resource, members: Iterable[Municipality], holdings: list[Holding], counted: list[CapacityTrade]
) -> list[Meter]:
    measured = {row.municipality_id: row for row in holdings if row.resource_id == resource.pk}
    trades = [trade for trade in counted if trade.resource_id == resource.pk]
    return [
        Meter(
            municipality=member,
            owned=row.owned if (row := measured.get(member.pk)) else None,
            used=row.used if row else None,
            given=sum((trade.units for trade in trades if trade.municipality_id == member.pk), ZERO),
            taken=sum((trade.units for trade in trades if trade.buyer_id == member.pk), ZERO),
        )
        for member in members
    ]


def _deals(trades: list[CapacityTrade], holdings: list[Holding], costs: FullCost):
    owned = {(row.municipality_id, row.resource_id): row.owned for row in holdings}
    for trade in trades:
        units = Fraction(owned.get((trade.municipality_id, trade.resource_id), ZERO))
        cost = costs.of_resource(trade.resource, trade.municipality_id)
        below = None if cost is None else is_below_cost(trade.exact, seller_cost_ore=cost, seller_units=units)
        yield Deal(trade, costs.per_unit(cost, units), below, is_cancelled(trade))
