"""Handing a file to an access point of NemHandel: into a folder it watches, or by HTTP. No database here.

Both are idempotent: the name of the file and the key of the request are the invoice's UUID, so a second try of the same
file is the same delivery. The access point itself (certificate, AS4, delivery to the buyer) is somebody else's.
"""

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

TIMEOUT_SECONDS = 20
RECEIPT_BYTES = 20_000
RECEIPT_LENGTH = 300


@dataclass(frozen=True)
class Outcome:
    """`state` is one of InvoiceDispatch.State; a waiting outcome is tried again, with `fault` telling why."""

    state: str
    receipt: str = ""
    fault: str = ""


def channel() -> str:
    """Which way files leave: "http", "folder", or "" when no access point is set up."""
    if settings.ACCESS_POINT_URL:
        return "http"
    return "folder" if settings.ACCESS_POINT_FOLDER else ""


def check_settings() -> None:
    """Raises ImproperlyConfigured for an address that would send invoices unprotected."""
    address = urlsplit(settings.ACCESS_POINT_URL)
    is_local = address.hostname in ("localhost", "127.0.0.1", "::1")
    if settings.ACCESS_POINT_URL and not (address.scheme == "https" or (address.scheme == "http" and is_local)):
        raise ImproperlyConfigured("ACCESS_POINT_URL must begin with https:// (http:// on this machine only).")


def hand_over(way: str, *, name: str, uuid: str, content: bytes) -> Outcome:
    """Bring one file to the access point. `name` is for people; `uuid` makes a second try the same delivery."""
    return _post(name, uuid, content) if way == "http" else _drop(uuid, content)


def look_for_receipt(uuid: str) -> Outcome | None:
    """What the access point has put beside the folder about a file, or None: receipts/<uuid>.json or .txt."""
    folder = Path(settings.ACCESS_POINT_FOLDER) / "receipts"
    for ending in ("json", "txt"):
        path = folder / f"{uuid}.{ending}"
        if path.is_file():
            with path.open("rb") as file:
                return _read_receipt(file.read(RECEIPT_BYTES))
    return None


def _drop(uuid: str, content: bytes) -> Outcome:
    """Whole or not at all: written beside, flushed, then renamed."""
    out = Path(settings.ACCESS_POINT_FOLDER) / "out"
    try:
        out.mkdir(parents=True, exist_ok=True)
        draft = out / f".{uuid}.part"
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(out / f"{uuid}.xml")
    except OSError as error:
        return Outcome("waiting", fault=f"{error.strerror or error}: {out}"[:RECEIPT_LENGTH])
    return Outcome("handed_over")


def _post(name: str, uuid: str, content: bytes) -> Outcome:
    check_settings()
    headers = {
        "Content-Type": "application/xml; charset=utf-8", "Idempotency-Key": uuid,
        "Content-Disposition": f'attachment; filename="{name}"',
    }  # fmt: skip
    if settings.ACCESS_POINT_TOKEN:
        headers["Authorization"] = f"Bearer {settings.ACCESS_POINT_TOKEN}"
    request = urllib.request.Request(settings.ACCESS_POINT_URL, data=content, headers=headers, method="POST")  # noqa: S310  checked above
    try:
        with _opener().open(request, timeout=TIMEOUT_SECONDS) as answer:
            return _read_receipt(answer.read(RECEIPT_BYTES))
    except urllib.error.HTTPError as error:
        words = f"{error.code} {error.read(RECEIPT_BYTES).decode(errors='replace')}".strip()[:RECEIPT_LENGTH]
        is_final = 400 <= error.code < 500 and error.code not in (401, 403, 408, 409, 425, 429)
        return Outcome("refused" if is_final else "waiting", fault=words)
    except (OSError, ValueError) as error:
        return Outcome("waiting", fault=str(getattr(error, "reason", error))[:RECEIPT_LENGTH])


def _opener() -> urllib.request.OpenerDirector:
    """No redirects: an invoice goes where the settings say or nowhere."""
    return urllib.request.build_opener(_NoRedirect)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments):
        return None


def _read_receipt(content: bytes) -> Outcome:
    """JSON with `status` and `id` or `message`, or any text; an empty answer is a receipt without words."""
    text = content.decode(errors="replace").strip()
    try:
        told = json.loads(text)
    except ValueError:
        told = text
    if not isinstance(told, dict):
        return Outcome("received", receipt=str(told)[:RECEIPT_LENGTH])
    words = str(told.get("id") or told.get("message") or text)[:RECEIPT_LENGTH]
    if str(told.get("status", "")).casefold() in ("refused", "rejected", "failed", "error"):
        return Outcome("refused", fault=words)
    return Outcome("received", receipt=words)
