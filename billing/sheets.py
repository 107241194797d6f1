"""Plain tables as CSV and as a workbook. A text never becomes a formula, an amount stays a number."""

import csv
import io
from collections.abc import Sequence
from decimal import Decimal

import xlsxwriter
from django.http import HttpResponse

from billing.exports import harmless

Row = Sequence[str | Decimal]


def as_csv(rows: Sequence[Row], title: str = "") -> bytes:
    """Semicolons, decimal commas and UTF-8 with a mark: what Danish spreadsheets open without asking."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for row in rows:
        writer.writerow([format(c, "f").replace(".", ",") if isinstance(c, Decimal) else harmless(c) for c in row])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Sequence[Row], title: str = "") -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet, figures = book.add_worksheet(title[:31] or None), {}
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 20, 18)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if not isinstance(cell, Decimal):
                    sheet.write_string(number, column, harmless(cell))
                    continue
                decimals = max(0, -int(cell.as_tuple().exponent))
                if decimals not in figures:
                    shape = "#,##0" + ("." + "0" * decimals if decimals else "")
                    figures[decimals] = book.add_format({"num_format": shape})
                sheet.write_number(number, column, cell, figures[decimals])
    return out.getvalue()


WRITERS = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
}


def download(rows: Sequence[Row], ending: str, *, name: str, title: str = "") -> HttpResponse:
    """The table as a file to keep; `ending` is csv or xlsx."""
    content_type, write = WRITERS[ending]
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{ending}"',
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(write(rows, title), content_type=content_type, headers=headers)
