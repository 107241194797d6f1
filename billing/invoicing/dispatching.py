"""Invoices on their way to the access point. A row first, a task second; the network is met outside transactions."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.invoicing import access_point, rules
from billing.models import Invoice, InvoiceDispatch, InvoiceFile
from municipalities.models import Person
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken

LEASE = timedelta(minutes=5)
STEPS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240)]  # then every four hours
LOOK_EVERY = timedelta(minutes=5)


class NoAccessPoint(RuleBroken):
    def __init__(self):
        super().__init__(_("No access point is set up. Download the file, or ask the administrator to connect one."))


class AlreadyOnItsWay(RuleBroken):
    def __init__(self):
        super().__init__(_("This invoice is already handed over, or on its way to the access point."))


class RulesMovedOn(RuleBroken):
    """A file was right when it was issued, and a newer release of the rules would turn it away."""

    def __init__(self, broken: list[rules.Broken]):
        ids = ", ".join(dict.fromkeys(one.id for one in broken))
        super().__init__(
            _("The rules have changed since this was issued, and the file would be turned away (%(ids)s)."
              " Credit it and issue it again.") % {"ids": ids}
        )  # fmt: skip


def check_files(invoice: Invoice, *formats: str) -> None:
    """Ask the rules of today again before a file leaves. Raises RulesMovedOn."""
    files = invoice.files.filter(format__in=formats)
    broken = [one for file in files for one in rules.broken(file.content.encode(), file.format)]
    if broken:
        raise RulesMovedOn(broken)


@transaction.atomic
def send(invoice: Invoice, *, file_format: str, by: Person, at: datetime | None = None) -> InvoiceDispatch:
    """Put the invoice's file on its way. Once only, unless the access point refused it."""
    from billing.tasks import hand_over_invoice

    at = (at or timezone.now()).replace(microsecond=0)
    way = access_point.channel()
    if not way:
        raise NoAccessPoint
    Invoice.objects.select_for_update().get(pk=invoice.pk)
    if invoice.dispatches.exclude(state=InvoiceDispatch.State.REFUSED).exists():
        raise AlreadyOnItsWay
    check_files(invoice, file_format)
    dispatch = InvoiceDispatch.objects.create(
        municipality_id=invoice.municipality_id, invoice=invoice, format=file_format, channel=way, next_at=at,
        created_by=by, created_at=at,
    )  # fmt: skip
    AuditEntry.objects.record(
        "invoice_sent", municipality_id=invoice.municipality_id, actor=by, at=at, subject=invoice.code, channel=way,
        format=file_format,
    )  # fmt: skip
    hand_over_invoice.delay_on_commit(dispatch.pk, scope=[invoice.municipality_id])
    return dispatch


@transaction.atomic
def lease(dispatch_id: int, *, at: datetime) -> InvoiceDispatch | None:
    """The dispatch, for this worker alone for some minutes; None when it is gone, settled or leased by another."""
    found = InvoiceDispatch.objects.waiting(at=at).select_for_update(skip_locked=True).filter(pk=dispatch_id).first()
    if found:
        found.leased_until, found.attempts = at + LEASE, found.attempts + 1
        found.save(update_fields=["leased_until", "attempts"])
    return found


def content_of(dispatch: InvoiceDispatch) -> tuple[str, str, bytes]:
    """Name, UUID and bytes of the file that is handed over: those that were written at issuing."""
    invoice = Invoice.objects.select_related("series").get(pk=dispatch.invoice_id)
    file = InvoiceFile.objects.get(invoice=invoice, format=dispatch.format)
    return file_name(invoice, dispatch.format), str(invoice.uuid), file.content.encode()


def file_name(invoice: Invoice, file_format: str) -> str:
    kind = "kreditnota" if invoice.is_credit else "faktura"
    return f"{kind}-{invoice.code}-{file_format}.xml"


@transaction.atomic
def settle(dispatch: InvoiceDispatch, outcome: access_point.Outcome, *, at: datetime) -> None:
    """Write down what the access point said; what failed for a passing reason gets the time of its next attempt."""
    changes: dict[str, Any] = {"state": outcome.state, "fault": outcome.fault, "leased_until": None}
    if outcome.state == InvoiceDispatch.State.WAITING:
        changes["next_at"] = at + STEPS[min(dispatch.attempts - 1, len(STEPS) - 1)]
    else:
        changes["handed_over_at"] = dispatch.handed_over_at or at
    if outcome.state in (InvoiceDispatch.State.RECEIVED, InvoiceDispatch.State.REFUSED):
        changes |= {"receipt": outcome.receipt, "receipt_at": at}
    if not InvoiceDispatch.objects.filter(pk=dispatch.pk, state=dispatch.state).update(**changes):
        return  # another worker wrote first
    AuditEntry.objects.record(
        f"invoice_{outcome.state}", municipality_id=dispatch.municipality_id, at=at, subject=dispatch.invoice.code,
        receipt=outcome.receipt, fault=outcome.fault,
    )  # fmt: skip


def await_receipts() -> list[tuple[int, int, str]]:
    """(dispatch, municipality, UUID) of files in the folder that the access point has not answered yet."""
    waiting = InvoiceDispatch.objects.filter(
        state=InvoiceDispatch.State.HANDED_OVER, channel=InvoiceDispatch.Channel.FOLDER
    )
    return [(pk, place, str(uuid)) for pk, place, uuid in waiting.values_list("pk", "municipality_id", "invoice__uuid")]
