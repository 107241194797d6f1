"""A simulation as CSV and as a workbook. Its first row says that it is one."""

import csv
import io
from decimal import Decimal
from fractions import Fraction

import xlsxwriter
from django.utils.translation import gettext as _

from billing.exports import harmless, kroner
from billing.simulator.explanation import sentences
from billing.simulator.forms import ScenarioForms
from billing.simulator.scenario import Outcome

Row = list[str | Decimal]


def rows(forms: ScenarioForms, outcome: Outcome, *, months: str, address: str) -> list[Row]:
    table: list[Row] = [
        [_("Simulation for discussion. This is not a bill, and nothing is stored in the accounts.")],
        [_("Months"), months],
        [_("Address of the scenario"), address],
    ]
    table += [[sentence] for sentence in sentences(forms, outcome)]
    table += [
        [],
        [_("Municipality"), _("Now, DKK"), _("Scenario, DKK"), _("Difference, DKK")],
    ]
    amounts = outcome.amounts
    for code, difference in amounts.difference_ore.items():
        table.append([forms.names[code], *_kroner(amounts.now_ore[code], amounts.alternative_ore[code], difference)])
    sums = (sum(side.values()) for side in (amounts.now_ore, amounts.alternative_ore, amounts.difference_ore))
    table.append([_("Total"), *_kroner(*sums)])
    return [*table, [], *_per_pool(forms, outcome)]


def _per_pool(forms: ScenarioForms, outcome: Outcome) -> list[Row]:
    headings: Row = [_("Pool"), *(forms.names[code] for code in outcome.amounts.now_ore)]
    found: list[Row] = []
    for pool in forms.basis.pools:
        difference = outcome.by_pool_ore.get(pool.code)
        if difference:
            found.append([pool.name, *_kroner(*(difference.get(code, 0) for code in outcome.amounts.now_ore))])
    return [[_("Difference by pool, DKK")], headings, *found] if found else []


def _kroner(*amounts: int) -> list[Decimal]:
    return [kroner(Fraction(ore)) for ore in amounts]


def as_csv(table: list[Row]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for row in table:
        writer.writerow([format(c, "f").replace(".", ",") if isinstance(c, Decimal) else harmless(c) for c in row])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(table: list[Row]) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet, money = book.add_worksheet(_("Simulation")[:31]), book.add_format({"num_format": "#,##0.00"})
        sheet.set_column(0, 0, 32)
        sheet.set_column(1, 20, 18)
        for number, row in enumerate(table):
            for column, cell in enumerate(row):
                if isinstance(cell, Decimal):
                    sheet.write_number(number, column, cell, money)
                else:
                    sheet.write_string(number, column, harmless(cell))
    return out.getvalue()
