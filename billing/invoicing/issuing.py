"""An invoice gets its number: checked, written in both formats, recorded, and from then on unchangeable."""

import hashlib
import uuid
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.invoicing import checks, oioubl, peppol, rules
from billing.invoicing.document import Account, Address, Document, Line, Party, Reference, vat_of, with_vat
from billing.invoicing.drafts import DESCRIPTION_LENGTH, TEXT_LENGTH, Draft, of_credit
from billing.invoicing.vat import Treatment, treatment_of
from billing.models import Invoice, InvoiceFile, InvoiceLine, InvoiceParty, InvoiceSeries, Period
from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken

_NAMESPACE = uuid.UUID("5c0a7b9e-6f0e-4a86-9a0c-6f9a2f5b8d11")
WRITERS = {InvoiceFile.Format.OIOUBL: oioubl.write, InvoiceFile.Format.PEPPOL: peppol.write}


class NotReady(RuleBroken):
    """Something is missing; the page of the draft lists it with links."""

    def __init__(self, lacks: list[checks.Lack]):
        super().__init__(" ".join(lack.sentence for lack in lacks))
        self.lacks = lacks


class NothingToInvoice(RuleBroken):
    def __init__(self):
        super().__init__(_("There is no amount to invoice."))


class MonthNotClosed(RuleBroken):
    def __init__(self):
        super().__init__(_("A month is invoiced when it is closed. Close the month first."))


class AlreadyIssued(RuleBroken):
    def __init__(self, invoice: Invoice):
        super().__init__(
            _("This is invoiced already, on %(number)s. Credit that one first.") % {"number": invoice.code}
        )


class FileRefused(RuleBroken):
    """The written file breaks a rule of the network: a fault of the data or of this program, never to be sent."""

    def __init__(self, broken: list[rules.Broken]):
        super().__init__(refusal(broken))
        self.broken = broken


def refusal(broken: list[rules.Broken]) -> str:
    """How to mend it, cause by cause, and the ids for whoever must look the rules up."""
    causes = " ".join(str(mend.sentence) for mend in rules.causes(broken))
    ids = ", ".join(dict.fromkeys(one.id for one in broken))
    return gettext("The e-invoice would be turned away. %(causes)s (Rules: %(ids)s)") % {"causes": causes, "ids": ids}


@transaction.atomic
def issue(draft: Draft, *, by: Person, at: datetime | None = None) -> Invoice:
    """Give the draft a number. Raises the RuleBroken classes of this module, and writes nothing then."""
    at = (at or timezone.now()).replace(microsecond=0)
    seller, series = Municipality.objects.operator(), _lock_series(timezone.localdate(at).year)
    _check(draft, seller)
    invoice = _write(draft, seller, series, by=by, at=at)
    _write_files(invoice)
    AuditEntry.objects.record(
        "credit_note_issued" if invoice.is_credit else "invoice_issued", municipality_id=invoice.municipality_id,
        actor=by, at=at, subject=invoice.code, kind=invoice.kind, net_ore=invoice.net_ore, vat_ore=invoice.vat_ore,
    )  # fmt: skip
    return invoice


def credit(invoice: Invoice, *, by: Person, reason: str, at: datetime | None = None) -> Invoice:
    """Give an invoice back in full. A second credit of the same one is refused (AlreadyIssued)."""
    return issue(of_credit(invoice, reason=reason), by=by, at=at)


def faults(draft: Draft, *, at: datetime | None = None) -> list[rules.Broken]:
    """What would keep the draft's files back, found by writing them without a number. Nothing is stored."""
    at = (at or timezone.now()).replace(microsecond=0)
    seller = Municipality.objects.operator()
    lines = lines_of(draft, treatment_for(seller))
    series = InvoiceSeries(year=timezone.localdate(at).year)
    contents = _contents(_document(_invoice(draft, seller, series, lines, at=at), lines))
    return list(dict.fromkeys(one for name, content in contents.items() for one in rules.broken(content, name)))


def document_of(invoice: Invoice) -> Document:
    """The value model of an issued invoice, from its own rows alone."""
    lines = tuple(
        Line(line.text, line.net_ore, line.vat_ore, line.description, line.account_string)
        for line in invoice.lines.all()
    )
    return _document(invoice, lines)


def _document(invoice: Invoice, lines: tuple[Line, ...]) -> Document:
    treatment = treatment_of(invoice.vat_mode, invoice.vat_basis)
    before = invoice.preceding
    return Document(
        number=invoice.code, uuid=str(invoice.uuid).upper(), issued_on=invoice.issued_on, due_on=invoice.due_on,
        is_credit=invoice.is_credit, first_day=invoice.first_day, last_day=invoice.last_day,
        seller=_party(invoice.seller), buyer=_party(invoice.buyer), account=Account(**invoice.account),
        treatment=treatment, lines=lines, note=invoice.note, order_reference=invoice.order_reference,
        account_string=invoice.account_string,
        preceding=(Reference(before.code, before.issued_on),) if before else (),
    )  # fmt: skip


def treatment_for(seller: Municipality) -> Treatment:
    return treatment_of(seller.vat_mode, seller.vat_basis)


def lines_of(draft: Draft, treatment: Treatment) -> tuple[Line, ...]:
    """The draft's lines with VAT; for a credit note with the signs turned, so that what comes back is positive."""
    sign = -1 if draft.is_credit else 1
    general = draft.strings.get(None)
    plain = []
    for line in draft.lines:
        found = draft.strings.get(line.pool.pk if line.pool else None, general)
        plain.append(
            Line(
                line.text[:TEXT_LENGTH], sign * line.amount_ore, 0, line.description[:DESCRIPTION_LENGTH],
                found.account_string if found else "",
            )
        )  # fmt: skip
    return with_vat(plain, treatment)


def _check(draft: Draft, seller: Municipality) -> None:
    if draft.period and draft.kind == Invoice.Kind.SETTLEMENT and draft.period.state != Period.State.CLOSED:
        raise MonthNotClosed
    if not any(line.amount_ore for line in draft.lines):
        raise NothingToInvoice
    missing = checks.lacks(seller, draft.municipality)
    if missing:
        raise NotReady(missing)
    earlier = Invoice.objects.filter(municipality=draft.municipality, source=draft.source).first()
    if earlier:
        raise AlreadyIssued(earlier)


def _lock_series(year: int) -> InvoiceSeries:
    """One invoice at a time: what another one has just invoiced is seen by the checks."""
    InvoiceSeries.objects.get_or_create(year=year)
    return InvoiceSeries.objects.select_for_update().get(year=year)


def _write(draft: Draft, seller: Municipality, series: InvoiceSeries, *, by: Person, at: datetime) -> Invoice:
    lines = lines_of(draft, treatment_for(seller))
    invoice = _invoice(draft, seller, series, lines, at=at)
    invoice.issued_by = by
    invoice.save(force_insert=True)
    invoice.refresh_from_db(fields=["number"])  # the database draws it
    InvoiceLine.objects.bulk_create(_rows(invoice, draft, lines))
    return invoice


def _invoice(
    draft: Draft, seller: Municipality, series: InvoiceSeries, lines: tuple[Line, ...], *, at: datetime
) -> Invoice:
    """The row as it would be stored, with the parties as they are today."""
    today = timezone.localdate(at)
    net_ore = sum(line.net_ore for line in lines)
    parties = {
        row.municipality_id: row for row in InvoiceParty.objects.filter(municipality__in=[seller, draft.municipality])
    }
    sender, receiver = parties[seller.pk], parties[draft.municipality.pk]
    general = draft.strings.get(None)
    return Invoice(
        municipality=draft.municipality, series=series, kind=draft.kind, is_credit=draft.is_credit,
        source=draft.source, period=draft.period, run=draft.run, first_day=draft.first_day, last_day=draft.last_day,
        issued_on=today, due_on=today + timedelta(days=sender.payment_days), net_ore=net_ore,
        vat_ore=vat_of(net_ore, treatment_for(seller)), vat_mode=seller.vat_mode, vat_basis=seller.vat_basis,
        seller=_snapshot(seller, sender), buyer=_snapshot(draft.municipality, receiver),
        account={"registration": sender.bank_registration, "number": sender.bank_account},
        order_reference=receiver.order_reference, account_string=general.account_string if general else "",
        note=draft.note[:300], uuid=uuid.uuid5(_NAMESPACE, f"{draft.municipality.code}/{draft.source}"),
        preceding=draft.preceding, issued_at=at,
    )  # fmt: skip


def _rows(invoice: Invoice, draft: Draft, lines: tuple[Line, ...]) -> list[InvoiceLine]:
    general = draft.strings.get(None)
    rows = []
    for position, (line, origin) in enumerate(zip(lines, draft.lines, strict=True), start=1):
        found = draft.strings.get(origin.pool.pk if origin.pool else None, general)
        rows.append(
            InvoiceLine(
                municipality_id=invoice.municipality_id, invoice=invoice, position=position, pool=origin.pool,
                text=line.text, description=line.description, net_ore=line.net_ore, vat_ore=line.vat_ore,
                account_string=line.account_string, art=found.art if found else "",
            )
        )  # fmt: skip
    return rows


def _write_files(invoice: Invoice) -> None:
    contents = _contents(document_of(invoice))
    check(contents)
    InvoiceFile.objects.bulk_create(
        InvoiceFile(
            municipality_id=invoice.municipality_id, invoice=invoice, format=name, content=content.decode(),
            sha256=hashlib.sha256(content).hexdigest(),
        )
        for name, content in contents.items()
    )  # fmt: skip


def check(contents: dict[str, bytes]) -> None:
    """Raises FileRefused when a file, by its format, breaks the schema or a rule of its network."""
    broken = [one for name, content in contents.items() for one in rules.broken(content, name)]
    if broken:
        raise FileRefused(list(dict.fromkeys(broken)))


def _contents(document: Document) -> dict[str, bytes]:
    return {name: write(document) for name, write in WRITERS.items()}


def _snapshot(who: Municipality, party: InvoiceParty) -> dict:
    """The party as it is today, kept in the invoice."""
    return asdict(
        Party(
            name=who.name, cvr=who.cvr, address=Address(party.street, party.post_code, party.city), gln=who.gln,
            reference=party.reference, contact_name=party.contact_name, contact_phone=party.contact_phone,
            contact_email=party.contact_email,
        )
    )  # fmt: skip


def _party(kept: dict) -> Party:
    return Party(**(kept | {"address": Address(**kept["address"])}))
