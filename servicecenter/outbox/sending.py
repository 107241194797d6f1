"""Sending what waits: claim one mail, send it outside any transaction, write what came of it.

A sender that dies between sending and writing leaves a mail that is due again when its lease ends: it then goes out a
second time, once per death, with the same Message-ID. Nothing else is ever sent twice, and nothing is lost.
"""

import logging
import smtplib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from servicecenter import time_source
from servicecenter.outbox.letters import letter_of
from servicecenter.outbox.models import Mail
from servicecenter.outbox.retries import MOST_ATTEMPTS, wait_after
from servicecenter.outbox.texts import NothingToSay

logger = logging.getLogger(__name__)
# Longer than a task may run (tasks.py), so a sender whose lease has ended is dead.
LEASE = timedelta(minutes=5)
# A run ends before its task's limit; the next wake-up goes on.
LONGEST_RUN = timedelta(minutes=2)

Clock = Callable[[], datetime]


class Result(Enum):
    SENT = "sent"
    LATER = "later"  # this mail failed for a reason that may pass
    SERVER_DOWN = "server down"  # so did it, and the next one would too
    NEVER = "never"


@dataclass(frozen=True)
class Outcome:
    result: Result
    reason: str = ""


def send_waiting(*, clock: Clock = time_source.now) -> int:
    """Send until nothing is due, the mail server fails, or the run has lasted long enough. Returns how many left.

    All senders go by the clock of the database: leases would mean nothing if each went by its own.
    """
    until = clock() + LONGEST_RUN
    sent = 0
    server = get_connection()
    try:
        while (now := clock()) < until and (mail := claim(now=now)):
            outcome = attempt(mail, server, now=now)
            sent += settle(mail, outcome, now=clock()) and outcome.result is Result.SENT
            if outcome.result is Result.SERVER_DOWN:
                break
    finally:
        _hang_up(server)
    return sent


def claim(*, now: datetime) -> Mail | None:
    """The mail that is due longest and that no other sender holds, leased to us; its attempt has begun."""
    with transaction.atomic():
        due = Mail.objects.due(at=now).select_for_update(skip_locked=True)
        mail = due.order_by("next_attempt_at", "id").first()
        if mail is None:
            return None
        mail.attempts, mail.next_attempt_at = mail.attempts + 1, now + LEASE
        mail.save(update_fields=["attempts", "next_attempt_at"])
    return mail


def attempt(mail: Mail, server: BaseEmailBackend, *, now: datetime) -> Outcome:
    if mail.attempts > MOST_ATTEMPTS:
        return Outcome(Result.NEVER, "Every sender died with it.")
    if mail.useful_until_at and mail.useful_until_at < now:
        return Outcome(Result.NEVER, "It came too late to be of use.")
    try:
        letter = letter_of(mail)
    except NothingToSay as reason:
        return Outcome(Result.NEVER, str(reason))
    except Exception as error:  # whatever is wrong with one mail must not keep the others
        logger.exception("Mail %s cannot be written", mail.pk)
        return Outcome(Result.LATER, f"It cannot be written: {error}")
    return _hand_over(letter, server)


def _hand_over(letter, server: BaseEmailBackend) -> Outcome:
    try:
        server.open()
        server.send_messages([letter])
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        outcome = _refused(code, words)
    except smtplib.SMTPDataError as error:
        outcome = _refused(error.smtp_code, error.smtp_error)
    except smtplib.SMTPResponseException as error:  # greeting, sign-in or our sender: not the fault of this mail
        outcome = Outcome(Result.SERVER_DOWN, _told(error.smtp_code, error.smtp_error))
    except OSError as error:  # no connection, or a broken one; smtplib's other exceptions are OSErrors too
        outcome = Outcome(Result.SERVER_DOWN, str(error) or type(error).__name__)
    else:
        return Outcome(Result.SENT)
    _hang_up(server)
    return outcome


def _refused(code: int, words: bytes | str) -> Outcome:
    """5xx is a final no to this mail; 421 is the server's farewell; any other asks us to come again."""
    result = {5: Result.NEVER, 4: Result.LATER}.get(code // 100, Result.SERVER_DOWN)
    return Outcome(Result.SERVER_DOWN if code == 421 else result, _told(code, words))


def _told(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())}"


def _hang_up(server: BaseEmailBackend) -> None:
    with suppress(OSError):
        server.close()


def settle(mail: Mail, outcome: Outcome, *, now: datetime) -> bool:
    """Write what came of our attempt, unless somebody else has begun another since. Returns whether it was written."""
    ours = Mail.objects.filter(pk=mail.pk, state=Mail.State.WAITING, attempts=mail.attempts)
    reason = outcome.reason.replace("\0", "")[:300]
    wait = wait_after(mail.attempts)
    if outcome.result is Result.SENT:
        return bool(ours.update(state=Mail.State.SENT, sent_at=now.replace(microsecond=0), last_error=""))
    if outcome.result is Result.NEVER or wait is None:
        return bool(ours.update(state=Mail.State.DEAD, last_error=reason))
    return bool(ours.update(next_attempt_at=now + wait, last_error=reason))
