"""Tables as CSV and as a workbook. A text cell never becomes a formula.

A spreadsheet runs what begins with = + - @, also after blanks and invisible signs, so such a text gets an apostrophe
in front. Numbers of our own making stay numbers.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal

import xlsxwriter

RISKY = "=+-@＝＋－＠−"

Cell = str | int | Decimal | None


def harmless(text: str) -> str:
    """The text, with an apostrophe in front when a spreadsheet could run it."""
    bare = text.lstrip(
        "".join({char for char in text if char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Zs")})
    )
    return f"'{text}" if bare[:1] in RISKY and bare else text


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Semicolons, decimal commas and UTF-8 with a mark: what Danish spreadsheets open without asking."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([_csv_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(name: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]], *, width: int = 16) -> bytes:
    """One sheet with its first line kept in view; `width` of the columns in characters."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(name)
        sheet.set_column(0, len(headings) - 1, width)
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, bold)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, column, harmless(cell))
                elif cell is not None:
                    sheet.write_number(number, column, cell)
    return out.getvalue()


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, Decimal):
        return f"{cell:f}".replace(".", ",")
    return "" if cell is None else str(cell)
