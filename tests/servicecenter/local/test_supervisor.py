import signal
import time

import pytest

from servicecenter.local.supervisor import Program, Supervisor, python
from tests.servicecenter.local.test_processes import is_alive, wait_until

IGNORES_EVERYTHING = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(tmp_path, said):
    supervisor = Supervisor(checkout=tmp_path, logs=tmp_path, say=said.append)
    yield supervisor
    supervisor.stop()


def program(code, name="web"):
    return Program(name, python("-c", code))


def test_a_crashed_program_is_reported_and_started_again_after_ever_longer_waits(supervisor, said, tmp_path):
    web = supervisor.start(program("raise SystemExit(3)"))
    waits = []
    now = time.monotonic()
    for _ in range(7):
        web.process.wait()
        supervisor.look_after(now=now)
        waits.append(web.start_again_at - now)
        supervisor.look_after(now=web.start_again_at - 0.001)
        assert web.process is None
        now = web.start_again_at
        supervisor.look_after(now=now)
        assert web.process is not None

    assert waits == [1, 2, 4, 8, 16, 30, 30]
    assert said[0] == f"web ended by itself (exit code 3); starting it again in 1 s. Why: {tmp_path / 'web.log'}"


def test_a_signal_is_named_in_the_report(supervisor, said):
    web = supervisor.start(program("import time; time.sleep(60)"))
    web.process.kill()
    web.process.wait()

    supervisor.look_after(now=time.monotonic())

    assert "(SIGKILL)" in said[0]


def test_after_a_healthy_minute_the_waits_begin_anew(supervisor):
    web = supervisor.start(program("import time; time.sleep(60)"))
    web.crashes = 5

    supervisor.look_after(now=web.began_at + 59)
    assert web.crashes == 5
    supervisor.look_after(now=web.began_at + 61)
    assert web.crashes == 0


def test_stop_ends_even_the_deaf_and_their_children_within_two_seconds(supervisor, tmp_path):
    deaf = supervisor.start(program(IGNORES_EVERYTHING, "deaf"))
    supervisor.start(program("import time; time.sleep(60)", "polite"))
    log = tmp_path / "deaf.log"
    assert wait_until(lambda: log.read_text().endswith("\n"), seconds=10)
    grandchild = int(log.read_text())
    process = deaf.process

    begin = time.monotonic()
    supervisor.stop()

    assert time.monotonic() - begin < 2
    assert process.returncode == -signal.SIGKILL
    assert wait_until(lambda: not is_alive(grandchild), seconds=1)


def test_each_program_is_asked_to_stop_in_its_own_way(supervisor, tmp_path):
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGQUIT, lambda *_: sys.exit(print('quit', flush=True)))\n"
        "print('up', flush=True)\n"
        "time.sleep(60)"
    )
    supervisor.start(Program("web", python("-c", code), stop_with=signal.SIGQUIT))
    assert wait_until(lambda: (tmp_path / "web.log").read_text() == "up\n", seconds=10)

    supervisor.stop()

    assert (tmp_path / "web.log").read_text() == "up\nquit\n"


def test_the_log_of_the_last_run_is_kept_beside_the_new_one(supervisor, tmp_path):
    (tmp_path / "web.log").write_text("old")

    supervisor.start(program("print('new', flush=True)")).process.wait()

    assert (tmp_path / "web.log").read_text() == "new\n"
    assert (tmp_path / "web.last.log").read_text() == "old"
