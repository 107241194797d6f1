"""The year: budget by one key, twelve instalments, and a settlement whose three parts add up to the øre."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.urls import reverse

from billing import corrections, periods
from billing.models import Budget, BudgetPlan, BudgetShare, Instalment
from billing.settlement import budget, exports, year
from tests.billing.test_corrections import close
from tests.billing.world import OCTOBER, World
from tests.factories import make_director

pytestmark = pytest.mark.django_db
NOVEMBER = date(2026, 11, 1)


def budgeted():
    """Twelve months of budget for desk and security, shared as October's cost."""
    world = World()
    world.lines()
    for month in range(1, 13):
        Budget.objects.create(pool=world.desk, month=date(2026, month, 1), amount_ore=2_000_000)
        Budget.objects.create(pool=world.security, month=date(2026, month, 1), amount_ore=10_001)
    run = periods.calculate(world.october, by=world.lone)
    world.plan = budget.fix_budget(2026, basis=run, by=world.lone)
    return world


def test_the_budget_is_shared_by_the_shares_of_the_chosen_month():
    world = budgeted()

    shares = {
        row.municipality.slug: (row.share, row.amount_ore)
        for row in BudgetShare.objects.filter(pool=world.desk).select_related("municipality")
    }
    assert shares == {
        "ballerup": ("3/8", 9_000_000), "furesoe": ("19/64", 7_125_000), "egedal": ("21/64", 7_875_000),
    }  # fmt: skip
    security = BudgetShare.objects.filter(pool=world.security).aggregate(total=Sum("amount_ore"))["total"]
    assert security == 12 * 10_001


def test_twelve_instalments_give_the_budget_and_the_first_carry_the_odd_oere():
    world = budgeted()

    rows = list(Instalment.objects.filter(municipality=world.ballerup).values_list("month", "amount_ore"))

    # 9,000,000 for the desk and 40,004 of 120,012 for security.
    assert [month.month for month, _amount in rows] == list(range(1, 13))
    assert [amount for _month, amount in rows] == [753_334] * 8 + [753_333] * 4
    assert sum(amount for _month, amount in rows) == 9_000_000 + 40_004


def test_the_three_parts_add_up_for_everybody_and_explain_what_happened():
    world = budgeted()
    world.desk.key_versions.update(definition={"type": "equal"})
    close(world, world.october)

    seen = year.read(2026)

    assert (seen.months, seen.is_whole) == ([OCTOBER], False)
    for row in seen.members:
        assert row.settlement_ore == row.actual_ore - row.invoiced_ore
        assert row.cost_ore + row.key_ore + row.unbilled_ore == row.settlement_ore
    # The key only moves cost between them; a direct line of Egedal is due to no key.
    assert sum(row.key_ore for row in seen.members) == 0
    desk = next(row for row in seen.pools if row.pool == world.desk)
    assert (desk.budget_ore, desk.actual_ore) == (2_000_000, 1_984_568)
    ballerup = seen.members[0]
    assert ballerup.key_ore == desk.actual["151"] - desk.by_budget_key["151"] == 661_523 - 744_213
    assert seen.settlement_ore == 64_202_401 - sum(row.invoiced_ore for row in seen.members)


def test_a_correction_counts_in_the_month_that_it_corrects():
    world = budgeted()
    close(world, world.october)
    world.period(NOVEMBER)
    before = {row.municipality.slug: row.actual_ore for row in year.read(2026).members}
    corrections.correct_value(world.october, world.inhabitants, world.egedal, Decimal(0), reason="x", by=world.lone)
    corrections.correct(world.october, reason="Talt igen", by=world.lone)

    after = {row.municipality.slug: row.actual_ore for row in year.read(2026).members}

    assert sum(after.values()) == sum(before.values())
    assert after["egedal"] < before["egedal"]


def test_each_settlement_is_told_in_words():
    world = budgeted()
    close(world, world.october)

    sentences = {row.municipality.slug: row.sentence() for row in year.read(2026).members}

    assert sentences["egedal"].startswith("Egedal skal betale ")
    assert sentences["ballerup"].startswith("Ballerup får ")


def test_who_joins_inside_the_year_has_no_budget_and_pays_by_the_actual_key():
    from tests.factories import make_municipality

    world = budgeted()
    fourth = make_municipality("Fredensborg", code="210")
    from billing.settlement import membership

    membership.join(fourth, [world.security], on=OCTOBER, by=world.lone)
    close(world, world.october)

    row = next(row for row in year.read(2026).members if row.municipality == fourth)

    # A quarter of security by the actual key; overhead has no budget, so its part is cost.
    assert (row.budget_ore, row.invoiced_ore, row.unbilled_ore) == (0, 0, 0)
    assert (row.key_ore, row.cost_ore) == (2_500, row.actual_ore - 2_500)


def test_without_a_shared_budget_there_is_no_settlement():
    World()

    assert year.read(2026) is None


def test_a_budget_is_shared_again_until_a_month_is_closed():
    world = budgeted()
    run = world.october.runs.get(is_current=True)
    again = budget.fix_budget(2026, basis=run, by=world.lone)
    assert (BudgetPlan.objects.get(), Instalment.objects.count()) == (again, 36)
    close(world, world.october)

    with pytest.raises(budget.BudgetInUse):
        budget.fix_budget(2026, basis=run, by=world.lone)
    with pytest.raises(budget.BudgetInUse):
        budget.enter_budget({(world.desk, OCTOBER): 1}, by=world.lone)
    assert Budget.objects.get(pool=world.desk, month=OCTOBER).amount_ore == 2_000_000


def test_a_pool_that_nobody_carries_cannot_share_its_budget():
    world = World()
    world.line("S1", 10_000, world.security)
    run = periods.calculate(world.october, by=world.lone)
    Budget.objects.create(pool=world.desk, month=OCTOBER, amount_ore=1)

    with pytest.raises(budget.BudgetWithoutKey, match="Desk"):
        budget.fix_budget(2026, basis=run, by=world.lone)
    with pytest.raises(budget.BudgetMissing):
        budget.fix_budget(2027, basis=run, by=world.lone)


def test_the_budget_is_entered_in_kroner(client):
    world = World()
    client.force_login(world.lone)
    address = reverse("billing:budget", args=[2027])

    assert client.post(address, {"desk_01": "1.234,56", "desk_02": "2000"}).status_code == 302
    wrong = client.post(address, {"desk_01": "1.23", "desk_02": "3000"})

    amounts = dict(Budget.objects.values_list("month", "amount_ore"))
    assert amounts == {date(2027, 1, 1): 123_456, date(2027, 2, 1): 200_000}
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["desk_01"])


def test_the_page_and_the_files_hold_the_same_amounts(client):
    world = budgeted()
    close(world, world.october)
    client.force_login(make_director(world.ballerup))

    page = client.get(reverse("billing:year", args=[2026]))
    text = client.get(reverse("billing:year_csv", args=[2026])).content.decode("utf-8-sig")

    assert page.status_code == 200
    lines = [line.split(";") for line in text.splitlines()]
    rows = page.context["seen"].members
    assert [line[7] for line in lines[1:4]] == [f"{row.settlement_ore / 100:.2f}".replace(".", ",") for row in rows]
    assert exports.as_xlsx(year.read(2026))[:2] == b"PK"


def test_the_budget_is_shared_from_its_page(client):
    world = World()
    world.lines()
    run = periods.calculate(world.october, by=world.lone)
    Budget.objects.create(pool=world.desk, month=OCTOBER, amount_ore=1_000)
    client.force_login(world.lone)

    assert client.post(reverse("billing:budget_fix", args=[2027]), {"basis": run.pk}).status_code == 422
    assert client.post(reverse("billing:budget_fix", args=[2026]), {"basis": run.pk}).status_code == 302
    assert BudgetPlan.objects.get().year == 2026
