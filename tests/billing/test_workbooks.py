"""XLSX is read as the CSV it would be, bounded, and never beyond the file."""

import io
import zipfile
from datetime import UTC, date, datetime
from itertools import pairwise
from random import Random

import pytest
import xlsxwriter
from openpyxl import Workbook

from billing import imports
from billing.csv_lines import Unreadable
from billing.models import LedgerLine
from billing.workbooks import as_text, cell_text, is_workbook
from tests.billing.world import NOON, World


def at(*parts):
    """An instant as a workbook holds it, without a zone."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)


HEADER = ["Id", "Dato", "Beløb", "Periode", "Tekst", "Pulje"]


def workbook(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""), (12, "12"), (77001.0, "77001"), (1234.56, "1234,56"), (-0.1 - 0.2, "-0,3"),
        (1e15, "1000000000000000"),
        (0.1 + 0.2, "0,3"), (at(2026, 10, 31), "2026-10-31"), (date(2026, 10, 31), "2026-10-31"),
        (at(2026, 10, 31, 8, 5), "2026-10-31 08:05:00"), ("  Løn ", "Løn"), (True, "True"),
    ],
)  # fmt: skip
def test_a_cell_is_written_as_people_write_it(cell, text):
    assert cell_text(cell) == text


@pytest.mark.django_db
def test_a_workbook_is_imported_to_the_oere():
    world = World()
    data = workbook(
        HEADER,
        [1, at(2026, 10, 31), 12345.67, "2026-10", "Bemanding", "desk"],
        [None, None, None, None, None, None],
        ["B-2", date(2026, 10, 5), -0.3, at(2026, 10, 1), "Øre; og semikolon", "desk"],
    )
    assert is_workbook(data)

    upload = imports.receive(data=data, name="oktober.xlsx", source="erp", by=world.lone, at=NOON)
    imports.import_lines(upload, by=world.lone, at=NOON)

    rows = LedgerLine.objects.order_by("external_id").values_list("external_id", "amount_ore", "booked_on", "text")
    assert list(rows) == [
        ("1", 1_234_567, date(2026, 10, 31), "Bemanding"),
        ("B-2", -30, date(2026, 10, 5), "Øre; og semikolon"),
    ]


@pytest.mark.django_db
def test_a_row_of_a_workbook_is_refused_with_its_own_number():
    world = World()
    data = workbook(HEADER, [1, date(2026, 10, 31), 1.005, None, None, "desk"], [2, "i går", 1, None, None, "desk"])

    found = imports.preview(imports.receive(data=data, name="x.xlsx", source="erp", by=world.lone, at=NOON))

    assert [(fault.line, fault.column) for fault in found.faults] == [(2, "Beløb"), (3, "Dato")]


def test_the_stored_value_of_a_formula_is_read_and_not_the_formula():
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet().write_formula("A1", '=WEBSERVICE("http://example.org")', None, "42")

    assert as_text(out.getvalue()) == "42\n"


def test_empty_columns_at_the_right_do_not_count():
    book = Workbook()
    book.active.append(["Id", "Dato"])
    book.active.cell(row=2, column=60).value = ""
    book.active["A2"] = 1
    out = io.BytesIO()
    book.save(out)

    assert as_text(out.getvalue()) == "Id;Dato\n1;\n"


def archive(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in parts.items():
            zipped.writestr(name, content)
    return out.getvalue()


def replaced(data, name, content):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, content if part.filename == name else old.read(part.filename))
    return out.getvalue()


ENTITIES = "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise("abcdefghijklm"))
LAUGHS = f'<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY a "ha">{ENTITIES}]><sst><si><t>&m;</t></si></sst>'


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04",
        b"PK\x03\x04" + b"\0" * 500,
        archive(readme="ikke et regneark"),
        archive(bomb=b"0" * (210 * 1024 * 1024)),
        replaced(workbook(["Id"], [1]), "xl/worksheets/sheet1.xml", "<worksheet><sheetData><row><c>"),
        replaced(workbook(["Id"], [1]), "xl/workbook.xml", LAUGHS),
        replaced(workbook(["Id"], [1]), "xl/worksheets/sheet1.xml", LAUGHS),
    ],
    ids=["header only", "zeros", "another zip", "bomb", "torn sheet", "laughs in the book", "laughs in the sheet"],
)
def test_what_is_no_readable_workbook_is_refused(data):
    with pytest.raises(Unreadable):
        as_text(data)


def test_more_rows_than_anybody_posts_are_refused(monkeypatch):
    monkeypatch.setattr("billing.workbooks.MAX_ROWS", 3)

    with pytest.raises(Unreadable, match="3"):
        as_text(workbook(*[[number] for number in range(4)]))


def test_a_damaged_workbook_is_refused_or_read_but_never_falls_over():
    good, rng = workbook(HEADER, *[[n, date(2026, 10, 31), n / 7, None, "x" * n, "desk"] for n in range(20)]), Random(7)
    for _turn in range(150):
        torn = bytearray(good)
        for _place in range(rng.randrange(1, 6)):
            torn[rng.randrange(len(torn))] = rng.randrange(256)
        try:
            assert isinstance(as_text(bytes(torn)), str)
        except Unreadable:
            continue
