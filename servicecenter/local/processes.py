"""Child processes that never outlive their parent, and a lock that only the living hold."""

import ctypes
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class CannotStart(Exception):
    """Something the person at the keyboard has to mend; the text is one sentence for that person."""


def spawn(
    command: Sequence[str | Path], *, at_parents_death: signal.Signals, log: IO[bytes] | None = None, **options: Any
) -> subprocess.Popen[bytes]:
    """Start a process that gets a signal when this one dies, however it dies.

    It has a session of its own, so a Ctrl-C in the terminal reaches only the one who stops things in order.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        preexec_fn=_die_with_parent(os.getpid(), at_parents_death),
        **options,
    )


def _die_with_parent(parent: int, stop: signal.Signals) -> Callable[[], None]:
    """A change of account clears this wish, and Popen runs it after such a change: that order matters."""

    def ask_kernel() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(stop))
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel


def stop(process: subprocess.Popen[bytes], *, by: signal.Signals, seconds: float) -> None:
    """Ask a process to end, and end its whole group when it has not after that many seconds."""
    if process.poll() is None:
        process.send_signal(by)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        return
    kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def hold(path: Path, *, seconds: float, otherwise: str = "") -> Iterator[Callable[[], bool]]:
    """Hold a lock that the kernel gives back when its holder dies. Raises CannotStart when it stays taken.

    Gives the question whether the lock still means anything: not once its folder was removed or made anew.
    """
    with path.open("w") as file:
        deadline = time.monotonic() + seconds
        while not take(file.fileno()):
            if time.monotonic() > deadline:
                raise CannotStart(otherwise or f"Another process holds {path}, and did for {seconds:.0f} seconds.")
            time.sleep(0.05)
        yield lambda: _names(path, file)


def _names(path: Path, file: IO[str]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def take(file: int) -> bool:
    """Whether the lock on an open file is now ours. It lasts until the file is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
