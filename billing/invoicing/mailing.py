"""An invoice by mail: both files to the contact that stood on it, through the outbox, once a day at most."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from billing.invoicing.dispatching import check_files, file_name
from billing.models import Invoice, InvoiceFile
from municipalities.models import Person
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken
from servicecenter.outbox.models import Mail
from servicecenter.outbox.queueing import File, queue


class NoAddress(RuleBroken):
    def __init__(self):
        super().__init__(gettext_lazy("No e-mail address stood on the invoice. Download the files and send them."))


def address_of(invoice: Invoice) -> str:
    return invoice.buyer.get("contact_email", "")


def sent(invoice: Invoice):
    """The mails of an invoice, newest first."""
    mails = Mail.objects.filter(municipality_id=invoice.municipality_id, cause__startswith=f"invoice/{invoice.code}/")
    return mails.order_by("-id")


@transaction.atomic
def send(invoice: Invoice, *, by: Person, at: datetime | None = None) -> Mail:
    """Queue the mail with the bytes that were written at issuing. Pressed twice on a day, it is one mail."""
    at = (at or timezone.now()).replace(microsecond=0)
    address = address_of(invoice)
    if not address:
        raise NoAddress
    check_files(invoice, *InvoiceFile.Format.values)
    files = [
        File(file_name(invoice, file.format), "application/xml", file.content.encode()) for file in invoice.files.all()
    ]
    with override("da"):
        kind = _("Credit note") if invoice.is_credit else _("Invoice")
        subject = f"{kind} {invoice.code}: {invoice.seller['name']}"
        text = _("%(kind)s %(number)s is attached as OIOUBL and as Peppol BIS Billing.") % {
            "kind": kind, "number": invoice.code,
        }  # fmt: skip
    mail = queue(
        municipality_id=invoice.municipality_id, cause=f"invoice/{invoice.code}/{timezone.localdate(at)}", to=address,
        subject=subject, text=text, files=files, at=at,
    )  # fmt: skip
    AuditEntry.objects.record(
        "invoice_mailed", municipality_id=invoice.municipality_id, actor=by, at=at, subject=invoice.code, to=address
    )
    return mail
