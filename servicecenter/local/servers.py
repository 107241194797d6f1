"""Asking for the embedded servers: they run from the first call of `ensure_started` until its process ends."""

import os
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

from servicecenter.local.places import CHECKOUT, Places, places, server_account
from servicecenter.local.processes import CannotStart, hold

SECONDS_TO_START = 120
READY = "ready"

_connections: dict[Path, int] = {}


def ensure_started(checkout: Path = CHECKOUT) -> None:
    """Return when PostgreSQL (with its roles and database) and Redis answer; they stay up while this process lives.

    Starts them when nobody in this checkout has yet. Raises CannotStart with a sentence for the person.
    """
    checkout = checkout.resolve()
    if checkout in _connections:
        return
    where = places(checkout)
    make_folders(where)
    deadline = time.monotonic() + SECONDS_TO_START
    with hold(where.local / "start.lock", seconds=SECONDS_TO_START):
        while checkout not in _connections:
            connection = _connect(where) or _connect_to(_begin_keeper(where), where, deadline)
            if connection and _is_ready(connection):
                _connections[checkout] = connection.detach()  # open until this process ends
            elif time.monotonic() > deadline:
                raise CannotStart(f"The embedded servers did not start; see {where.logs}.")


def release(checkout: Path = CHECKOUT) -> None:
    """Give up this process's hold before its end; the servers stop when no one else holds them."""
    connection = _connections.pop(checkout.resolve(), None)
    if connection is not None:
        os.close(connection)


def wait_until_stopped(checkout: Path = CHECKOUT, *, seconds: float = 10) -> bool:
    """False when others still use the servers, or they take longer than this to stop."""
    where = places(checkout)
    if not where.local.exists():
        return True
    with suppress(CannotStart), hold(where.local / "keeper.lock", seconds=0.3):
        return True
    if (where.sockets / "keeper.sock").exists():
        return False
    with suppress(CannotStart), hold(where.local / "keeper.lock", seconds=seconds):
        return True
    return False


def connection_to_keeper(checkout: Path = CHECKOUT) -> int | None:
    """A file descriptor, readable only when the servers' keeper is gone: the supervisor watches it."""
    return _connections.get(checkout.resolve())


def make_folders(where: Places) -> None:
    try:
        where.local.mkdir(exist_ok=True)
        where.logs.mkdir(exist_ok=True)
        where.database.mkdir(exist_ok=True)
        where.sockets.parent.mkdir(exist_ok=True)
        where.sockets.mkdir(mode=0o700, exist_ok=True)
        _let_the_account_in(where)
    except OSError as error:
        raise CannotStart(
            f"{error.filename} cannot be used by this account ({error.strerror}): remove it, or run as its owner."
        ) from error
    _check_owner(where)


def _let_the_account_in(where: Places) -> None:
    account = server_account()
    if account:
        where.local.chmod(0o755)
        where.database.chmod(0o755)
        os.chown(where.sockets, account.pw_uid, account.pw_gid)


def _check_owner(where: Places) -> None:
    account = server_account()
    status = where.sockets.lstat()
    if status.st_uid != (account.pw_uid if account else os.geteuid()) or where.sockets.is_symlink():
        raise CannotStart(f"{where.sockets} belongs to another account: remove it, or run as its owner.")


def _connect(where: Places) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(where.sockets / "keeper.sock"))
    except OSError:
        connection.close()
        return None
    return connection


def _begin_keeper(where: Places) -> int:
    """Its process number. It is nobody's child in spirit: it outlives whoever happened to need the servers first."""
    log = str(where.logs / "keeper.log")
    command = [sys.executable, "-P", "-m", "servicecenter.local.keeper", str(where.checkout)]
    return os.posix_spawn(
        sys.executable,
        command,
        os.environ | {"PYTHONPATH": str(CHECKOUT)},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def _connect_to(keeper: int, where: Places, deadline: float) -> socket.socket | None:
    while time.monotonic() < deadline:
        connection = _connect(where)
        if connection or os.waitpid(keeper, os.WNOHANG)[0]:
            return connection
        time.sleep(0.02)
    os.kill(keeper, signal.SIGTERM)
    return None


def _is_ready(connection: socket.socket) -> bool:
    """False when the keeper was just leaving; CannotStart carries its own words for what is wrong."""
    connection.settimeout(SECONDS_TO_START)
    try:
        with connection.makefile() as lines:
            answer = lines.readline().strip()
    except OSError:
        answer = ""
    if answer == READY:
        return True
    connection.close()
    if answer:
        raise CannotStart(answer)
    return False
