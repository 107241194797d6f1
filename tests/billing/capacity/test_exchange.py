from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError

from billing import periods
from billing.allocation.errors import AllocationError
from billing.capacity import exchange, market
from billing.measuring import PeriodFrozen
from billing.models import CapacityTrade, Holding, Resource, TradeCancellation
from tests.billing.giving.test_giving_months import give
from tests.billing.world import NOON, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return World()


@pytest.fixture
def storage(world):
    return Resource.objects.create(code="storage", name="Lager", unit="TB", pool=world.desk)


def owns(world, member, resource, owned, used="0"):
    return exchange.meter(
        member, resource, world.october, owned=Decimal(owned), used=Decimal(used), by=world.lone, at=NOON
    )


def sells(world, resource, units, price="100", *, seller=None, buyer=None):
    return exchange.trade(
        world.october, resource, kind="sale", seller=seller or world.furesoe, buyer=buyer or world.egedal,
        units=Decimal(units), unit_price=Decimal(price), agreement="Aftale 7", by=world.lone, at=NOON,
    )  # fmt: skip


def test_an_amount_is_units_times_price_half_up(world, storage):
    owns(world, world.furesoe, storage, "10")

    assert sells(world, storage, "2.5", "1.4").amount_ore == 4  # 3.5
    assert sells(world, storage, "2", "0.7").amount_ore == 1  # 1.4


def test_nobody_gives_away_more_than_it_owns(world, storage):
    owns(world, world.furesoe, storage, "10")
    sells(world, storage, "7.5")

    with pytest.raises(exchange.NotOwned, match="Furesoe har kun 2,5 TB af Lager"):
        sells(world, storage, "2.6")
    assert [trade.units for trade in CapacityTrade.objects.all()] == [Decimal("7.5")]


def test_what_was_given_away_cannot_be_metered_away(world, storage):
    owns(world, world.furesoe, storage, "10")
    sells(world, storage, "7.5")

    with pytest.raises(exchange.NotOwned):
        owns(world, world.furesoe, storage, "7")
    assert Holding.objects.get().owned == 10


def test_nobody_trades_with_itself(world, storage):
    owns(world, world.furesoe, storage, "10")

    with pytest.raises(AllocationError) as refused:
        sells(world, storage, "1", buyer=world.furesoe)
    assert refused.value.code == "SELF_TRADE"


def test_a_cancelled_trade_does_not_count_and_is_cancelled_once(world, storage):
    owns(world, world.furesoe, storage, "10")
    trade = sells(world, storage, "10")
    exchange.cancel(trade, by=world.per, reason="Forkert kommune", at=NOON)

    assert exchange.left_to_give(world.furesoe, storage, world.october) == 10
    with pytest.raises(exchange.AlreadyCancelled):
        exchange.cancel(trade, by=world.per, reason="Igen", at=NOON)
    seen = market.read(world.october)
    assert (seen.net, seen.payments, seen.traded_ore) == ([], [], 0)
    assert [deal.is_cancelled for deal in seen.deals] == [True]


def test_net_positions_and_payments_of_a_ring(world, storage):
    for member in world.members:
        owns(world, member, storage, "10")
    sells(world, storage, "3", "100", seller=world.furesoe, buyer=world.egedal)
    sells(world, storage, "2", "100", seller=world.egedal, buyer=world.ballerup)
    sells(world, storage, "1", "50", seller=world.ballerup, buyer=world.furesoe)

    seen = market.read(world.october)

    assert seen.net == [(world.ballerup, -150), (world.furesoe, 250), (world.egedal, -100)]
    assert seen.payments == [(world.ballerup, world.furesoe, 150), (world.egedal, world.furesoe, 100)]


def test_the_meter_shows_what_is_at_hand_after_trading(world, storage):
    owns(world, world.furesoe, storage, "10", "4")
    owns(world, world.egedal, storage, "5", "8")
    sells(world, storage, "2.5")

    ((_, meters),) = market.read(world.october).meters
    shown = [(one.municipality, one.at_hand, one.free, one.is_short) for one in meters]
    assert shown == [
        (world.ballerup, None, None, False),
        (world.furesoe, Decimal("7.5"), Decimal("3.5"), False),
        (world.egedal, Decimal("7.5"), Decimal("-0.5"), True),
    ]


def test_the_full_cost_is_the_pool_and_the_overhead_that_follows_it(world, storage):
    world.lines()
    periods.calculate(world.october, by=world.lone, at=NOON)
    owns(world, world.furesoe, storage, "10")
    sells(world, storage, "1", "70000")

    (deal,) = market.read(world.october).deals

    # Furesø: 38/128 of 19,845.68 for the desk, a third of 100.00 for security, and 1/110.. of overhead upon both.
    amounts = {
        row.pool.code: row.amount_ore
        for row in world.october.allocations.filter(municipality=world.furesoe).select_related("pool")
    }
    desk, security, overhead = amounts["desk"], amounts["security"], amounts["overhead"]
    exact = desk + overhead * desk / (desk + security)
    assert deal.unit_cost_ore == round(exact / 10)
    assert deal.is_below_cost is (exact > 70000 * 10)


def test_part_of_a_pool_is_part_of_the_cost(world, storage):
    Resource.objects.filter(pk=storage.pk).update(pool_percent=25)
    storage.refresh_from_db()
    world.line("L", 128_000_00, world.desk)
    periods.calculate(world.october, by=world.lone, at=NOON)
    owns(world, world.furesoe, storage, "100")
    sells(world, storage, "1", "9499")

    (deal,) = market.read(world.october).deals

    assert (deal.unit_cost_ore, deal.is_below_cost) == (9500, True)  # 38,000.00 / 4 / 100


@pytest.mark.parametrize("carrier", ["idle", "security"])  # security also uses 8 units itself, which are its own cost
@pytest.mark.parametrize(("price", "is_below"), [("266399", True), ("266400", False)])
def test_idle_units_are_in_the_full_cost_and_what_other_pools_use_is_not(world, storage, carrier, price, is_below):
    world.pool("idle", {"type": "equal"}, label="Lige")
    give(world.desk, {"security": "8"}, own="80", idle=carrier, basis="units", unit="TB")
    world.line("L", 96_000_00, world.desk)
    periods.calculate(world.october, by=world.lone, at=NOON)
    owns(world, world.furesoe, storage, "10")
    sells(world, storage, "1", price)

    (deal,) = market.read(world.october).deals

    # 38/128 of the 76,800.00 that the municipalities use, and a third of the 11,520.00 that stand idle; of ten TB.
    assert (deal.unit_cost_ore, deal.is_below_cost) == (266_400, is_below)


def test_overhead_that_carries_idle_units_is_not_counted_twice(world, storage):
    give(world.desk, {}, own="80", idle="overhead", basis="units", unit="TB")
    world.line("L", 128_000_00, world.desk)
    periods.calculate(world.october, by=world.lone, at=NOON)
    owns(world, world.furesoe, storage, "10")
    sells(world, storage, "1")

    (deal,) = market.read(world.october).deals

    assert deal.unit_cost_ore == 380_000  # 38/128 of all there is: 128,000.00, of ten TB


@pytest.fixture
def closed(world, storage):
    owns(world, world.furesoe, storage, "10")
    trade = sells(world, storage, "3")
    world.lines()
    periods.calculate(world.october, by=world.lone, at=NOON)
    periods.approve(world.october, by=world.per, at=NOON)
    periods.close(world.october, by=world.per, at=NOON)
    return trade


def test_a_closed_month_takes_no_trade_and_loses_none(world, storage, closed):
    for attempt in (
        lambda: sells(world, storage, "1"),
        lambda: owns(world, world.furesoe, storage, "20"),
        lambda: exchange.cancel(closed, by=world.lone, reason="For sent", at=NOON),
    ):
        with pytest.raises(PeriodFrozen):
            attempt()
    assert (CapacityTrade.objects.count(), Holding.objects.get().owned, TradeCancellation.objects.count()) == (1, 10, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_capacitytrade SET amount_ore = 1",
        "DELETE FROM billing_capacitytrade",
        "UPDATE billing_holding SET owned = 1",
        "DELETE FROM billing_holding",
    ],
)
def test_the_database_itself_keeps_what_is_closed(world, closed, statement):
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert CapacityTrade.objects.get().amount_ore == 300
