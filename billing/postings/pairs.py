"""Every invoice line is booked twice: by the municipality that pays (art 4.x) and by the centre that receives (7.x).

The authorised account plan wants payments between municipalities mirrored (4.6–4.8 against 7.6–7.8), so each line gives
a pair whose amounts add up to 0. Amounts in øre without VAT: positive is cost, negative is income; VAT stands beside.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from billing.models import AccountString, Invoice, InvoiceLine, Period
from municipalities.models import Municipality

PAYER_GROUP, RECEIVER_GROUP = "4", "7"
MIRRORED = {"4.6": "7.6", "4.7": "7.7", "4.8": "7.8"}  # what the annual accounts compare between two municipalities


@dataclass(frozen=True)
class Posting:
    """One side of a pair, in the accounts of `owner`."""

    owner: Municipality
    document: str
    line: int
    booked_on: date
    period: str
    account_string: str
    art: str
    amount_ore: int
    vat_ore: int
    text: str
    counterpart_cvr: str


@dataclass(frozen=True)
class Pair:
    payer: Posting
    receiver: Posting

    @property
    def balances(self) -> bool:
        return self.payer.amount_ore + self.receiver.amount_ore == 0

    @property
    def is_mirrored(self) -> bool:
        """Art 4.x against 7.x, and where the plan pairs them, the same place in both groups."""
        payer, receiver = self.payer.art, self.receiver.art
        return receiver == MIRRORED.get(payer, receiver) and payer[:1] == PAYER_GROUP and receiver[:1] == RECEIVER_GROUP


@dataclass
class Reconciled:
    """One municipality's month: what the statement says, what was invoiced, and what both sides book, in øre."""

    municipality: Municipality
    statement_ore: int
    invoiced_ore: int
    pairs: list[Pair] = field(default_factory=list)

    @property
    def payer_ore(self) -> int:
        return sum(pair.payer.amount_ore for pair in self.pairs)

    @property
    def receiver_ore(self) -> int:
        return sum(pair.receiver.amount_ore for pair in self.pairs)

    @property
    def difference_ore(self) -> int:
        return self.payer_ore + self.receiver_ore

    @property
    def lacking(self) -> int:
        """Postings without an account string or an art."""
        return sum(
            not (side.account_string and side.art) for pair in self.pairs for side in (pair.payer, pair.receiver)
        )

    @property
    def crooked(self) -> list[Pair]:
        """Pairs with both arts whose arts are no mirror of each other."""
        return [pair for pair in self.pairs if pair.payer.art and pair.receiver.art and not pair.is_mirrored]

    @property
    def is_clean(self) -> bool:
        return (
            self.statement_ore == self.invoiced_ore == self.payer_ore
            and self.difference_ore == 0
            and not self.lacking
            and not self.crooked
        )


def of_period(period: Period, members: Iterable[Municipality]) -> dict[int, list[Pair]]:
    """Pairs of the period's invoices and credit notes by municipality, in order of number and line."""
    operator = Municipality.objects.operator()
    strings = {row.pool_id: row for row in AccountString.objects.filter(municipality=operator)}
    lines = InvoiceLine.objects.filter(invoice__period=period, municipality__in=list(members)).select_related(
        "invoice__series", "municipality", "pool"
    )
    pairs: dict[int, list[Pair]] = {}
    for line in lines.order_by("invoice__series__year", "invoice__number", "position"):
        pairs.setdefault(line.municipality_id, []).append(_pair(line, operator, strings))
    return pairs


def reconcile(period: Period, members: Iterable[Municipality], amounts: dict[int, int]) -> list[Reconciled]:
    """Statements against invoices against postings; `amounts` are what the statements ask for, by municipality."""
    members = list(members)
    pairs = of_period(period, members)
    invoices = Invoice.objects.filter(period=period, municipality__in=members)
    invoiced: dict[int, int] = {}
    for invoice in invoices:
        invoiced[invoice.municipality_id] = invoiced.get(invoice.municipality_id, 0) + invoice.signed_net_ore
    return [
        Reconciled(member, amounts.get(member.pk, 0), invoiced.get(member.pk, 0), pairs.get(member.pk, []))
        for member in members
    ]


def _pair(line: InvoiceLine, operator: Municipality, strings: dict[int | None, AccountString]) -> Pair:
    invoice = line.invoice
    sign = -1 if invoice.is_credit else 1
    own = strings.get(line.pool_id, strings.get(None))
    common = {
        "document": invoice.code, "line": line.position, "booked_on": invoice.issued_on,
        "period": f"{invoice.first_day:%Y-%m}", "text": line.text,
    }  # fmt: skip
    payer = Posting(
        owner=line.municipality, account_string=line.account_string, art=line.art, amount_ore=sign * line.net_ore,
        vat_ore=sign * line.vat_ore, counterpart_cvr=operator.cvr, **common,
    )  # fmt: skip
    receiver = Posting(
        owner=operator, account_string=own.account_string if own else "", art=own.art if own else "",
        amount_ore=-sign * line.net_ore, vat_ore=-sign * line.vat_ore, counterpart_cvr=line.municipality.cvr, **common,
    )  # fmt: skip
    return Pair(payer, receiver)
