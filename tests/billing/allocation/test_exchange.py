from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.allocation.errors import AllocationError
from billing.allocation.exchange import Payment, Trade, is_below_cost, net, payments, read_trades
from tests.billing.allocation.problems import quick

members = st.sampled_from(["151", "190", "201", "210", "240"])
trades = st.lists(
    st.builds(
        Trade, members, members, st.fractions(-100, 100, max_denominator=8), st.fractions(0, 3000, max_denominator=4)
    ).filter(lambda trade: trade.seller != trade.buyer)
)


@quick
@given(trades)
def test_payments_reproduce_the_net_positions_with_few_payments(trades):
    positions = net(trades)
    made = payments(positions)

    settled = dict.fromkeys(positions, 0)
    for payment in made:
        settled[payment.payee] += payment.amount_ore
        settled[payment.payer] -= payment.amount_ore
    assert sum(positions.values()) == 0
    assert settled == positions
    assert len(made) <= max(len(positions) - 1, 0)
    assert all(payment.amount_ore > 0 for payment in made)


@quick
@given(trades, st.randoms(use_true_random=False))
def test_the_order_of_the_trades_changes_nothing(trades, random):
    shuffled = list(trades)
    random.shuffle(shuffled)

    assert payments(net(shuffled)) == payments(net(trades))


def test_the_lowest_code_goes_first_among_equals():
    positions = {"240": -50, "151": 50, "190": -50, "210": 50}

    assert payments(positions) == [Payment("190", "151", 50), Payment("240", "210", 50)]


def test_the_largest_are_found_anew_after_each_payment():
    positions = {"151": 100, "190": 60, "201": -90, "240": -70}

    assert payments(positions) == [
        Payment("201", "151", 90),
        Payment("240", "190", 60),
        Payment("240", "151", 10),
    ]


@pytest.mark.parametrize(
    ("units", "price", "amount"),
    [("0.5", "1", 1), ("-0.5", "1", -1), ("1.5", "-1", -2), ("40", "1250.5", 50020), ("1/3", "1", 0), ("0", "99", 0)],
)
def test_an_amount_is_units_times_price_half_away_from_zero(units, price, amount):
    (trade,) = read_trades([{"seller": "151", "buyer": "190", "units": units, "unit_price_ore": price}])

    assert trade.amount_ore == amount
    assert net([trade]) == {"151": amount, "190": -amount}


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("SELF_TRADE", {"buyer": "151"}),
        ("BAD_NUMBER", {"units": 1.5}),
        ("BAD_NUMBER", {"units": None}),
        ("BAD_NUMBER", {"unit_price_ore": "free"}),
        ("BAD_KEY", {"seller": None}),
        ("BAD_KEY", {"buyer": 190}),
        ("NOT_INTEGER", {"units": "1e18", "unit_price_ore": "100"}),
    ],
)
def test_a_trade_that_is_none_is_refused(code, change):
    trade = {"seller": "151", "buyer": "190", "units": "1", "unit_price_ore": "1", **change}

    with pytest.raises(AllocationError) as refused:
        net(read_trades([trade]))

    assert refused.value.code == code


def test_no_trades_need_no_payments():
    assert (net(read_trades(None)), payments({})) == ({}, [])


def test_a_price_below_the_sellers_full_cost_is_seen():
    trade = Trade("151", "190", Fraction(10), Fraction(1499))

    assert is_below_cost(trade, seller_cost_ore=150000, seller_units=Fraction(100)) is True
    assert is_below_cost(trade, seller_cost_ore=149900, seller_units=Fraction(100)) is False
    assert is_below_cost(trade, seller_cost_ore=150000, seller_units=Fraction(0)) is None
