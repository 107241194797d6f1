"""Who got a month's statement, when, and who still waits for it: the last step of the month.

The desk sends by itself when the month is closed, to those who were on the list by then. Who came on the list later
waits here until somebody sends it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from billing.models import Allocation, Period, ReportDelivery, ReportSubscription
from billing.subscriptions.sending import send
from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken
from servicecenter.outbox.models import Mail
from servicecenter.tenancy.grants import held

STATEMENT = ReportSubscription.Kind.STATEMENT


class NotClosed(RuleBroken):
    def __init__(self):
        super().__init__(_("Statements are sent when the month is closed. Close it first."))


@dataclass
class Receipt:
    """One municipality: what was sent (each with its mail, or None), and who is on the list and waits."""

    municipality: Municipality
    sent: list[tuple[ReportDelivery, Mail | None]] = field(default_factory=list)
    waiting: list[ReportSubscription] = field(default_factory=list)

    @property
    def has_nobody(self) -> bool:
        return not self.sent and not self.waiting


def billed(period: Period) -> list[Municipality]:
    """Those who carry something in the month."""
    carrying = Allocation.objects.filter(run__is_current=True, period=period)
    return list(Municipality.objects.members().filter(pk__in=carrying.values("municipality")))


def read(period: Period, owners: Iterable[Municipality]) -> list[Receipt]:
    found = {owner.pk: Receipt(owner) for owner in owners}
    deliveries = list(
        ReportDelivery.objects.filter(period=period, kind=STATEMENT).select_related("recipient").order_by("id")
    )
    mails = {mail.cause: mail for mail in Mail.objects.filter(cause__in=[row.cause for row in deliveries])}
    for delivery in deliveries:
        if delivery.municipality_id in found:
            found[delivery.municipality_id].sent.append((delivery, mails.get(delivery.cause)))
    served = {(row.municipality_id, row.recipient_id) for row in deliveries}
    for row in _running():
        if row.municipality_id in found and (row.municipality_id, row.recipient_id) not in served:
            found[row.municipality_id].waiting.append(row)
    return list(found.values())


def send_waiting(period: Period, *, by: Person, at: datetime) -> int:
    """Send the statement to everybody on the list who has not got it; their number. Raises NotClosed."""
    if period.state != Period.State.CLOSED:
        raise NotClosed
    waiting = [row for receipt in read(period, billed(period)) for row in receipt.waiting]
    sent = [row for row in waiting if send(row, period, at=at)]
    for row in sent:
        AuditEntry.objects.record(
            "statement_sent", municipality_id=row.municipality_id, actor=by, at=at, subject=row.recipient.email,
            month=period.code,
        )  # fmt: skip
    return len(sent)


def _running() -> list[ReportSubscription]:
    """Those on the list who may still read the entries."""
    rows = ReportSubscription.objects.running().filter(kind=STATEMENT)
    rows = rows.select_related("recipient", "municipality").order_by("id")
    readers = held(Municipality, "read_entries")
    return [row for row in rows if (row.recipient_id, row.municipality_id) in readers]
