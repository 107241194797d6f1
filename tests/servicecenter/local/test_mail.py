"""The demo's mail server, as the process that the demo starts."""

import contextlib
import signal
import smtplib
import socket
import sys
from email.message import EmailMessage

from servicecenter.local import mail
from servicecenter.local.places import CHECKOUT
from servicecenter.local.processes import kill_group, spawn


@contextlib.contextmanager
def serving(folder):
    """As `servicecenter.local.mail serve`, but into a folder of the test."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        code = (
            "import asyncio, socket, sys, pathlib; from servicecenter.local import mail;"
            "asyncio.run(mail.serve(socket.socket(fileno=int(sys.argv[1])), pathlib.Path(sys.argv[2])))"
        )
        process = spawn(
            [sys.executable, "-c", code, str(door.fileno()), str(folder)],
            at_parents_death=signal.SIGKILL, cwd=CHECKOUT, pass_fds=(door.fileno(),),
        )  # fmt: skip
        try:
            yield door.getsockname()[1]
        finally:
            kill_group(process)


def letter(subject, text):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "desk@desk.example", "anna@nordby.example", subject
    message["Date"] = "Mon, 02 Nov 2026 08:00:00 +0000"
    message.set_content(text)
    return message


def test_every_mail_is_kept_and_can_be_read(tmp_path):
    with serving(tmp_path / "mail") as port:
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
            client.send_message(letter("Først", "Æbler"), from_addr="<>")
            client.send_message(letter("Så", "Ørreder"))
        kept = mail.kept(tmp_path / "mail")
    assert [message["Subject"] for message in kept] == ["Så", "Først"]
    lines = mail.listed(kept).splitlines()
    assert [line.split()[0] for line in lines[:2]] == ["1", "2"]
    assert "anna@nordby.example" in lines[0]
    assert mail.shown(kept[1]).splitlines()[-3:] == ["Subject: Først", "", "Æbler"]


def test_an_empty_folder_says_so(tmp_path):
    assert mail.listed(mail.kept(tmp_path)).startswith("No mail yet.")
