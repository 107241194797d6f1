"""The process that owns the embedded servers of one checkout.

Whoever needs them holds a connection to the keeper: the supervisor of `make demo`, a test run, a command by hand. When
the last connection closes, for whatever reason, the keeper stops the servers and ends. When the keeper dies, the
servers die with it. So any number of processes can come and go, and nothing is ever left behind.
"""

import logging
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from servicecenter.local.addresses import ROLES, embedded_urls, superuser_url
from servicecenter.local.places import Places, places
from servicecenter.local.postgres import Postgres
from servicecenter.local.processes import CannotStart, hold, kill_group
from servicecenter.local.redis import Redis
from servicecenter.tenancy.roles import create_roles

READY = "ready"
SECONDS_FOR_THE_LAST_ONE_TO_STOP = 60
SECONDS_FOR_THE_FIRST_CALLER = 10

log = logging.getLogger("keeper")


def main(checkout: Path) -> int:
    os.chdir("/")  # it keeps no folder of its caller busy
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    where = places(checkout)
    with hold(where.local / "keeper.lock", seconds=SECONDS_FOR_THE_LAST_ONE_TO_STOP) as is_still_ours:
        return Keeper(where, is_still_ours).run()


class Keeper:
    def __init__(self, where: Places, is_still_ours: Callable[[], bool]):
        self.where = where
        self.is_still_ours = is_still_ours
        self.postgres = Postgres(where)
        self.redis = Redis(where)
        self.selector = selectors.DefaultSelector()
        self.callers: set[socket.socket] = set()
        self.answer = READY

    def run(self) -> int:
        door = _listen(self.where.sockets / "keeper.sock")
        self.selector.register(door, selectors.EVENT_READ)
        try:
            self._start_servers()
            self._serve(door)
        finally:
            door.close()
            if self.is_still_ours():
                self._stop()
            else:
                self._kill()
        return 0 if self.answer == READY else 1

    def _stop(self) -> None:
        (self.where.sockets / "keeper.sock").unlink(missing_ok=True)
        self.redis.stop()
        self.postgres.stop()

    def _kill(self) -> None:
        """Their data are gone, and a clean stop would remove the sockets of whoever serves this folder now."""
        for server in (self.redis, self.postgres):
            if server.process:
                kill_group(server.process)

    def _start_servers(self) -> None:
        try:
            self.postgres.begin()
            self.redis.begin()
            self.postgres.wait()
            self.redis.wait()
            urls = embedded_urls(self.where.checkout)
            create_roles(superuser_url(self.where.checkout), {name: urls[name] for name in ROLES}, for_tests=True)
        except CannotStart as error:
            self.answer = str(error)
        except Exception as error:
            log.exception("The servers did not start")
            self.answer = f"The embedded servers did not start ({error}); see {self.where.logs}."
        log.info("%s", self.answer)

    def _serve(self, door: socket.socket) -> None:
        """Until the last caller has left, or none has come, or the checkout was removed under it."""
        patience = time.monotonic() + SECONDS_FOR_THE_FIRST_CALLER
        served = False
        while self.is_still_ours() and (self.callers or (not served and time.monotonic() < patience)):
            for key, _ in self.selector.select(timeout=1):
                if key.fileobj is door:
                    self._welcome(door)
                    served = True
                else:
                    self._part_with(key.fileobj)  # type: ignore[arg-type]
            if self.is_still_ours():
                self._restart_what_crashed()

    def _welcome(self, door: socket.socket) -> None:
        caller, _ = door.accept()
        caller.setblocking(False)
        caller.sendall(f"{self.answer}\n".encode())
        if self.answer != READY:
            caller.close()
            return
        self.callers.add(caller)
        self.selector.register(caller, selectors.EVENT_READ)

    def _part_with(self, caller: socket.socket) -> None:
        """Callers say nothing, so what can be read is the end of the connection."""
        self.selector.unregister(caller)
        self.callers.discard(caller)
        caller.close()

    def _restart_what_crashed(self) -> None:
        if self.answer != READY:
            return
        for server in (self.postgres, self.redis):
            if server.process and server.process.poll() is not None:
                log.warning(
                    "%s ended by itself (%s); starting it again", type(server).__name__, server.process.returncode
                )
                server.begin()
                server.wait()


def _listen(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(path))
    door.listen(64)
    return door


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
