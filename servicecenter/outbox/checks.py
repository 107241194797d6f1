"""Refuse a server that would write links to nowhere, or send from an address that nobody owns."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.core.exceptions import ValidationError
from django.core.validators import validate_email


def register_all():
    register(addresses_are_whole, Tags.compatibility)
    register(mail_can_leave, Tags.security, deploy=True)


def addresses_are_whole(app_configs, **kwargs):
    found = []
    desk = urlsplit(settings.DESK_URL)
    if desk.scheme not in ("http", "https") or not desk.netloc or desk.path.strip("/"):
        found.append(
            Error("DESK_URL is no address.", hint="Write it like https://desk.example, no path.", id="outbox.E001")
        )
    found += [
        Error(f"{name} is no mail address.", hint="Write it like desk@example.dk.", id="outbox.E002")
        for name in ("DEFAULT_FROM_EMAIL", "MAIL_RETURN_PATH")
        if not _is_address(getattr(settings, name), may_be_empty=name == "MAIL_RETURN_PATH")
    ]
    return found


def mail_can_leave(app_configs, **kwargs):
    found = []
    if not settings.DESK_URL.startswith("https://"):
        found.append(
            Error("Links in mails are not secure.", hint="Set DESK_URL to the desk's https address.", id="outbox.E003")
        )
    if settings.DEFAULT_FROM_EMAIL == settings.LOCAL_MAIL_FROM:
        found.append(Error("Mails have no sender.", hint="Set MAIL_FROM to the desk's mail address.", id="outbox.E004"))
    return found


def _is_address(text: str, *, may_be_empty: bool) -> bool:
    if not text:
        return may_be_empty
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
