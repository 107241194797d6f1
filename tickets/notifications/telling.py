"""From occasions to notices: each is told to its receivers once, in one transaction with its end as an occasion.

Many are told at once, municipality by municipality. One that fails is tried again alone, a few times, and then set
aside.
"""

import logging
from datetime import datetime, timedelta
from itertools import groupby

from django.db import InterfaceError, OperationalError, transaction

from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry
from servicecenter.tenancy.scope import tenant_scope
from tickets.models import Ticket
from tickets.notifications.models import Kind, Notice, NoticeSettings, Occasion
from tickets.notifications.quiet import is_urgent, mail_at
from tickets.notifications.receivers import Receivers

BATCH = 500
MOST_ATTEMPTS = 5
TRY_AGAIN_AFTER = timedelta(minutes=1)
PASSING = (OperationalError, InterfaceError)
SAYS_IT_ALL = {Kind.RESOLVED: Kind.CLOSED, Kind.ANSWERED: Kind.REOPENED}

logger = logging.getLogger(__name__)


def tell_waiting(*, now: datetime) -> int:
    """Tell everything that waits. Returns the number of occasions looked at; `now` in UTC."""
    total = 0
    while count := tell_batch(now=now):
        total += count
    return total


@transaction.atomic
def tell_batch(*, now: datetime, batch: int = BATCH) -> int:
    waiting = Occasion.objects.waiting(at=now).select_for_update(skip_locked=True)
    occasions = sorted(waiting.order_by("next_at", "id")[:batch], key=lambda one: (one.municipality_id, one.pk))
    for municipality_id, group in groupby(occasions, key=lambda one: one.municipality_id):
        _tell_or_note(municipality_id, list(group), now=now)
    return len(occasions)


def _tell_or_note(municipality_id: int, occasions: list[Occasion], *, now: datetime) -> None:
    try:
        with tenant_scope(municipality_id):
            tell(occasions, now=now)
    except PASSING:
        raise
    except Exception as error:
        if len(occasions) > 1:
            for occasion in occasions:
                _tell_or_note(municipality_id, [occasion], now=now)
        else:
            logger.exception("Occasion %s cannot be told", occasions[0].pk)
            _note_failure(occasions[0], error, now=now)


def _note_failure(occasion: Occasion, error: Exception, *, now: datetime) -> None:
    attempts = occasion.attempts + 1
    Occasion.objects.filter(pk=occasion.pk).update(
        attempts=attempts,
        error=f"{type(error).__name__}: {error}"[:300],
        next_at=now + TRY_AGAIN_AFTER if attempts < MOST_ATTEMPTS else None,
    )


def tell_again(occasions, *, by: Person, at: datetime) -> int:
    """Let the worker tell what was set aside once more, with as many tries as the first time. Returns how many."""
    chosen = list(occasions.set_aside().select_related("ticket").select_for_update(of=("self",)))
    for occasion in chosen:
        AuditEntry.objects.record(
            "told again", municipality_id=occasion.municipality_id, actor=by, subject=str(occasion.ticket.number),
            at=at, kind=occasion.kind, cause=occasion.cause, reason=occasion.error,
        )  # fmt: skip
    Occasion.objects.filter(pk__in=[one.pk for one in chosen]).update(next_at=at, attempts=0, error="")
    return len(chosen)


def tell(occasions: list[Occasion], *, now: datetime) -> None:
    """Write the notices of occasions of one municipality, in whose scope this runs, and end them."""
    tickets = _tickets({occasion.ticket_id for occasion in occasions})
    receivers = Receivers(Municipality.objects.get(pk=occasions[0].municipality_id), now=now)
    told = [
        (occasion, tickets[occasion.ticket_id], person)
        for occasion in occasions
        if not _is_told_by_another(occasion)
        for person in receivers.of(occasion, tickets[occasion.ticket_id])
    ]
    chosen = _settings({person.pk for _, _, person in told})
    notices = [_notice(occasion, ticket, person, chosen.get(person.pk), now) for occasion, ticket, person in told]
    Notice.objects.bulk_create([notice for notice in notices if notice], ignore_conflicts=True)
    Occasion.objects.filter(pk__in=[occasion.pk for occasion in occasions]).delete()


def _tickets(ids) -> dict[int, Ticket]:
    related = ("queue", "requester", "on_behalf_of")
    return Ticket.objects.select_related(*related).in_bulk(ids)


def _is_told_by_another(occasion: Occasion) -> bool:
    """What one verb does at once is told once: solved and closed, reopened with an answer."""
    other = SAYS_IT_ALL.get(occasion.kind)
    if other is None:
        return False
    return Occasion.objects.filter(ticket_id=occasion.ticket_id, kind=other, at=occasion.at).exists()


def _settings(people) -> dict[int, NoticeSettings]:
    return {chosen.person_id: chosen for chosen in NoticeSettings.objects.filter(person__in=people)}


def _notice(occasion: Occasion, ticket, person: Person, chosen: NoticeSettings | None, now) -> Notice | None:
    chosen = chosen or NoticeSettings()
    in_product, by_mail = chosen.wants(occasion.kind, "product"), chosen.wants(occasion.kind, "mail")
    if not (in_product or by_mail):
        return None
    return Notice(
        municipality_id=occasion.municipality_id, ticket=ticket, recipient=person, kind=occasion.kind,
        cause=occasion.cause, at=occasion.at, data=occasion.data, in_product=in_product,
        is_urgent=is_urgent(occasion.kind, ticket),
        mail_at=mail_at(occasion, ticket, chosen, now=now) if by_mail else None,
    )  # fmt: skip
