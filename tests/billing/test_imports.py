"""Ledger lines from CSV: read to the øre, all or nothing, and once."""

from datetime import date

import pytest
from django.utils import translation

from billing import imports, periods
from billing.csv_lines import BadCell, Unreadable, amount_ore, day, decode, month, read_table
from billing.models import ImportBatch, LedgerLine, Upload
from tests.billing.world import NOON, World

pytestmark = pytest.mark.django_db
HEADER = "Id;Dato;Beløb;Periode;Moms;Konto;Leverandør;Bilag;Tekst;Pulje;Kommune\n"
GOOD = HEADER + (
    "1;31-10-2026;12.345,67;2026-10;0,00;4510;Atea A/S;F-1;Bemanding;desk;\n"
    "2;01-11-2026;-500,00;2026-10;;4510;Atea A/S;F-2;Kreditnota;desk;\n"
    '3;2026-10-05;618.745,00;2026-10;;4520;KMD;7741902;"Nexus; fire moduler";nexus;%s\n'
    "4;2026-10-06;77,7;;;;;;Ukendt;;\n"
)


def good(world):
    return GOOD % world.egedal.code


def upload(world, text, name="oktober.csv", encoding="utf-8"):
    return imports.receive(data=text.encode(encoding), name=name, source="erp", by=world.lone, at=NOON)


def reasons(found):
    with translation.override("en"):
        return [(fault.line, fault.column, str(fault.reason)) for fault in found.faults]


@pytest.mark.parametrize(
    ("cell", "ore"),
    [
        ("1.234,56", 123_456), ("-1.234,56", -123_456), ("1.234,56-", -123_456), ("−0,05", -5), ("+7,5", 750),
        ("1234", 123_400), ("1.000.000", 100_000_000), ("0", 0), ("1 234,56", 123_456), ("12,00 kr.", 1_200),
    ],
)  # fmt: skip
def test_danish_amounts_are_whole_oere(cell, ore):
    assert amount_ore(cell) == ore


@pytest.mark.parametrize(
    "cell", ["", "1234.56", "1,234.56", "1.23,00", "1,234", "abc", "--1", "-1-", "1e5", "99999999999999999"]
)
def test_what_is_not_a_danish_amount_is_refused(cell):
    with pytest.raises(BadCell):
        amount_ore(cell)


@pytest.mark.parametrize("cell", ["31-10-2026", "31.10.2026", "31/10/2026", "2026-10-31"])
def test_dates_are_read_in_the_ways_accounts_write_them(cell):
    assert day(cell) == date(2026, 10, 31)


@pytest.mark.parametrize("cell", ["2026-10", "202610", "10-2026", "31-10-2026", "1.10.2026"])
def test_months_are_read_in_the_ways_accounts_write_them(cell):
    assert month(cell) == date(2026, 10, 1)


@pytest.mark.parametrize("cell", ["31-02-2026", "2026-13-01", "i går", "1-1-26"])
def test_what_is_no_date_is_refused(cell):
    with pytest.raises(BadCell):
        day(cell)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_danish_letters_survive_both_encodings(encoding):
    assert decode("Beløb;Konto\nKøb af 3 ølkrus;1".encode(encoding)) == "Beløb;Konto\nKøb af 3 ølkrus;1"


def test_a_comma_file_is_read_as_one():
    table = read_table('Id,Beløb\n1,"1.234,56"\n')

    assert (table.header, table.rows) == (("Id", "Beløb"), ((2, ("1", "1.234,56")),))


@pytest.mark.parametrize("text", ["", "\n\n", 'Id;Tekst\n1;"aldrig lukket\n', "Id;Id\n1;2\n"])
def test_a_file_that_is_no_table_is_refused(text):
    with pytest.raises(Unreadable):
        read_table(text)


def test_binary_is_refused():
    with pytest.raises(Unreadable):
        decode(b"PK\x03\x04\x00\x00")


def test_lines_are_imported_to_the_oere_with_their_pool_or_municipality():
    world = World()

    batch = imports.import_lines(upload(world, good(world)), by=world.lone, at=NOON)

    rows = LedgerLine.objects.order_by("external_id").values_list(
        "external_id", "amount_ore", "pool__code", "municipality__slug", "period__month", "vendor", "text"
    )
    october = date(2026, 10, 1)
    assert list(rows) == [
        ("1", 1_234_567, "desk", world.operator.slug, october, "Atea A/S", "Bemanding"),
        ("2", -50_000, "desk", world.operator.slug, october, "Atea A/S", "Kreditnota"),
        ("3", 61_874_500, "nexus", "egedal", october, "KMD", "Nexus; fire moduler"),
        ("4", 7_770, None, world.operator.slug, october, "", "Ukendt"),
    ]
    assert (batch.line_count, batch.known_count) == (4, 0)
    assert not Upload.objects.exists()


def test_importing_twice_changes_nothing():
    world = World()
    imports.import_lines(upload(world, good(world)), by=world.lone, at=NOON)
    before = list(LedgerLine.objects.values())

    again = imports.import_lines(upload(world, good(world), "igen.csv"), by=world.per, at=NOON)

    assert again is None
    assert list(LedgerLine.objects.values()) == before
    assert ImportBatch.objects.count() == 1


def test_a_line_twice_in_one_file_counts_once():
    world = World()
    row = "1;31-10-2026;12,00;;;;;;;desk;\n"

    found = imports.preview(upload(world, HEADER + row + row))

    assert (len(found.new), found.known_count, found.faults, found.amount_ore) == (1, 1, [], 1_200)


def test_other_content_under_a_known_id_is_refused_and_shown():
    world = World()
    imports.import_lines(upload(world, good(world)), by=world.lone, at=NOON)
    changed = upload(world, good(world).replace("12.345,67", "12.345,68"))

    found = imports.preview(changed)

    assert reasons(found) == [(2, "", "The line 1 is known with other content. Book a correction as a new line.")]
    with pytest.raises(imports.ImportRefused):
        imports.import_lines(changed, by=world.lone, at=NOON)
    assert LedgerLine.objects.get(external_id="1").amount_ore == 1_234_567


def test_every_bad_row_is_told_with_its_line_and_nothing_is_written():
    world = World()
    text = HEADER + (
        "1;31-10-2026;12,00;;;;;;;desk;\n"
        '2;31-10-2026;12.00;;;;;;"to\nlinjer";desk;\n'
        "3;32-10-2026;1,234;;;;;;;desk;\n"
        "\n"
        "4;31-10-2026;12,00;;;;;;;ukendt;\n"
        "5;31-10-2026;12,00;;;;;;;;999\n"
        "6;31-10-2026;12,00;;;;;;;desk;%s\n"
        ";31-10-2026;12,00;;;;;;;desk;\n"
        "8;31-10-2026\n"
    )
    bad = upload(world, text % world.egedal.code)

    assert reasons(imports.preview(bad)) == [
        (3, "Beløb", "“12.00” is not an amount. Write it like 1.234,56."),
        (5, "Dato", "“32-10-2026” is not a date. Write it like 31-12-2026."),
        (5, "Beløb", "“1,234” is not an amount. Write it like 1.234,56."),
        (7, "", "There is no pool “ukendt”."),
        (8, "", "There is no municipality 999."),
        (9, "", "One municipality's line needs a direct pool, and a joint line a shared one. Choose another."),
        (10, "Id", "The cell is empty."),
        (11, "", "The row has 2 cells and the header 11."),
    ]
    with pytest.raises(imports.ImportRefused):
        imports.import_lines(bad, by=world.lone, at=NOON)
    assert not LedgerLine.objects.exists()


def test_a_needed_column_that_is_not_mapped_is_asked_for():
    world = World()

    found = imports.preview(upload(world, "Nummer;Dato;Beløb\n1;31-10-2026;12,00\n"))

    assert reasons(found) == [(1, "", "Choose the column that holds “Id of the line”.")]


def test_an_approved_month_takes_no_more_lines():
    world = World()
    world.lines()
    periods.calculate(world.october, by=world.lone, at=NOON)
    periods.approve(world.october, by=world.per, at=NOON)

    found = imports.preview(upload(world, HEADER + "9;31-10-2026;1,00;2026-10;;;;;;desk;\n"))

    assert reasons(found) == [
        (2, "", "2026-10 is approved and takes no more lines. Close it, then the line becomes a correction of it.")
    ]
