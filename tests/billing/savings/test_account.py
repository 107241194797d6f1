"""The saving as the database gives it: twelfths of the year, volumes, indices, and what is missing."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import BaselinePart, Driver, DriverValue, IndexValue
from billing.savings import account
from tests.billing.savings.world import make_baseline, make_index
from tests.billing.world import NOON, OCTOBER, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return World()


def read(world, months=1, ore=900_000_00):
    carried = {date(2026, 11 - turn, 1): ore for turn in range(1, months + 1)}
    return account.read({world.egedal: carried}).rows[0]


def test_a_month_is_a_twelfth_of_the_yearly_baseline(world):
    make_baseline(world.egedal, series=make_index("loen", {2024: "100", 2026: "110"}), home=600_000_00)

    saved = read(world)

    # 12 m ÷ 12 × 1.10 = 1,100,000 against 900,000 + 50,000 at home.
    assert saved.savings.adjusted_baseline_ore == 1_100_000_00
    assert saved.savings.running_saving_ore == 150_000_00
    assert saved.home_ore == 50_000_00
    assert saved.savings.naive_saving_ore == 50_000_00
    assert (saved.savings.volume_effect_ore, saved.savings.index_effect_ore) == (0, 100_000_00)
    assert saved.saved_ore == 13_636_364  # ÷ 1.10
    assert (saved.plan_ore, saved.ahead_ore) == (16_666_667, 13_636_364 - 16_666_667)


def test_a_stock_counts_by_its_average_and_a_flow_by_its_sum(world):
    tickets = Driver.objects.create(code="tickets", name="Sager", nature="flow", unit="sager")
    september = world.period(date(2026, 9, 1))
    for period, value in ((september, 100), (world.october, 120)):
        DriverValue.objects.create(
            municipality=world.egedal, period=period, driver=tickets, value=Decimal(value), measured_at=NOON
        )
    series = make_index("loen", {2024: "1", 2026: "1"})
    baseline = make_baseline(
        world.egedal, series=series, fixed_ore=0, variable_ore=1_200_000_00, driver=tickets, base_volume=Decimal(1200)
    )
    BaselinePart.objects.create(
        municipality=world.egedal, baseline=baseline, series=series, name="Licenser", variable_ore=120_000_00,
        driver=world.inhabitants, base_volume=Decimal(21_000),
    )  # fmt: skip

    saved = read(world, months=2)

    # tickets: 200,000 × 220 ÷ 200; licences: 20,000 × 42,000 ÷ 21,000.
    assert saved.savings.adjusted_baseline_ore == 220_000_00 + 40_000_00
    assert saved.savings.volume_effect_ore == 20_000_00 + 20_000_00


def test_nothing_is_measured_without_a_baseline(world):
    saved = read(world)

    assert (saved.savings, saved.saved_ore, saved.attained) == (None, None, None)
    assert "baseline" in saved.missing or "basis" in saved.missing


@pytest.mark.parametrize(
    ("breaks", "word"),
    [
        (lambda world: IndexValue.objects.filter(year=2026).delete(), "2026"),
        (lambda world: DriverValue.objects.filter(period=world.october).delete(), "2026-10"),
    ],
)
def test_what_is_missing_is_said_and_is_not_zero(world, breaks, word):
    make_baseline(
        world.egedal, series=make_index("loen", {2024: "100", 2026: "110"}), variable_ore=100,
        driver=world.inhabitants, base_volume=Decimal(42_000),
    )  # fmt: skip
    assert read(world).savings is not None
    breaks(world)

    saved = read(world)

    assert saved.savings is None
    assert word in saved.missing


def test_without_the_cost_at_home_nothing_is_measured(world):
    make_baseline(world.egedal, series=make_index("loen", {2024: "1", 2026: "1"}), home=None)

    assert "2026" in read(world).missing


def test_only_those_measured_count_together(world):
    series = make_index("loen", {2024: "1", 2026: "1"})
    make_baseline(world.egedal, series=series)
    found = account.read({owner: {OCTOBER: 900_000_00} for owner in (world.egedal, world.furesoe)})

    assert (found.saved_ore, found.promised_ore, found.plan_ore) == (100_000_00, 2_000_000_00, 16_666_667)
    assert not found.is_whole
