"""Keeps a list of programs running until it is told to stop: starts them again when they crash, stops them in time."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from servicecenter.local.processes import kill_group, spawn

LONGEST_WAIT = 30.0
SECONDS_THAT_COUNT_AS_HEALTHY = 60.0
SECONDS_TO_STOP = 1.0


@dataclass
class Program:
    """One child of the supervisor; `stop_with` makes it end at once, without waiting for what it is doing."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_with: signal.Signals = signal.SIGTERM
    keep_open: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    began_at: float = 0.0
    start_again_at: float = 0.0
    crashes: int = 0

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    def __init__(self, *, checkout: Path, logs: Path, say: Callable[[str], None]):
        self.checkout = checkout
        self.logs = logs
        self.say = say
        self.programs: list[Program] = []

    def start(self, program: Program) -> Program:
        """Its log begins anew; the log of the last run stays beside it."""
        self.programs.append(program)
        with suppress(FileNotFoundError):
            self.log_of(program).replace(self.logs / f"{program.name}.last.log")
        self._launch(program)
        return program

    def look_after(self, *, now: float) -> None:
        """Start again what has crashed, after 1, 2, 4 … 30 seconds. `now` is the monotonic clock."""
        for program in self.programs:
            if program.is_running:
                if now - program.began_at > SECONDS_THAT_COUNT_AS_HEALTHY:
                    program.crashes = 0
            elif program.process:
                self._note_crash(program, program.process, now=now)
            elif now >= program.start_again_at:
                self._launch(program)

    def stop(self) -> None:
        """All at once: politely, and by force what has not ended in time."""
        for program in self.programs:
            if program.process:
                program.process.send_signal(program.stop_with)
        deadline = time.monotonic() + SECONDS_TO_STOP
        while any(program.is_running for program in self.programs) and time.monotonic() < deadline:
            time.sleep(0.02)
        for program in self.programs:
            if program.process:
                kill_group(program.process)
        self.programs.clear()

    def log_of(self, program: Program) -> Path:
        return self.logs / f"{program.name}.log"

    def _launch(self, program: Program) -> None:
        with self.log_of(program).open("ab") as log:
            program.process = spawn(
                program.command,
                log=log,
                at_parents_death=signal.SIGKILL,  # their own children notice and follow
                cwd=self.checkout,
                env=os.environ | {"PYTHONUNBUFFERED": "1"} | dict(program.environment),
                pass_fds=program.keep_open,
            )
        program.began_at = time.monotonic()

    def _note_crash(self, program: Program, process: subprocess.Popen[bytes], *, now: float) -> None:
        kill_group(process)
        code = process.returncode
        wait = min(LONGEST_WAIT, 2.0**program.crashes)
        program.crashes += 1
        program.process = None
        program.start_again_at = now + wait
        how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
        self.say(
            f"{program.name} ended by itself ({how}); starting it again in {wait:.0f} s. Why: {self.log_of(program)}"
        )


def python(*words: str) -> list[str]:
    return [sys.executable, *words]
