"""Django's SMTP with an envelope of our own: automatic mail has the null return path, so that nothing answers it."""

from typing import Any

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address


class NullSenderBackend(EmailBackend):
    """Raises what smtplib raises. MAIL_RETURN_PATH is for servers that refuse `MAIL FROM:<>`."""

    def _send(self, message) -> bool:
        encoding = message.encoding or settings.DEFAULT_CHARSET
        recipients = [sanitize_address(address, encoding) for address in message.recipients()]
        line: Any = self.connection  # open while a mail is sent
        line.sendmail(settings.MAIL_RETURN_PATH, recipients, message.message().as_bytes(linesep="\r\n"))
        return True
