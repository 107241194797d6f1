"""The settlement of a year as CSV and as a workbook: parts per municipality, then pools."""

import csv
import io
from collections.abc import Iterator
from fractions import Fraction

import xlsxwriter
from django.utils.translation import gettext as _

from billing.exports import harmless, kroner
from billing.settlement.year import Year


def rows(year: Year) -> Iterator[list]:
    """Texts and Decimals (kroner)."""
    yield [
        _("Municipality"), _("Budget share"), _("Actual share"), _("Invoiced on account"), _("Of which cost"),
        _("Of which key"), _("Of which unbilled"), _("Settlement"),
    ]  # fmt: skip
    for row in year.members:
        figures = (
            row.budget_ore, row.actual_ore, row.invoiced_ore, row.cost_ore, row.key_ore, row.unbilled_ore,
            row.settlement_ore,
        )  # fmt: skip
        yield [harmless(row.municipality.name), *(kroner(Fraction(ore)) for ore in figures)]
    yield []
    yield [_("Pool"), _("Budget"), _("Actual"), _("Difference")]
    for pool in year.pools:
        amounts = (pool.budget_ore, pool.actual_ore, pool.difference_ore)
        yield [harmless(pool.name), *(kroner(Fraction(ore)) for ore in amounts)]


def as_csv(year: Year) -> bytes:
    """Semicolons, decimal commas and UTF-8 with a mark."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for row in rows(year):
        writer.writerow([cell if isinstance(cell, str) else str(cell).replace(".", ",") for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(year: Year) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet, money = book.add_worksheet(str(year.plan.year)), book.add_format({"num_format": "#,##0.00"})
        sheet.set_column(0, 7, 22)
        for line, row in enumerate(rows(year)):
            for place, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(line, place, cell)
                else:
                    sheet.write_number(line, place, float(cell), money)
    return out.getvalue()
