"""What becomes of mails afterwards: words and files are erased, dead letters are sent again by hand."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from servicecenter.audit.models import AuditEntry
from servicecenter.outbox.models import Mail, MailFile
from servicecenter.outbox.queueing import wake_when_committed


@transaction.atomic
def erase_old(*, now: datetime) -> int:
    """Erase words, files and data of mails sent MAIL_KEEP_DAYS ago; that they were sent, and to whom, stays."""
    before = now - timedelta(days=settings.MAIL_KEEP_DAYS)
    old = Mail.objects.filter(state=Mail.State.SENT, erased_at__isnull=True, sent_at__lt=before)
    ids = list(old.order_by("sent_at").values_list("pk", flat=True)[:10_000])
    MailFile.objects.filter(mail__in=ids).delete()
    return Mail.objects.filter(pk__in=ids).update(text="", html="", text_data={}, erased_at=now)


@transaction.atomic
def send_again(mails, *, by, at: datetime) -> int:
    """Give dead letters all their attempts anew. Returns how many there were; others are left as they are."""
    dead = list(mails.dead().select_for_update().order_by("pk"))
    for mail in dead:
        mail.state, mail.attempts, mail.next_attempt_at = Mail.State.WAITING, 0, at
        mail.useful_until_at = None
        mail.save(update_fields=["state", "attempts", "next_attempt_at", "useful_until_at"])
        AuditEntry.objects.record(
            "mail_sent_again", municipality_id=mail.municipality_id, actor=by, subject=mail.address, at=at,
            cause=mail.cause,
        )  # fmt: skip
    if dead:
        wake_when_committed()
    return len(dead)
