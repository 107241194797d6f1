"""From notices to mails: one by one while it is quiet, one digest instead of a storm.

Nobody knows at the first mail how many will follow, so it is the rate that decides:

- The first five to a person within five minutes go at once. Further ones are held until those five minutes are over.
- Were there more than twenty in all by then, those held are one digest; else they go one by one.
- More than twenty that fall due together, such as those of a night, are one digest at once.
- What is urgent (priority 1, a receipt) is not held until twenty single mails have gone within five minutes.

So whatever happens, nobody gets more than twenty single mails in five minutes; of a storm that is not urgent at most
five, and then one digest every five minutes. Nothing waits for more than five minutes, but for the night.
"""

import logging
from datetime import datetime, timedelta
from itertools import groupby

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import translation

from municipalities.models import Person
from servicecenter.outbox.queueing import own_id, queue
from servicecenter.outbox.texts import Text
from servicecenter.tenancy.scope import tenant_scope
from tickets.notifications import words
from tickets.notifications.models import Notice, NoticeSettings
from tickets.notifications.quiet import mail_at

AT_ONCE = 5
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
    of_person = Notice.objects.filter(recipient_id=person_id)
    due = list(of_person.to_mail(at=now).order_by("id"))
    recent = of_person.filter(mailed_at__gte=now - WINDOW).order_by("mailed_at")
    singles, many, held = _sorted(due, recent.filter(in_digest=False).count())
    if held:
        _hold(held, until=_held_until(of_person, recent, now=now))
    for notice in singles:
        _send(notice.municipality_id, f"notice:{notice.pk}", [notice], now=now)
    if many:
        _send(None, f"digest:{person_id}:{many[0].pk}-{many[-1].pk}", many, now=now)
    return len(singles) + len(many)


def _sorted(due: list[Notice], recent: int) -> tuple[list[Notice], list[Notice], list[Notice]]:
    """What is sent one by one, what as one digest, and what is held; `recent` single mails went within five minutes."""
    is_over = any(notice.is_held for notice in due)
    if len(due) + (recent if is_over else 0) > MOST_SINGLE:
        return ([], due, []) if len(due) > 1 else (due, [], [])
    if is_over:
        return due, [], []
    singles: list[Notice] = []
    held: list[Notice] = []
    for notice in due:
        room = MOST_SINGLE if notice.is_urgent else AT_ONCE
        (singles if recent + len(singles) < room else held).append(notice)
    return singles, [], held


def _held_until(of_person, recent, *, now: datetime) -> datetime:
    """With those that are held already; else when the five minutes are over, and five after the last digest."""
    waiting = of_person.filter(is_held=True, mailed_at__isnull=True, mail_at__gt=now).order_by("mail_at").first()
    if waiting:
        return waiting.mail_at
    first, digest = recent.first(), recent.filter(in_digest=True).last()
    return max((one.mailed_at for one in (first, digest) if one), default=now) + WINDOW


def _hold(notices: list[Notice], *, until: datetime) -> None:
    """At night what is not urgent waits for the morning, as if it had fallen due when it is let go."""
    for municipality_id, group in groupby(notices, key=lambda notice: notice.municipality_id):
        with tenant_scope(municipality_id):
            for notice in Notice.objects.filter(pk__in=[one.pk for one in group]).select_related("ticket"):
                chosen = NoticeSettings.objects.filter(person=notice.recipient_id).first() or NoticeSettings()
                notice.is_held, notice.mail_at = True, mail_at(notice, notice.ticket, chosen, now=until)
                notice.save(update_fields=["is_held", "mail_at"])


def _send(municipality_id: int | None, cause: str, notices: list[Notice], *, now: datetime) -> None:
    """A single mail belongs to the ticket's municipality; a digest, of several, to the recipient's own."""
    with tenant_scope(*{notice.municipality_id for notice in notices}):
        person = Person.objects.get(pk=notices[0].recipient_id)
        owner = municipality_id or person.municipality_id
    with tenant_scope(owner, *{notice.municipality_id for notice in notices}):
        if person.is_active:
            text = _text(person, [notice.pk for notice in notices], now=now)
            thread = own_id(_subject_of(notices[0])) if len(notices) == 1 else ""
            queue(
                municipality_id=owner, cause=cause, to=person, subject=text.subject, text=text.text, thread_id=thread,
                at=now,
            )  # fmt: skip
    sent = Notice.objects.filter(pk__in=[notice.pk for notice in notices])
    sent.update(mailed_at=now, in_digest=len(notices) > 1)


def _subject_of(notice: Notice) -> str:
    """Mails about one thing are one thread."""
    return f"t.{notice.ticket.number}" if notice.ticket else f"p.{notice.proposal_id}"


def _text(person: Person, ids: list[int], *, now: datetime) -> Text:
    notices = list(Notice.objects.filter(pk__in=ids).select_related("ticket", "proposal", "recipient").order_by("id"))
    with translation.override(person.language):
        return words.mail_of(notices[0], now=now) if len(notices) == 1 else words.digest_of(notices)


def _is_ours(person_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('notices of ' || %s, 0))", [person_id])
        return cursor.fetchone()[0]
