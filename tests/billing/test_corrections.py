"""A closed month is corrected by differences: late lines and quantities, once, in the first open month."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from django.db import DatabaseError
from django.db.models import Sum
from django.urls import reverse
from django.utils import translation

from billing import corrections, imports, periods, statements
from billing.allocation import runs
from billing.models import Allocation, Correction, CorrectionAmount, Driver, LedgerLine, Period
from servicecenter.ui import formats
from tests.billing.test_imports import HEADER
from tests.billing.world import NOON, World
from tests.factories import make_director

pytestmark = pytest.mark.django_db
DECEMBER_NINTH = datetime(2026, 12, 9, 11, 0, tzinfo=UTC)


def closed():
    """October is closed; November waits with lines of its own."""
    world = World()
    world.lines()
    close(world, world.october)
    world.october.refresh_from_db()
    world.november = world.period(date(2026, 11, 1))
    return world


def close(world, period):
    periods.calculate(period, by=world.lone, at=NOON)
    periods.approve(period, by=world.per, at=NOON)
    return periods.close(period, by=world.per, at=NOON)


def late(world, text):
    upload = imports.receive(
        data=(HEADER + text).encode(), name="sent.csv", source="erp", by=world.lone, at=DECEMBER_NINTH
    )
    imports.import_lines(upload, by=world.lone, at=DECEMBER_NINTH)


def correct(world, reason="Kreditnota kom sent"):
    return corrections.correct(world.october, reason=reason, by=world.lone, at=DECEMBER_NINTH)


def booked(correction):
    rows = CorrectionAmount.objects.filter(correction=correction).order_by("pool__position", "municipality__code")
    return [
        (row.pool and row.pool.code, row.municipality.slug, row.amount_ore)
        for row in rows.select_related("pool", "municipality")
    ]


def test_a_late_line_becomes_the_difference_to_what_was_closed():
    world = closed()
    late(world, "K1;09-12-2026;-100,00;2026-10;;;Atea;K-1;Kreditnota;security;\n")

    correction = correct(world)

    # Security has nothing left to share: 10,000 − 10,000 øre. Overhead shares the same by another basis.
    overhead = [amount for pool, _member, amount in booked(correction) if pool == "overhead"]
    assert [row for row in booked(correction) if row[0] == "security"] == [
        ("security", "ballerup", -3_334), ("security", "furesoe", -3_333), ("security", "egedal", -3_333),
    ]  # fmt: skip
    assert (sum(overhead), corrections.total_ore(world.november)) == (0, -10_000)
    assert (correction.corrected, correction.period) == (world.october, world.november)
    assert LedgerLine.objects.get(external_id="K1").correction == correction


def test_the_same_correction_again_is_nothing():
    world = closed()
    late(world, "K1;09-12-2026;12,34;2026-10;;;Atea;K-1;Efterregning;desk;\n")
    correct(world)
    before = list(CorrectionAmount.objects.values())

    assert correct(world) is None
    assert list(CorrectionAmount.objects.values()) == before


def test_a_second_correction_takes_the_first_into_account():
    world = closed()
    late(world, "K1;09-12-2026;100,00;2026-10;;;;K-1;Efterregning;security;\n")
    correct(world)
    late(world, "K2;09-12-2026;0,02;2026-10;;;;K-2;Efterregning;security;\n")

    second = correct(world)

    # 20,002 in three is 6,668 / 6,667 / 6,667; closed and corrected before were 6,667 / 6,667 / 6,666 together.
    assert [row for row in booked(second) if row[0] == "security"] == [
        ("security", "ballerup", 1), ("security", "egedal", 1),
    ]  # fmt: skip


def test_i8_closed_and_corrections_together_are_what_is_recomputed():
    world = closed()
    for number, text in enumerate(["33,33;2026-10;;;;;;desk;", "-7,01;2026-10;;;;;;security;"]):
        late(world, f"K{number};09-12-2026;{text}\n")
        correct(world)
    corrections.correct_value(
        world.october, world.inhabitants, world.egedal, Decimal(45_000), reason="Talt igen", by=world.lone
    )
    correct(world)

    recomputed = runs.run(runs.read_plan(corrections.corrected_plan(world.october))).cascade.member_total_ore()
    closed_rows = Allocation.objects.filter(period=world.october, run__is_current=True)
    owed = dict(closed_rows.values_list("municipality__code").annotate(Sum("amount_ore")))
    amounts = CorrectionAmount.objects.filter(correction__corrected=world.october)
    for code, amount in amounts.values_list("municipality__code").annotate(Sum("amount_ore")):
        owed[code] += amount
    assert owed == recomputed
    assert Correction.objects.count() == 3


def test_a_corrected_quantity_moves_cost_without_changing_the_sum():
    world = closed()
    corrections.correct_value(
        world.october, world.inhabitants, world.egedal, Decimal(0), reason="Talt igen", by=world.lone
    )

    correction = correct(world, reason="Indbyggere talt igen")

    desk = {member: amount for pool, member, amount in booked(correction) if pool == "desk"}
    assert desk == {"ballerup": 1_107_666 - 744_213, "furesoe": 876_902 - 589_169, "egedal": -651_186}
    assert corrections.total_ore(world.november) == 0
    assert world.inhabitants.values.get(period=world.october, municipality=world.egedal).value == 42_000


def test_a_late_line_of_one_municipality_is_carried_by_it_alone():
    world = closed()
    late(world, f"K1;09-12-2026;50,00;2026-10;;;KMD;K-1;Nexus;nexus;{world.egedal.code}\n")

    rows = booked(correct(world))

    assert rows[0] == ("nexus", "egedal", 5_000)
    assert sum(amount for pool, _member, amount in rows if pool == "overhead") == 0


def test_late_lines_stand_outside_the_run_of_the_month_they_are_booked_in():
    world = closed()
    world.lines(world.november, prefix="11")
    late(world, "K1;09-12-2026;100,00;2026-10;;;;K-1;Efterregning;security;\n")

    run = periods.calculate(world.november, by=world.lone, at=DECEMBER_NINTH)

    assert run.ledger_ore == 64_202_401
    with pytest.raises(periods.LateLinesUncorrected, match="1"):
        periods.approve(world.november, by=world.per, at=DECEMBER_NINTH)
    correct(world)
    periods.approve(world.november, by=world.per, at=DECEMBER_NINTH)
    periods.close(world.november, by=world.per, at=DECEMBER_NINTH)
    assert Period.objects.get(month=date(2026, 11, 1)).state == "closed"


def test_the_database_too_compares_late_lines_with_corrections():
    world = closed()
    world.lines(world.november, prefix="11")
    world.line("K1", 100, world.security, period=world.november, corrects=world.october)
    periods.calculate(world.november, by=world.lone, at=DECEMBER_NINTH)
    world.november.refresh_from_db()
    world.november.state, world.november.approved_by, world.november.approved_at = "approved", world.per, NOON

    with pytest.raises(DatabaseError, match="100 øre posted late, 0 øre corrected"):
        world.november.save()


def test_an_unassigned_late_line_is_assigned_first():
    world = closed()
    late(world, "K1;09-12-2026;100,00;2026-10;;;;K-1;Efterregning;;\n")

    with pytest.raises(corrections.LateLinesUnassigned, match="1"):
        correct(world)
    assert not Correction.objects.exists()


def test_only_a_closed_month_is_corrected():
    world = World()

    with pytest.raises(corrections.NotClosed):
        correct(world)
    with pytest.raises(corrections.NotClosed):
        corrections.correct_value(world.october, world.inhabitants, world.egedal, Decimal(1), reason="x", by=world.lone)


def test_a_quantity_that_shared_nothing_cannot_be_corrected():
    world = closed()
    other = Driver.objects.create(code="pages", name="Sider", nature="flow", unit="sider")

    with pytest.raises(corrections.NotMeasured):
        corrections.correct_value(world.october, other, world.egedal, Decimal(1), reason="x", by=world.lone)


def test_without_an_open_month_the_next_one_is_begun():
    world = closed()
    late(world, "K1;09-12-2026;100,00;2026-10;;;;K-1;Efterregning;security;\n")
    correct(world)
    close(world, world.november)
    late(world, "K2;09-12-2026;100,00;2026-10;;;;K-2;Efterregning;security;\n")

    assert correct(world).period.month == date(2026, 12, 1)


def test_nothing_is_booked_into_a_month_that_is_approved():
    world = closed()
    periods.calculate(world.november, by=world.lone, at=NOON)
    periods.approve(world.november, by=world.per, at=NOON)

    late(world, "K1;09-12-2026;100,00;2026-10;;;;K-1;Efterregning;security;\n")

    assert correct(world).period.month == date(2026, 12, 1)


def test_the_entries_show_corrections_and_add_up_to_the_statement(client):
    """On the page, as CSV and as a workbook: pools, then corrections, and the statement's total to the øre."""
    world = closed()
    late(world, "K1;09-12-2026;100,01;2026-10;;;;K-1;Efterregning;security;\n")
    corrections.correct(world.october, reason="=Efterregning", by=world.lone, at=DECEMBER_NINTH)
    world.lines(world.november, prefix="N")
    periods.calculate(world.november, by=world.lone, at=DECEMBER_NINTH)
    client.force_login(make_director(world.egedal))
    statement = statements.read(world.egedal, date(2026, 11, 1))
    addresses = {name: reverse(f"billing:{name}", args=["2026-11", "egedal"]) for name in ("entries", "csv", "xlsx")}

    page = client.get(addresses["entries"]).content.decode()
    text = client.get(addresses["csv"]).content.decode("utf-8-sig")
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(addresses["xlsx"]).content)).active

    # A third of 10,001, and what the overhead that follows the cost moves by it.
    assert [row.amount_ore for row in statement.corrections] == [3_334, -33]
    in_csv = [row.split(";") for row in text.splitlines()[1:]]
    in_sheet = list(sheet.iter_rows(values_only=True, min_row=2))
    for rows in (in_csv, in_sheet):
        corrected = [row for row in rows if row[2] == "Korrektion af oktober 2026"]
        assert [(row[1], row[7]) for row in corrected] == [
            ("Security", "'=Efterregning"), ("Overhead", "'=Efterregning"),
        ]  # fmt: skip
        assert [in_oere(row[-1]) for row in corrected] == [3_334, -33]
        of_pools = [in_oere(row[-1]) for row in rows if row[7] == "I alt"]
        assert in_oere(rows[-1][-1]) == sum(of_pools) + statement.corrections_ore == statement.payable_ore
    assert statement.payable_ore == statement.amount_ore + 3_301
    assert formats_amount(statement.payable_ore) in page


def in_oere(cell):
    return round(Decimal(str(cell).replace(",", ".")) * 100)


def formats_amount(ore):
    with translation.override("da"):
        return formats.money(ore)
