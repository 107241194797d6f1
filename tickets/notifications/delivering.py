"""From notices to mails. Up to twenty in five minutes are sent one by one; what comes on top becomes one digest.

More than twenty that are due together are one digest at once. After twenty single ones within five minutes, further
ones are held until those five minutes are over, and then are one digest.
"""

import logging
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import translation

from municipalities.models import Person
from servicecenter.outbox.queueing import own_id, queue
from servicecenter.outbox.texts import Text
from servicecenter.tenancy.scope import tenant_scope
from tickets.notifications import words
from tickets.notifications.models import Notice

MOST_SINGLE = 20
WINDOW = timedelta(minutes=5)
PASSING = (OperationalError, InterfaceError)

logger = logging.getLogger(__name__)


def deliver_waiting(*, now: datetime) -> int:
    """Put the mails that are due into the outbox. Returns how many notices left; `now` in UTC."""
    people = Notice.objects.to_mail(at=now).order_by("recipient_id").values_list("recipient_id", flat=True).distinct()
    return sum(_deliver_or_put_off(person, now=now) for person in list(people))


def _deliver_or_put_off(person_id: int, *, now: datetime) -> int:
    """What is wrong with one person's mails must not keep everybody else's."""
    try:
        return deliver_to(person_id, now=now)
    except PASSING:
        raise
    except Exception:
        logger.exception("The mails to person %s cannot be written; they are tried again later", person_id)
        Notice.objects.filter(recipient_id=person_id).to_mail(at=now).update(mail_at=now + WINDOW)
        return 0


@transaction.atomic
def deliver_to(person_id: int, *, now: datetime) -> int:
    """One sender at a time for one person, or the counting would be wrong; another one finds nothing to do."""
    if not _is_ours(person_id):
        return 0
    due = list(Notice.objects.filter(recipient_id=person_id).to_mail(at=now).order_by("id"))
    singles, many, held = _sorted(due, _recent(person_id, now=now))
    if held:
        _hold(held, person_id, now=now)
    for notice in singles:
        _send(notice.municipality_id, f"notice:{notice.pk}", [notice], now=now)
    if many:
        _send(None, f"digest:{person_id}:{many[0].pk}-{many[-1].pk}", many, now=now)
    return len(singles) + len(many)


def _sorted(due: list[Notice], recent: int) -> tuple[list[Notice], list[Notice], list[Notice]]:
    """What is sent one by one, what as one digest, and what is held."""
    if len(due) > MOST_SINGLE or any(notice.is_held for notice in due):
        return ([], due, []) if len(due) > 1 else (due, [], [])
    room = max(MOST_SINGLE - recent, 0)
    return due[:room], [], due[room:]


def _recent(person_id: int, *, now: datetime) -> int:
    return Notice.objects.filter(recipient_id=person_id, mailed_at__gt=now - WINDOW, in_digest=False).count()


def _hold(notices: list[Notice], person_id: int, *, now: datetime) -> None:
    first = Notice.objects.filter(recipient_id=person_id, mailed_at__gt=now - WINDOW).order_by("mailed_at").first()
    until = (first.mailed_at if first else now) + WINDOW
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(is_held=True, mail_at=until)


def _send(municipality_id: int | None, cause: str, notices: list[Notice], *, now: datetime) -> None:
    """A single mail belongs to the ticket's municipality; a digest, of several, to the recipient's own."""
    with tenant_scope(*{notice.municipality_id for notice in notices}):
        person = Person.objects.get(pk=notices[0].recipient_id)
        owner = municipality_id or person.municipality_id
    with tenant_scope(owner, *{notice.municipality_id for notice in notices}):
        if person.is_active:
            text = _text(person, [notice.pk for notice in notices], now=now)
            thread = own_id(f"t.{notices[0].ticket.number}") if len(notices) == 1 else ""
            queue(
                municipality_id=owner, cause=cause, to=person, subject=text.subject, text=text.text, thread_id=thread,
                at=now,
            )  # fmt: skip
    sent = Notice.objects.filter(pk__in=[notice.pk for notice in notices])
    sent.update(mailed_at=now, in_digest=len(notices) > 1)


def _text(person: Person, ids: list[int], *, now: datetime) -> Text:
    notices = list(Notice.objects.filter(pk__in=ids).select_related("ticket", "recipient").order_by("id"))
    with translation.override(person.language):
        return words.mail_of(notices[0], now=now) if len(notices) == 1 else words.digest_of(notices)


def _is_ours(person_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('notices of ' || %s, 0))", [person_id])
        return cursor.fetchone()[0]
