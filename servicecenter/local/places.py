"""Where the embedded servers of one checkout keep their data, sockets and logs.

Everything lives in `.local/` of the checkout, with two exceptions that are decided from the file system alone, so that
every process comes to the same answer without asking another one:

- PostgreSQL refuses to run as root, so root runs it as `nobody`. Where `nobody` cannot reach the checkout (below /root,
  say), the data lie in /var/lib.
- The path of a socket holds at most 107 bytes. A deep checkout gets a short folder for its sockets elsewhere.
"""

import hashlib
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

LONGEST_SOCKET_PATH = 107
LONGEST_SOCKET_NAME = "/.s.PGSQL.5432"


@dataclass(frozen=True)
class Places:
    """The folders of one checkout, as the account that runs now would use them. None needs to exist."""

    checkout: Path
    local: Path
    database: Path
    sockets: Path

    @property
    def logs(self) -> Path:
        return self.local / "log"

    @property
    def people(self) -> Path:
        """One line per demo person, written when the data were made ready."""
        return self.local / "demo-people.txt"

    @property
    def unfinished(self) -> Path:
        """There while sample data are being written."""
        return self.local / "sample-data.unfinished"

    @property
    def media(self) -> Path:
        return self.local / "media"

    @property
    def mail(self) -> Path:
        """A Maildir of what the demo's desk has sent."""
        return self.local / "mail"

    @property
    def redis(self) -> Path:
        return self.local / "redis"


def places(checkout: Path = CHECKOUT) -> Places:
    checkout = checkout.resolve()
    local = checkout / ".local"
    elsewhere = _elsewhere(checkout)
    database = local if _others_reach(checkout) or not running_as_root() else elsewhere
    sockets = database / "run"
    if not _sockets_fit(sockets):
        sockets = elsewhere / "run"
    return Places(checkout=checkout, local=local, database=database, sockets=sockets)


def running_as_root() -> bool:
    return os.geteuid() == 0


def server_account() -> pwd.struct_passwd | None:
    """The account that PostgreSQL runs as, when it is another than our own."""
    return pwd.getpwnam("nobody") if running_as_root() else None


def _others_reach(folder: Path) -> bool:
    return all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents))


def _sockets_fit(folder: Path) -> bool:
    return len(os.fsencode(folder)) + len(LONGEST_SOCKET_NAME) <= LONGEST_SOCKET_PATH


def _elsewhere(checkout: Path) -> Path:
    name = hashlib.sha256(os.fsencode(checkout)).hexdigest()[:12]
    if running_as_root():
        return Path(f"/var/lib/servicecenter-{name}")
    return Path(f"/tmp/servicecenter-{os.geteuid()}-{name}")
