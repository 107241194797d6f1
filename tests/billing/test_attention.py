"""The rules of "Det bør I se på": when they speak, and when they hold their tongue."""

from fractions import Fraction

import pytest
from django.utils import translation

from billing import attention
from billing.attention import Saving, Share, Spending
from tickets.sla.attainment import Attainment


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def findings(points):
    return [point.finding for point in points]


@pytest.mark.parametrize(
    ("spent", "budget", "speaks"),
    [(105, 100, False), (106, 100, True), (10_000_000_00, 9_600_000_00, False), (10_200_000_00, 9_699_999_99, True),
     (94, 100, False), (100, 0, False)],
)  # fmt: skip
def test_a_pool_over_its_budget(spent, budget, speaks):
    points = attention.over_budget([Spending("KMD", spent, budget, "/x/")])

    assert bool(points) is speaks
    assert all((point.ore, point.address) == (spent - budget, "/x/") for point in points)


def test_a_saving_behind_its_plan_says_where_the_year_ends():
    behind = Saving("Egedal", 131_000_000, 166_666_667, 200_000_000, 10)
    almost = Saving("Furesø", 162_000_000, 166_666_667, 200_000_000, 10)

    (point,) = attention.behind_plan([behind, almost], "/s/")

    assert point.finding == "Egedal lacks DKK\N{NO-BREAK SPACE}356,667 in savings"
    assert point.text == "At the same pace the year ends at 1.57 m of 2.00 m."


def test_a_saving_that_is_not_measured_is_said_and_not_taken_for_nothing():
    (point,) = attention.behind_plan([Saving("Egedal", None, 0, 200_000_000, 10, "no baseline is entered")], "/s/")

    assert point.text == "It cannot be told, because no baseline is entered."
    assert point.ore == 0


@pytest.mark.parametrize(("now", "speaks"), [("31", True), ("30.9", False), ("29", False)])
def test_a_share_that_rose(now, speaks):
    share = Share("Egedal", Fraction(now) / 100, Fraction(30, 100), 5_000_00)

    assert bool(attention.rising_shares([share], "September")) is speaks


@pytest.mark.parametrize(
    ("met", "breached", "speaks"),
    [(700, 300, True), (899, 101, False), (20, 9, False), (0, 0, False), (950, 50, False)],
)
def test_attainment_certainly_below_the_target(met, breached, speaks):
    rows = [("Egedal", "first answer in time", Attainment(met, breached))]

    assert bool(attention.below_target(rows, Fraction(9, 10), "")) is speaks


def test_lines_without_a_pool_are_an_amount():
    assert attention.unassigned_lines(0, 0, "") == []
    (point,) = attention.unassigned_lines(2, -500_00, "/p/")
    assert (point.finding, point.ore, point.link) == ("2 lines belong to no pool", 500_00, "Assign them")
    assert attention.unassigned_lines(2, 1, "")[0].link == ""


def test_missing_values_name_who_lacks_them():
    points = attention.missing_values([("Users", ["Egedal", "Furesø"]), ("Devices", [])], "November 2026", "")

    assert findings(points) == ["Users is not measured in November 2026"]
    assert "Egedal, Furesø" in points[0].text


@pytest.mark.parametrize(("waiting", "counted", "speaks"), [(24, 100, False), (25, 100, True), (0, 0, False)])
def test_waiting_for_vendors(waiting, counted, speaks):
    assert bool(attention.vendor_waiting(waiting, counted, "")) is speaks


def test_served_worse_is_named_by_goal():
    points = attention.served_worse([("First reply in time", ["Egedal"]), ("Solved in time", [])], "/l/")

    assert findings(points) == ["Egedal: served worse than the others"]


def test_the_largest_amount_comes_first():
    small, large, none = (attention.Point(name, "", ore=ore) for name, ore in (("s", 1), ("l", 2), ("n", 0)))

    assert findings(attention.in_order([none, small, large])) == ["l", "s", "n"]
