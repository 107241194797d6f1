"""What is to be invoiced, before it has a number: lines in øre with signs, and what they rest on.

A month's draft has the statement's amounts, pool by pool, to the øre; what was invoiced on account for the same month
is taken off in a line of its own. Drafts are not stored: they are read again whenever somebody looks or issues.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import override

from billing import statements
from billing.models import AccountString, Instalment, Invoice, Period, Pool, Run
from municipalities.models import Municipality
from servicecenter.ui import formats

TEXT_LENGTH, DESCRIPTION_LENGTH = 100, 300  # what buyers' systems show of a line


@dataclass(frozen=True)
class DraftLine:
    """`amount_ore` without VAT: positive is to be paid, negative comes back."""

    text: str
    amount_ore: int
    description: str = ""
    pool: Pool | None = None


@dataclass(frozen=True)
class Draft:
    """`source` names what is invoiced: one invoice per source and municipality. `last_day` is included."""

    municipality: Municipality
    kind: str
    source: str
    first_day: date
    last_day: date
    lines: tuple[DraftLine, ...]
    note: str = ""
    period: Period | None = None
    run: Run | None = None
    preceding: Invoice | None = None
    strings: dict[int | None, AccountString] = field(default_factory=dict, compare=False)

    @property
    def amount_ore(self) -> int:
        return sum(line.amount_ore for line in self.lines)

    @property
    def is_credit(self) -> bool:
        return self.amount_ore < 0


def of_month(municipality: Municipality, month: date) -> Draft | None:
    """The draft of a month's settlement, or None when the month has not been calculated."""
    with override("da"):  # the language of the buyers' systems, whoever presses the button
        statement = statements.read(municipality, month)
        return _of_statement(statement) if statement else None


def _of_statement(statement: statements.Statement) -> Draft:
    municipality, period = statement.municipality, statement.period
    lines = [*_of_pools(statement), *_of_corrections(statement), *_taken_off(municipality, period)]
    return Draft(
        municipality, Invoice.Kind.SETTLEMENT, _next_source(municipality, f"settlement/{period.code}"),
        first_day=period.month, last_day=period.end - timedelta(days=1), lines=tuple(lines), period=period,
        run=statement.run, strings=strings_of(municipality),
        note=_("Statement %(number)s for %(month)s, control number %(control)s.")
        % {"number": statement.number, "month": formats.month(period.month), "control": statement.run.control_number},
    )  # fmt: skip


def of_instalment(municipality: Municipality, month: date) -> Draft | None:
    """The draft of what the year's plan asks for on account in a month, or None when it asks for nothing."""
    instalment = Instalment.objects.filter(municipality=municipality, month=month).first()
    if instalment is None:
        return None
    end = (month + timedelta(days=32)).replace(day=1)
    with override("da"):
        words = {"month": formats.month(month)}
        line = DraftLine(_("On account for %(month)s") % words, instalment.amount_ore)
    return of_amount(
        municipality, kind=Invoice.Kind.ON_ACCOUNT, source=f"on_account/{month:%Y-%m}", first_day=month,
        last_day=end - timedelta(days=1), lines=[line], period=Period.objects.filter(month=month).first(),
    )  # fmt: skip


def of_amount(
    municipality: Municipality, *, kind: str, source: str, first_day: date, last_day: date, lines: list[DraftLine],
    note: str = "", period: Period | None = None, preceding: Invoice | None = None,
) -> Draft:  # fmt: skip
    """The draft of an instalment, a correction, a year's settlement or a trade of capacity."""
    return Draft(
        municipality, kind, _next_source(municipality, source), first_day, last_day,
        tuple(line for line in lines if line.amount_ore), note, period,
        preceding=preceding, strings=strings_of(municipality),
    )  # fmt: skip


def of_credit(invoice: Invoice, *, reason: str) -> Draft:
    """The whole of an invoice, given back (or, of a credit note, asked for again)."""
    lines = tuple(
        DraftLine(line.text, line.net_ore if invoice.is_credit else -line.net_ore, line.description, line.pool)
        for line in invoice.lines.select_related("pool")
    )
    return Draft(
        invoice.municipality, invoice.kind, f"credit/{invoice.code}", invoice.first_day, invoice.last_day, lines,
        reason, invoice.period, invoice.run, invoice, strings_of(invoice.municipality),
    )  # fmt: skip


def strings_of(municipality: Municipality) -> dict[int | None, AccountString]:
    """Account strings by pool; None holds the one for everything else."""
    return {row.pool_id: row for row in AccountString.objects.filter(municipality=municipality)}


def _of_pools(statement: statements.Statement) -> Iterator[DraftLine]:
    for row in statement.rows:
        if row.amount_ore:
            quantity = f"{row.key}: {row.quantity}" if row.quantity else row.key
            yield DraftLine(row.name[:TEXT_LENGTH], row.amount_ore, quantity[:DESCRIPTION_LENGTH], row.pool)


def _of_corrections(statement: statements.Statement) -> Iterator[DraftLine]:
    """What the month carries for months that were closed before, each with its old month."""
    for row in statement.corrections:
        month = formats.month(row.correction.corrected.month)
        text = _("Correction of %(month)s") % {"month": month} + (f": {row.pool.name}" if row.pool else "")
        yield DraftLine(text[:TEXT_LENGTH], row.amount_ore, row.correction.reason[:DESCRIPTION_LENGTH], row.pool)


def _taken_off(municipality: Municipality, period: Period) -> Iterator[DraftLine]:
    """What was asked for on account for the same month, net of what was given back of it."""
    earlier = Invoice.objects.filter(municipality=municipality, period=period, kind=Invoice.Kind.ON_ACCOUNT)
    on_account = sum(invoice.signed_net_ore for invoice in earlier)
    if on_account:
        yield DraftLine(_("Invoiced on account"), -on_account)


def _next_source(municipality: Municipality, stem: str) -> str:
    """The same thing is invoiced again only after the earlier invoice was given back in full."""
    earlier = list(Invoice.objects.filter(municipality=municipality, source__startswith=f"{stem}#").order_by("id"))
    given_back = {
        invoice.preceding_id
        for invoice in Invoice.objects.filter(municipality=municipality, source__startswith="credit/")
    }
    place = len(earlier)
    return f"{stem}#{place if earlier and earlier[-1].pk not in given_back else place + 1}"
