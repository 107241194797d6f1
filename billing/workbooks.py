"""Reads the first sheet of an Excel workbook as the text of a CSV file, so that both are read by the same rules.

Only values are read, never formulas; nothing is looked up outside the file. A workbook is a zip file and may unpack to
far more than it weighs, so what it says about its size is checked before anything is unpacked.
"""

import csv
import io
import warnings
import zipfile
from datetime import datetime, time
from decimal import Decimal

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from openpyxl import load_workbook

from billing.csv_lines import Unreadable

MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_PARTS, MAX_ROWS, MAX_COLUMNS = 2_000, 200_000, 100
SIGNATURE = b"PK\x03\x04"


def is_workbook(data: bytes) -> bool:
    return data.startswith(SIGNATURE)


def as_text(data: bytes) -> str:
    """The first sheet, its cells separated by semicolon. Raises Unreadable."""
    _refuse_bomb(data)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    try:
        # A sheet that says it is huge is read row by row, and only as far as the limits.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True, max_col=MAX_COLUMNS), start=1):
            if number > MAX_ROWS:
                raise Unreadable(format_lazy(_("The sheet has more than {count} rows. Split it."), count=MAX_ROWS))
            writer.writerow([cell_text(cell) for cell in row])
    except Unreadable:
        raise
    except Exception as error:  # what a broken workbook raises is not in openpyxl's word
        raise Unreadable(
            _("The workbook cannot be read. Open it, save it as XLSX or CSV, and choose that file.")
        ) from error
    return _without_empty_edge(out.getvalue())


def _refuse_bomb(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile:
        raise Unreadable(
            _("The workbook cannot be read. Open it, save it as XLSX or CSV, and choose that file.")
        ) from None
    # Unpacking a part stops at the size it gives here, so the sizes can be trusted as a limit.
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise Unreadable(
            _("The workbook is too large when it is unpacked. Save the sheet as CSV and choose that file.")
        )


def cell_text(cell: object) -> str:
    """A cell as people write it in Danish: 1234,5 for a number, 2026-10-31 for a date.

    Numbers are taken with the 15 digits that Excel shows; behind them stands only the noise of binary fractions.
    """
    match cell:
        case None:
            text = ""
        case datetime() if cell.time() == time():
            text = cell.date().isoformat()
        case int() | float() if not isinstance(cell, bool):
            text = format(Decimal(format(cell, ".15g")), "f").replace(".", ",")
        case _:
            text = str(cell).strip()
    return text


def _without_empty_edge(text: str) -> str:
    """Without the empty columns at the right that a sheet often carries, and without lines of nothing."""
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    width = max((place + 1 for row in rows for place, cell in enumerate(row) if cell), default=0)
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\n").writerows(
        (row + [""] * width)[:width] if any(row) else [] for row in rows
    )
    return out.getvalue()
