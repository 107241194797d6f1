"""Putting a mail into the outbox, in the transaction of what it tells about: both are there, or neither."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.utils import timezone

from servicecenter.outbox import texts
from servicecenter.outbox.models import Mail, MailFile
from servicecenter.outbox.tasks import wake_sender


class BadMail(ValueError):
    """A mail that no server may be given; the message says what is wrong with it."""


@dataclass(frozen=True)
class File:
    """What a mail carries along."""

    name: str
    content_type: str
    content: bytes


def queue(
    *, municipality_id: int, cause: str, to, subject: str = "", text: str = "", html: str = "",
    files: Iterable[File] = (), text_name: str = "", text_data: dict[str, Any] | None = None, thread_id: str = "",
    message_id: str = "", not_before: datetime | None = None, useful_until: datetime | None = None,
    at: datetime | None = None,
) -> Mail:  # fmt: skip
    """Write the mail in the running transaction and wake a sender when that is committed.

    `to` is a person or an address. The same `cause` in a municipality gives the row of the first time and sends nothing
    more. Words are either given (`subject`, `text`, `html`) or made at sending by the maker `text_name` from
    `text_data`. `not_before` puts the mail off, after `useful_until` it is no longer sent; both UTC. Raises BadMail,
    and writes nothing, for a bad address, a line break in a header, or files that together are too large.
    """
    at = (at or timezone.now()).replace(microsecond=0)
    files = list(files)
    address = to if isinstance(to, str) else to.email
    _check_headers(address, [subject, thread_id, message_id], files)
    _check_words(subject, text, text_name)
    mail, is_new = Mail.objects.get_or_create(
        municipality_id=municipality_id,
        cause=cause,
        defaults={
            "address": address, "recipient": None if isinstance(to, str) else to, "subject": subject, "text": text,
            "html": html, "text_name": text_name, "text_data": text_data or {}, "thread_id": thread_id,
            "message_id": message_id or new_message_id(), "queued_at": at, "next_attempt_at": max(at, not_before or at),
            "useful_until_at": useful_until,
        },
    )  # fmt: skip
    if is_new:
        _attach(mail, files)
        wake_when_committed()
    return mail


def new_message_id() -> str:
    """Random; a repeat of the mail carries it again."""
    return own_id(secrets.token_hex(16))


def own_id(name: str) -> str:
    """An id for a mail or a thread of mails, at the host of the sender's address."""
    return f"<{name}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2]}>"


def wake_when_committed() -> None:
    """Once per transaction, however many mails it queues."""
    if not any(waiting[1] is wake_sender for waiting in connection.run_on_commit):
        transaction.on_commit(wake_sender, robust=True)


def _attach(mail: Mail, files: list[File]) -> None:
    MailFile.objects.bulk_create(
        MailFile(
            municipality_id=mail.municipality_id, mail=mail, name=file.name, content_type=file.content_type,
            content=file.content, sha256=hashlib.sha256(file.content).hexdigest(),
        )
        for file in files
    )  # fmt: skip


def _check_headers(address: str, headers: list[str], files: list[File]) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise BadMail(f"{address!r} is no mail address.") from None
    headers = [*headers, *(part for file in files for part in (file.name, file.content_type))]
    if any(character in header for header in headers for character in "\r\n\0"):
        raise BadMail("A subject, an id or the name of a file holds a line break.")
    if sum(len(file.content) for file in files) > settings.MAIL_MAX_BYTES:
        raise BadMail(f"The files are larger than {settings.MAIL_MAX_BYTES} bytes together.")


def _check_words(subject: str, text: str, text_name: str) -> None:
    if text_name and not texts.knows(text_name):
        raise BadMail(f"Nobody makes the text {text_name!r}.")
    if not text_name and not (subject and text):
        raise BadMail("A mail needs a subject and a text, or the name of who makes them.")
