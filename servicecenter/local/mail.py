"""The demo's mail server: takes every mail, delivers none, and keeps them in the folder .local/mail (a Maildir).

python -m servicecenter.local.mail            lists the mails, the newest first (`make mail`)
python -m servicecenter.local.mail NUMBER     shows one
python -m servicecenter.local.mail serve FD   serves on the open socket FD (`make demo` does)
"""

import asyncio
import email.policy
import mailbox
import socket
import sys
from collections.abc import Callable
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from servicecenter.local.places import places
from servicecenter.local.progress import say

LARGEST = 32 * 1024 * 1024


class Keeper:
    """What aiosmtpd asks about each mail."""

    def __init__(self, folder: Path):
        self.box = mailbox.Maildir(folder)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.box.add(envelope.content)
        return "250 Kept"


async def serve(door: socket.socket, folder: Path) -> None:
    """Until the process ends."""
    from aiosmtpd.smtp import SMTP

    keeper = Keeper(folder)
    protocol: Callable[[], Any] = lambda: SMTP(  # noqa: E731
        keeper, data_size_limit=LARGEST, enable_SMTPUTF8=True, loop=asyncio.get_running_loop()
    )
    server = await asyncio.get_running_loop().create_server(protocol, sock=door)
    await server.serve_forever()


def kept(folder: Path) -> list[EmailMessage]:
    """The mails in the folder, the newest first."""
    parser = BytesParser(policy=email.policy.default)
    names = sorted((folder / "new").glob("*"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    return [message for name in names if isinstance(message := parser.parsebytes(name.read_bytes()), EmailMessage)]


def listed(mails: list[EmailMessage]) -> str:
    if not mails:
        return "No mail yet. File a ticket or reply to one in the demo, and look again."
    lines = [f"{n:>4}  {_time(m)}  {m['To'] or '':<36.36}  {m['Subject'] or ''}" for n, m in enumerate(mails, 1)]
    return "\n".join([*lines, "", 'One of them: make mail ARGS="1"'])


def shown(message: EmailMessage) -> str:
    body = message.get_body(("plain", "html"))
    files = [f"Attached: {part.get_filename()}" for part in message.iter_attachments()]
    headers = [f"{name}: {message[name]}" for name in ("From", "To", "Date", "Subject")]
    return "\n".join([*headers, "", body.get_content() if body else "", *files])


def _time(message: EmailMessage) -> str:
    return f"{parsedate_to_datetime(message['Date']).astimezone():%d-%m %H:%M}" if message["Date"] else ""


def main(words: list[str]) -> int:
    folder = places().mail
    if words[:1] == ["serve"]:
        asyncio.run(serve(socket.socket(fileno=int(words[1])), folder))
        return 0
    mails = kept(folder)
    number = int(words[0]) if words and words[0].isdigit() else 0
    if words and not 0 < number <= len(mails):
        say(f"There is no mail {words[0]}; there are {len(mails)}.")
        return 1
    say(shown(mails[number - 1]) if number else listed(mails))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
