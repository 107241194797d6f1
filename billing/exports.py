"""The entries of a statement as CSV and as a workbook. A text cell never becomes a formula."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.entries import Entries, PoolEntries, Received
from servicecenter.spreadsheets import harmless
from servicecenter.ui import formats
from servicecenter.ui.formats import scaled

WIDTHS = (11, 28, 22, 18, 14, 24, 12, 40, 16, 20)


def headings() -> list[str]:
    return [
        _("Month"), _("Pool"), _("Key"), _("Id"), _("Document"), _("Vendor"), _("Booked on"), _("Text"),
        _("Amount, DKK"), _("Part, DKK"),
    ]  # fmt: skip


def rows(entries: Entries) -> Iterator[list]:
    """Rows of texts and Decimals: every line, then the rounding and the sum of its pool; then what is corrected.

    The last row is the statement's total: the sums of the pools and the corrections.
    """
    for pool in entries.pools:
        for traced in pool.lines:
            line = traced.line
            yield [
                *_lead(entries, pool), line.external_id, line.document_ref, line.vendor, line.booked_on.isoformat(),
                line.text, kroner(Fraction(line.amount_ore)), kroner(traced.shown_ore, 6),
            ]  # fmt: skip
        for received in pool.received:
            given = kroner(Fraction(received.transfer.amount_ore))
            yield [*_lead(entries, pool), "", "", "", "", from_pool(received), given, kroner(received.shown_ore, 6)]
        yield [*_lead(entries, pool), "", "", "", "", _("Rounding"), None, kroner(pool.shown_rounding_ore, 6)]
        amount = Fraction(pool.allocation.amount_ore)
        yield [*_lead(entries, pool), "", "", "", "", _("Total"), kroner(Fraction(pool.posted_ore)), kroner(amount)]
    yield from _corrections(entries)
    total = kroner(Fraction(entries.payable_ore))
    yield [entries.run.period.code, "", "", "", "", "", "", _("The statement in all"), None, total]


def _corrections(entries: Entries) -> Iterator[list]:
    """What the month carries for months that were closed before, each with its old month and reason."""
    for row in entries.corrections:
        pool = row.pool.name if row.pool else _("Other direct cost")
        key = _("Correction of %(month)s") % {"month": formats.month(row.correction.corrected.month)}
        booked = timezone.localdate(row.correction.created_at).isoformat()
        part = kroner(Fraction(row.amount_ore))
        yield [entries.run.period.code, pool, key, "", "", "", booked, row.correction.reason, None, part]


def from_pool(received: Received) -> str:
    return _("Received from %(pool)s") % {"pool": received.giver.name}


def kroner(ore: Fraction, decimals: int = 2) -> Decimal:
    """Øre as kroner, rounded half away from zero at the last decimal shown."""
    return Decimal(scaled(ore / 100, decimals)).scaleb(-decimals)


def as_csv(entries: Entries) -> bytes:
    """Semicolons, decimal commas and UTF-8 with a mark: what Danish spreadsheets open without asking."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(headings())
    for row in rows(entries):
        writer.writerow([_csv_cell(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(entries: Entries) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(entries.run.period.code)
        figures = {2: book.add_format({"num_format": "#,##0.00"}), 6: book.add_format({"num_format": "#,##0.000000"})}
        for column, (heading, width) in enumerate(zip(headings(), WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, heading, book.add_format({"bold": True}))
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows(entries), start=1):
            for column, cell in enumerate(row):
                _write(sheet, number, column, cell, figures)
    return out.getvalue()


def _lead(entries: Entries, pool: PoolEntries) -> list[str]:
    return [entries.run.period.code, pool.name, pool.key]


def _csv_cell(cell: str | Decimal | None) -> str:
    if cell is None:
        return ""
    return format(cell, "f").replace(".", ",") if isinstance(cell, Decimal) else harmless(cell)


def _write(sheet, number, column, cell, figures):
    if isinstance(cell, Decimal):
        sheet.write_number(number, column, cell, figures[-int(cell.as_tuple().exponent)])
    elif cell:
        sheet.write_string(number, column, harmless(cell))
