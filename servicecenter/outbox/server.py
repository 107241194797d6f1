"""The address of the mail server, as the environment writes it, in the form of Django's settings."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# Scheme: (port, STARTTLS, TLS from the first byte)
SCHEMES = {"smtp": (25, False, False), "smtp+starttls": (587, True, False), "smtps": (465, False, True)}
WRITE_IT = "EMAIL_URL must read smtp://host:port, or smtp+starttls:// or smtps:// with user:password@."


def mail_server(url: str) -> dict[str, Any]:
    """The EMAIL_ settings of `url`. Raises ImproperlyConfigured in one sentence when it cannot be read."""
    try:
        parts = urlsplit(url)
        usual, starttls, tls = SCHEMES[parts.scheme]
        port = parts.port or usual
    except (ValueError, KeyError):
        raise ImproperlyConfigured(WRITE_IT) from None
    if not parts.hostname or parts.path.strip("/") or bool(parts.username) != bool(parts.password):
        raise ImproperlyConfigured(WRITE_IT)
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": starttls,
        "EMAIL_USE_SSL": tls,
    }
