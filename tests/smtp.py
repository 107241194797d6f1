"""A real mail server for tests: aiosmtpd on a port of this machine, which behaves as the test tells it."""

import asyncio
import contextlib
import email
import email.policy
import socket
import threading

from aiosmtpd.controller import Controller

FROM_NOW_ON = None


class MailServer:
    """Keeps what it accepted. `behaviour` names the fault: "ok", "421", "451", "550", "550 recipient", "hang", "drop"
    (keeps the mail and breaks the connection before it answers), "late" (keeps it and answers when told to go on)."""

    def __init__(self, port):
        self.port = port
        self.behaviour = "ok"
        self.raw = []
        self.envelopes = []
        self.attempts = 0
        self.has_mail = threading.Event()
        self.go_on = threading.Event()  # a hanging server hangs until the test lets it

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.behaviour == "550 recipient":
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.attempts += 1
        if self.behaviour in ("421", "451", "550"):
            if self.behaviour == "421":
                server.transport.write(b"421 4.3.2 Closing down\r\n")
                server.transport.close()
            return f"{self.behaviour} not now"
        if self.behaviour == "hang":
            await self._until_told()
            return "451 not now"
        self.raw.append(envelope.content)
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        self.has_mail.set()
        if self.behaviour == "drop":
            server.transport.abort()
        if self.behaviour == "late":
            await self._until_told()
        return "250 OK"

    async def _until_told(self):
        while not self.go_on.is_set():
            await asyncio.sleep(0.02)

    @property
    def mails(self):
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.raw]

    @property
    def ids(self):
        return [mail["Message-ID"] for mail in self.mails]


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


@contextlib.contextmanager
def mail_server(port=None):
    server = MailServer(port or free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        server.go_on.set()
        controller.stop()


def use(settings, port):
    """Point the settings of this process at a server."""
    settings.EMAIL_BACKEND = "servicecenter.outbox.smtp.NullSenderBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 1
