"""Sending what is due: each report once per month, person and municipality, whatever happens to the queue.

A statement is due when its month is closed, the community's month from the 15th of the next. Who may no longer read the
entries of the municipality gets nothing more. The mail and the record of it are written in one transaction.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from billing.models import Period, ReportDelivery, ReportSubscription
from billing.subscriptions import reports
from municipalities.models import Municipality
from servicecenter.outbox.links import absolute
from servicecenter.outbox.queueing import queue
from servicecenter.tenancy.grants import granted_ids

REPORT_DAY = 15
LOOK_BACK = timedelta(days=62)  # a report that was due longer ago is no news


def due(*, at: datetime) -> Iterator[tuple[ReportSubscription, Period]]:
    """What is to be sent now. A subscription counts for what became due after it began."""
    running = list(ReportSubscription.objects.running().select_related("recipient", "municipality"))
    sent = set(ReportDelivery.objects.values_list("municipality_id", "period_id", "recipient_id", "kind"))
    for period in Period.objects.filter(month__gte=timezone.localdate(at - LOOK_BACK).replace(day=1)).order_by("month"):
        for subscription in running:
            due_at = due_at_of(subscription.kind, period)
            key = (subscription.municipality_id, period.pk, subscription.recipient_id, subscription.kind)
            if due_at and subscription.created_at <= due_at <= at and key not in sent:
                yield subscription, period


def due_at_of(kind: str, period: Period) -> datetime | None:
    """When a month's report becomes due, UTC; None as long as nobody knows."""
    if kind == ReportSubscription.Kind.STATEMENT:
        return period.closed_at
    if period.calculated_at is None:
        return None
    fifteenth = timezone.make_aware(datetime.combine(period.end.replace(day=REPORT_DAY), time(8, 0)))
    return max(fifteenth, period.calculated_at)


@transaction.atomic
def send(subscription: ReportSubscription, period: Period, *, at: datetime) -> ReportDelivery | None:
    """Put one report into the outbox and write down who got what; None when it may not or need not be sent."""
    person, municipality = subscription.recipient, subscription.municipality
    if not may_receive(person, municipality):
        return None
    with override(person.language):
        files = reports.files_of(subscription.kind, municipality, period)
        address = absolute(reverse("billing:statements"))
        subject, text = reports.words_of(subscription.kind, municipality, period, address=address)
    if not files:
        return None
    cause = f"report/{subscription.kind}/{period.code}/{municipality.slug}/{person.pk}"
    delivery, is_new = ReportDelivery.objects.get_or_create(
        municipality=municipality, period=period, recipient=person, kind=subscription.kind,
        defaults={
            "cause": cause, "queued_at": at,
            "files": [{"name": f.name, "sha256": hashlib.sha256(f.content).hexdigest()} for f in files],
        },
    )  # fmt: skip
    if is_new:
        queue(municipality_id=municipality.pk, cause=cause, to=person, subject=subject, text=text, files=files, at=at)
    return delivery if is_new else None


def may_receive(person, municipality: Municipality) -> bool:
    """Reports hold entries, so they go to those who may read the entries of that municipality, and only while so."""
    return municipality.pk in granted_ids(person, Municipality, "read_entries")
