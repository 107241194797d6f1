import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from servicecenter.local.processes import CannotStart, hold, spawn, stop

PARENT = """
import signal, sys, time
from servicecenter.local.processes import spawn
child = spawn([sys.executable, "-c", "import time; time.sleep(60)"], at_parents_death=signal.SIGTERM)
print(child.pid, flush=True)
time.sleep(60)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition, *, seconds):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_a_child_dies_with_a_parent_that_was_killed():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        assert is_alive(child)

        parent.kill()

        assert wait_until(lambda: not is_alive(child), seconds=3)


def test_a_stubborn_child_is_killed_when_its_time_is_up(tmp_path):
    with (tmp_path / "log").open("wb") as log:
        child = spawn([sys.executable, "-c", STUBBORN], at_parents_death=signal.SIGKILL, log=log)
    assert wait_until(lambda: "ready" in (tmp_path / "log").read_text(), seconds=5)

    stop(child, by=signal.SIGTERM, seconds=0.2)

    assert child.returncode == -signal.SIGKILL


def test_a_lock_is_held_by_one_and_given_back_by_the_dead(tmp_path):
    lock = tmp_path / "lock"
    holder = (
        f"from pathlib import Path; import time; from servicecenter.local.processes import hold\n"
        f"with hold(Path({str(lock)!r}), seconds=0): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", holder], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(CannotStart, match="In use"), hold(lock, seconds=0, otherwise="In use"):
            pass

        other.kill()

        with hold(lock, seconds=3):
            # The kernel gives a lock back a moment before its holder is dead.
            assert wait_until(lambda: not is_alive(other.pid), seconds=5)
