"""A row of the outbox as a mail: the same row gives the same headers at every attempt."""

import hashlib
from email.utils import format_datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from servicecenter.outbox import texts
from servicecenter.outbox.models import Mail
from servicecenter.tenancy.scope import tenant_scope

AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}  # RFC 3834, and Exchange


class DamagedFile(Exception):
    """A file is no longer what was queued."""


def letter_of(mail: Mail) -> EmailMultiAlternatives:
    """Read in the scope of the mail's municipality. Raises texts.NothingToSay, DamagedFile, or what a maker raises."""
    with tenant_scope(mail.municipality_id):
        words = _words(mail)
        files = [_checked(file) for file in mail.files.all()]
    letter = EmailMultiAlternatives(
        words.subject, words.text, settings.DEFAULT_FROM_EMAIL, [mail.address], headers=_headers(mail)
    )
    if words.html:
        letter.attach_alternative(words.html, "text/html")
    for name, content, content_type in files:
        letter.attach(name, content, content_type)
    return letter


def _words(mail: Mail) -> texts.Text:
    if mail.text_name:
        return texts.make(mail.text_name, mail.text_data)
    return texts.Text(mail.subject, mail.text, mail.html)


def _headers(mail: Mail) -> dict[str, str]:
    headers = {"Message-ID": mail.message_id, "Date": format_datetime(mail.queued_at), **AUTOMATIC}
    if mail.thread_id:
        headers |= {"In-Reply-To": mail.thread_id, "References": mail.thread_id}
    return headers


def _checked(file) -> tuple[str, bytes, str]:
    content = bytes(file.content)
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise DamagedFile(f"The file {file.name} is no longer what was queued.")
    return file.name, content, file.content_type
