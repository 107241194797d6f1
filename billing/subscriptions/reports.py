"""What a mailed report consists of: a page of A4 and a workbook, in the language of the one who gets it."""

import io
from fractions import Fraction

import xlsxwriter
from django.utils.translation import gettext as _

from billing import entries, exports, statements
from billing.exports import harmless
from billing.models import Allocation, Period, Pool, ReportSubscription, Run
from billing.parties import short_name
from billing.pdf import community
from billing.pdf import statement as printed
from municipalities.models import Municipality
from servicecenter.outbox.queueing import File
from servicecenter.ui import formats

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def files_of(kind: str, municipality: Municipality, period: Period) -> list[File]:
    """The attachments; none when the month is not calculated."""
    make = {ReportSubscription.Kind.STATEMENT: _statement, ReportSubscription.Kind.COMMUNITY: _community}[kind]
    return make(municipality, period)


def words_of(kind: str, municipality: Municipality, period: Period, *, address: str) -> tuple[str, str]:
    """Subject and text of the mail."""
    month = formats.month(period.month)
    if kind == ReportSubscription.Kind.STATEMENT:
        subject = _("Statement of %(name)s, %(month)s") % {"name": municipality.name, "month": month}
    else:
        subject = _("The community's month: %(month)s") % {"month": month}
    text = _(
        "The report is attached as PDF and as a workbook.\n\nOpen it on the desk: %(address)s\n\n"
        "You get it because somebody put you on the list of its receivers. There you can take yourself off again."
    ) % {"address": address}
    return subject, text


def _statement(municipality: Municipality, period: Period) -> list[File]:
    statement, found = statements.read(municipality, period.month), entries.read(municipality, period.month)
    if statement is None or found is None:
        return []
    stem = f"afregning-{period.code}-{municipality.slug}"
    desk = Municipality.objects.operator().name
    return [
        File(f"{stem}.pdf", PDF, printed.as_pdf(statement, desk=desk)),
        File(f"{stem}.xlsx", XLSX, exports.as_xlsx(found)),
    ]


def _community(_municipality: Municipality, period: Period) -> list[File]:
    totals = Totals.read(period)
    if totals is None:
        return []
    stem = f"faellesskabet-{period.code}"
    return [
        File(f"{stem}.pdf", PDF, community.as_pdf(totals, desk=Municipality.objects.operator().name)),
        File(f"{stem}.xlsx", XLSX, _workbook(totals)),
    ]


class Totals:
    """What every municipality carries of every pool in a month, in øre; totals, so that all may read them."""

    def __init__(self, run: Run, members: list[Municipality], rows: list[tuple[str, list[int]]]):
        self.run = run
        self.period = run.period
        self.members = members
        self.rows = rows

    @classmethod
    def read(cls, period: Period) -> "Totals | None":
        run = Run.objects.filter(is_current=True, period=period).select_related("period").first()
        if run is None:
            return None
        amounts: dict[tuple[int | None, int], int] = {}
        for pool, owner, ore in Allocation.objects.filter(run=run).values_list(
            "pool_id", "municipality_id", "amount_ore"
        ):
            amounts[pool, owner] = amounts.get((pool, owner), 0) + ore
        members = list(Municipality.objects.members())
        pools = [(pool.pk, pool.name) for pool in Pool.objects.order_by("position")] + [(None, _("Other direct cost"))]
        rows = [(name, [amounts.get((pk, member.pk), 0) for member in members]) for pk, name in pools]
        return cls(run, members, [(name, row) for name, row in rows if any(row)])

    @property
    def sums(self) -> list[int]:
        return [sum(row[place] for _name, row in self.rows) for place in range(len(self.members))]


def _workbook(totals: Totals) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        # The day of the figures, not that of writing: the same month is the same file.
        book.set_properties({"created": totals.run.created_at.replace(tzinfo=None)})
        sheet = book.add_worksheet(totals.period.code)
        bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        headings = [_("Pool"), *(short_name(member) for member in totals.members), _("Total, DKK")]
        for column, heading in enumerate(headings):
            sheet.set_column(column, column, 30 if column == 0 else 16)
            sheet.write_string(0, column, harmless(heading), bold)
        table = [*totals.rows, (_("Total"), totals.sums)]
        for number, (name, row) in enumerate(table, start=1):
            sheet.write_string(number, 0, harmless(name))
            for column, ore in enumerate([*row, sum(row)], start=1):
                sheet.write_number(number, column, exports.kroner(Fraction(ore)), money)
    return out.getvalue()
