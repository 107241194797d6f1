"""The statement: exact øre, the reconciliation, the trace of every line, and exports that run nothing."""

import csv
import io
import re
from datetime import date
from fractions import Fraction

import openpyxl
import pytest
from django.urls import reverse
from django.utils import translation

from billing import entries, exports, periods, statements
from billing.models import Budget, DriverValue
from tests.billing.world import NOON, OCTOBER, SINCE, World
from tests.factories import make_director

pytestmark = pytest.mark.django_db
SEPTEMBER = date(2026, 9, 1)


def october():
    world = World()
    world.lines()
    periods.calculate(world.october, by=world.lone, at=NOON)
    return world


def two_months():
    world = World()
    september = world.period(SEPTEMBER)
    world.lines(september, prefix="9")
    world.lines()
    world.line("L9", 640_000, world.desk)
    for period in (september, world.october):
        periods.calculate(period, by=world.lone, at=NOON)
    return world


def page(client, person, name, *args):
    client.force_login(person)
    response = client.get(reverse(f"billing:{name}", args=args))
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def test_every_amount_of_the_statement_is_exact():
    world = october()

    statement = statements.read(world.egedal, OCTOBER)

    rows = [(row.name, row.key, row.amount_ore, row.total_ore) for row in statement.rows]
    assert rows == [
        ("Desk", "Indbyggere", 651_186, 1_984_568),
        ("Security", "Lige deling", 3_333, 10_000),
        ("Nexus", rows[2][1], 61_874_500, 61_874_500),
        ("Overhead", "Andel", 326_339, 333_333),
    ]
    assert (statement.amount_ore, statement.total_ore, statement.remainder_ore) == (62_855_358, 64_202_401, 0)
    assert statement.share == Fraction(62_855_358, 64_202_401)
    assert [(owner.slug, ore) for owner, ore in statement.carriers] == [
        ("ballerup", 751_449), ("furesoe", 595_594), ("egedal", 62_855_358),
    ]  # fmt: skip


def test_quantities_are_told_in_words():
    world = october()

    with translation.override("en"):
        rows = statements.read(world.egedal, OCTOBER).rows

    assert [row.quantity for row in rows] == [
        "42,000 of 128,000 indbyggere", "1 of 3", "own invoices", "follows the other pools",
    ]  # fmt: skip


def test_the_change_from_the_month_before_is_exact_and_explained():
    world = two_months()

    with translation.override("en"):
        statement = statements.read(world.egedal, OCTOBER)
        reasons = statement.reasons()

    # 6,400.00 more for the desk: Egedal bears 42/128 of it; overhead only moves between the municipalities.
    desk = next(row for row in statement.rows if row.name == "Desk")
    assert desk.difference_ore == 210_000
    assert statement.difference_ore == sum(row.difference_ore for row in statement.rows)
    assert reasons[0] == (
        "Desk",
        "the whole pool is DKK 26,246 against DKK 19,846 in September.".replace("DKK ", "DKK\xa0"),
    )


def test_a_changed_quantity_is_the_reason():
    world = World()
    september = world.period(SEPTEMBER)
    world.lines(september, prefix="9")
    world.lines()
    DriverValue.objects.filter(period=world.october, municipality=world.egedal).update(value=50_000)
    for period in (september, world.october):
        periods.calculate(period, by=world.lone, at=NOON)

    with translation.override("en"):
        reasons = statements.read(world.egedal, OCTOBER).reasons()

    name, why = reasons[0]
    assert name == "Desk"
    assert why == (
        "the share is 36.76% (50,000 of 136,000 indbyggere) against 32.81% (42,000 of 128,000 indbyggere) in September."
    )


def test_a_share_that_moves_because_of_the_others_names_both_quantities():
    world = World()
    september = world.period(SEPTEMBER)
    world.lines(september, prefix="9")
    world.lines()
    DriverValue.objects.filter(period=world.october, municipality=world.ballerup).update(value=20_000)
    for period in (september, world.october):
        periods.calculate(period, by=world.lone, at=NOON)

    with translation.override("en"):
        name, reason = statements.read(world.egedal, OCTOBER).reasons()[0]

    assert name == "Desk"
    assert "(42,000 of " in reason
    assert "(42,000 of 128,000 indbyggere) in September" in reason


def test_a_direct_cost_is_explained_by_the_own_invoices():
    world = World()
    september = world.period(SEPTEMBER)
    world.lines(september, prefix="9")
    world.lines()
    world.line("K99", 900_000_00, world.nexus, owner=world.egedal)
    for period in (september, world.october):
        periods.calculate(period, by=world.lone, at=NOON)

    with translation.override("en"):
        reasons = dict(statements.read(world.egedal, OCTOBER).reasons())

    assert reasons["Nexus"].replace("\xa0", " ") == "own invoices are DKK 1,518,745 against DKK 618,745 in September."


def test_the_budget_is_shared_as_the_cost_was():
    world = october()
    Budget.objects.create(pool=world.desk, month=OCTOBER, amount_ore=1_280_000)

    statement = statements.read(world.egedal, OCTOBER)

    assert statement.budget_ore == 420_000


def test_a_month_that_is_not_calculated_has_no_statement():
    assert statements.read(World().egedal, OCTOBER) is None


def test_the_page_shows_the_reconciliation_and_prints(client):
    world = october()

    html = page(client, make_director(world.ballerup), "statement", "2026-10", "egedal")

    assert "628.553,58" in html
    assert html.count("642.024,01") >= 3  # the pools in all, posted, and allocated
    assert "0,00 kr." in html
    assert "2026-10-EGE" in html


def test_every_line_is_traced_to_the_last_fraction():
    world = october()

    found = entries.read(world.egedal, OCTOBER)

    desk = next(pool for pool in found.pools if pool.name == "Desk")
    assert [(traced.line.external_id, traced.exact_ore) for traced in desk.lines] == [
        ("L1", Fraction(1_234_567 * 42, 128)), ("L2", Fraction(800_001 * 42, 128)), ("L3", Fraction(-50_000 * 42, 128)),
    ]  # fmt: skip
    assert desk.rounding_ore == Fraction(-3, 8)
    assert sum(traced.exact_ore for traced in desk.lines) + desk.rounding_ore == 651_186
    assert found.adds_up
    assert found.amount_ore == statements.read(world.egedal, OCTOBER).amount_ore


def test_a_line_that_came_after_the_calculation_is_noticed():
    world = october()
    world.line("L4", 3, world.desk)

    assert not entries.read(world.egedal, OCTOBER).adds_up


def test_a_municipality_sees_no_direct_lines_of_another(client):
    world = october()

    html = page(client, make_director(world.ballerup), "entries", "2026-10", "ballerup")

    assert "L1" in html
    assert "KMD Nexus" not in html


@pytest.mark.parametrize(
    "text", ["=1+1", "+45 12", "-2", "@cmd", " =1", "\t=1", "\r\n=1", "\u00a0=1", "\u200b=1", "\x00=1", "＝1", "−1"]
)
def test_a_text_that_a_spreadsheet_could_run_is_made_harmless(text):
    assert exports.harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "KMD Nexus", "A=1", "3 - 2", "Æblegrød", "   "])
def test_other_texts_are_left_alone(text):
    assert exports.harmless(text) == text


def evil():
    world = World()
    world.lines()
    world.line("=EVIL", 100, world.desk, vendor="@SUM(A1)", text=" =HYPERLINK(1)", document_ref="-1")
    periods.calculate(world.october, by=world.lone, at=NOON)
    return world


def test_the_csv_has_every_line_exact_and_runs_nothing(client):
    world = evil()
    client.force_login(make_director(world.egedal))

    response = client.get(reverse("billing:csv", args=["2026-10", "egedal"]))

    assert response["Content-Disposition"] == 'attachment; filename="afregning-2026-10-egedal.csv"'
    table = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    rows = {row[3]: row for row in table if row[3]}
    assert rows["'=EVIL"][4:9] == ["'-1", "'@SUM(A1)", "2026-10-01", "' =HYPERLINK(1)", "1,00"]
    assert rows["L1"][8:] == ["12345,67", "4050,922969"]
    assert not [cell for row in table for cell in row if cell[:1] in "=+@" and cell]


def test_the_workbook_holds_numbers_and_no_formula(client):
    world = evil()
    client.force_login(make_director(world.egedal))

    response = client.get(reverse("billing:xlsx", args=["2026-10", "egedal"]))

    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s", "n"}  # no formula
    rows = {row[3]: row for row in sheet.iter_rows(values_only=True)}
    assert rows["'=EVIL"][5] == "'@SUM(A1)"
    assert rows["L1"][8:] == (12345.67, 4050.922969)


def test_the_parts_of_an_export_add_up_to_the_statement():
    world = october()
    found = entries.read(world.egedal, OCTOBER)

    with translation.override("en"):
        totals = [row[-1] for row in exports.rows(found) if row[7] == "Total"]

    assert sum(totals) * 100 == statements.read(world.egedal, OCTOBER).amount_ore


def test_shares_follow_the_key_of_the_month():
    world = World()
    world.lines()
    assert world.desk.key_versions.get().valid_from == SINCE
    periods.calculate(world.october, by=world.lone, at=NOON)

    assert statements.read(world.furesoe, OCTOBER).rows[0].share == Fraction(589_169, 1_984_568)
