"""Files of a ticket: checked by content, stored under a name nobody can guess, handed out only to who may read them."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import NamedTuple

import filetype
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db.models import Q
from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from municipalities.models import Municipality
from servicecenter.tenancy.scope import tenant_scope
from servicecenter.ui.formats import filesize
from tickets.models import Attachment, Message, Ticket

TOKEN_BYTES = 32
TOKEN = re.compile(r"[\w-]{43}", re.ASCII)
ORPHAN_AGE = timedelta(days=1)
HEAD_BYTES = 8192
NAME_LENGTH = 200
TEXT = "text/plain"
ZIP = "application/zip"
# Bytes that no text file holds; tab, line feed, form feed, carriage return and escape do occur.
BINARY = frozenset(range(32)) - {9, 10, 12, 13, 27}


class Type(NamedTuple):
    served_as: str
    looks_like: frozenset[str]


def _type(served_as, *also):
    return Type(served_as, frozenset({served_as, *also}))


_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
_OLE = ("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint")
# What a name may end with. An office file is an archive whose first bytes do not always tell which.
TYPES = {
    "png": _type("image/png"),
    "jpg": _type("image/jpeg"),
    "jpeg": _type("image/jpeg"),
    "gif": _type("image/gif"),
    "webp": _type("image/webp"),
    "heic": _type("image/heic"),
    "bmp": _type("image/bmp"),
    "tif": _type("image/tiff"),
    "tiff": _type("image/tiff"),
    "pdf": _type("application/pdf"),
    "rtf": _type("application/rtf"),
    "docx": _type(_OFFICE + "wordprocessingml.document", ZIP),
    "xlsx": _type(_OFFICE + "spreadsheetml.sheet", ZIP),
    "pptx": _type(_OFFICE + "presentationml.presentation", ZIP),
    "odt": _type(_OPEN + "text", ZIP),
    "ods": _type(_OPEN + "spreadsheet", ZIP),
    "odp": _type(_OPEN + "presentation", ZIP),
    "doc": _type("application/msword", *_OLE),
    "xls": _type("application/vnd.ms-excel", *_OLE),
    "ppt": _type("application/vnd.ms-powerpoint", *_OLE),
    "zip": _type(ZIP),
    "txt": _type(TEXT),
    "log": _type(TEXT),
    "csv": _type("text/csv", TEXT),
    "mp4": _type("video/mp4"),
    "mov": _type("video/quicktime"),
}


def check(upload) -> Type:
    """The type of an uploaded file, told by its content and confirmed by its name. Raises ValidationError."""
    if upload.size > settings.ATTACHMENT_MAX_BYTES:
        raise ValidationError(
            _("“%(name)s” is larger than %(limit)s. Make it smaller, or send us a link to it.")
            % {"name": upload.name, "limit": filesize(settings.ATTACHMENT_MAX_BYTES)}
        )
    found = TYPES.get(_ending(upload.name))
    if found is None or _look_of(upload) not in found.looks_like:
        raise ValidationError(
            _("We cannot receive “%(name)s”. Send a picture, a PDF, an office document, a text or a zip file.")
            % {"name": upload.name}
        )
    return found


def _ending(name):
    return PurePath(name).suffix.lower().lstrip(".")


def _look_of(upload):
    upload.seek(0)
    head = upload.read(HEAD_BYTES)
    upload.seek(0)
    kind = filetype.guess(head)
    if kind:
        return kind.mime
    return "" if BINARY.intersection(head) else TEXT


def store(ticket, uploads, *, by, message=None, at=None) -> list[Attachment]:
    """Keep checked uploads with the ticket, or with one of its messages."""
    at = (at or timezone.now()).replace(microsecond=0)
    return [_store(ticket, upload, by=by, message=message, at=at) for upload in uploads]


def _store(ticket, upload, *, by, message, at):
    token = secrets.token_urlsafe(TOKEN_BYTES)
    attachment = Attachment(
        municipality_id=ticket.municipality_id,
        ticket=ticket,
        message=message,
        token=token,
        name=_short(upload.name),
        content_type=check(upload).served_as,
        size=upload.size,
        sha256=_sha256(upload),
        uploaded_by=by,
        at=at,
    )
    attachment.file.save(f"{token[:2]}/{token}", upload, save=False)
    attachment.save()
    return attachment


def sweep(*, now: datetime) -> int:
    """Delete stored files that no row names: their transaction was rolled back. Returns how many.

    Young files may belong to a transaction that still runs. Where not a single file is known, the store belongs to
    another database, and nothing is touched.
    """
    stored = dict(_stored_before(now - ORPHAN_AGE))
    with tenant_scope(*Municipality.objects.values_list("pk", flat=True)):
        known = set(Attachment.objects.in_scope().filter(token__in=stored).values_list("token", flat=True))
    orphans = [path for token, path in stored.items() if token not in known] if known else []
    for path in orphans:
        default_storage.delete(path)
    return len(orphans)


def _stored_before(instant):
    for folder in default_storage.listdir("")[0]:
        for name in default_storage.listdir(folder)[1]:
            path = f"{folder}/{name}"
            if TOKEN.fullmatch(name) and name.startswith(folder) and default_storage.get_modified_time(path) < instant:
                yield name, path


def _short(name):
    path = PurePath(name)
    return path.stem[: NAME_LENGTH - len(path.suffix)] + path.suffix


def _sha256(upload):
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()


def readable_by(person):
    """Files of tickets a person works or follows; what hangs on an internal note stays with the desk."""
    worked = Ticket.objects.workable_by(person).values("pk")
    followed = Ticket.objects.visible_to(person).values("pk")
    return Attachment.objects.filter(
        Q(ticket__in=worked) | (Q(ticket__in=followed) & ~Q(message__kind=Message.Kind.INTERNAL_NOTE))
    )


def response(attachment) -> FileResponse:
    """The file as a download that no browser shows or runs."""
    answer = FileResponse(
        attachment.file.open("rb"), as_attachment=True, filename=attachment.name, content_type=attachment.content_type
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "private, no-store"
    return answer
