"""Faults, with real processes and servers of their own. Each test ends in a proof by counting.

A clock is loaded with two warnings at one instant and its breach; every instant that has passed must have left exactly
one effect, dated to that instant: none lost, none doubled, none before it was due.
"""

import contextlib
import time

import psutil
import pytest

from servicecenter.local.processes import kill_group
from tests.faults.clocks import IN_RANGE, load, wait_until
from tests.faults.servers import own_servers
from tests.processes import celery, run_python
from tickets.sla.due import BATCH

COUNT = 2000
ALL = 3 * COUNT
WOKEN = "succeeded"
NO_REDIS = "unix:///nowhere/redis.sock?db=0"
# Writing one effect in the middle of a batch takes a second: time enough for something to go wrong.
SLOW_IN_THE_MIDDLE = """
CREATE FUNCTION slow_down() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.cycle % 1000 = 500 AND NEW.percent = 90 THEN PERFORM pg_sleep(0.8); END IF; RETURN NEW; END $$;
CREATE TRIGGER slow_down BEFORE INSERT ON tickets_clockeffect FOR EACH ROW EXECUTE FUNCTION slow_down()
"""
FAST_AGAIN = "DROP TRIGGER slow_down ON tickets_clockeffect; DROP FUNCTION slow_down"
IN_THE_MIDDLE = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"


@pytest.fixture(scope="module")
def servers():
    with own_servers() as own:
        furnished = run_python(
            "-m", "tests.faults.furnish", seconds=300, DJANGO_SETTINGS_MODULE="tests.settings", **own.urls
        )
        assert furnished.returncode == 0, furnished.stderr
        yield own


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("faults") / "celery.log"


@contextlib.contextmanager
def worker(servers, log, *, processes=1, **changes):
    arguments = ["worker", f"--concurrency={processes}", "--without-gossip", "--without-mingle", "--loglevel=INFO"]
    with celery(*arguments, log=log, DATABASE_ROLE="worker", **servers.urls | changes) as process:
        yield process


@contextlib.contextmanager
def beat(servers, log, number=1):
    schedule = f"--schedule={log.parent / f'schedule{number}'}"
    with celery("beat", schedule, "--pidfile=", log=log, DATABASE_ROLE="worker", **servers.urls) as process:
        yield process


@pytest.fixture(scope="module")
def desk(servers, log):
    """Four worker processes and two beats, which go through all the faults below, one after the other."""
    with contextlib.ExitStack() as stack:
        for number in (1, 2):
            stack.enter_context(worker(servers, log, processes=2))
            stack.enter_context(beat(servers, log, number))
        yield servers


@contextlib.contextmanager
def slow_in_the_middle(servers):
    servers.ask(SLOW_IN_THE_MIDDLE)
    yield lambda: {pid for (pid,) in servers.ask(IN_THE_MIDDLE)}
    servers.ask(FAST_AGAIN)


def test_workers_killed_in_the_middle_of_a_batch_again_and_again(servers, log):
    """The pool puts another process in the place of one that was killed; then all of them are killed at once."""
    clocks = load(servers)
    with slow_in_the_middle(servers) as in_the_middle, worker(servers, log) as process:
        killed = set()
        while len(killed) < 4:
            killed |= wait_until(lambda known=frozenset(killed): in_the_middle() - known, log=log)
            for child in psutil.Process(process.pid).children():
                child.kill()
            assert clocks.seen % (3 * BATCH) == 0  # no batch is half written
        kill_group(process)
    with worker(servers, log):
        clocks.prove(expected=ALL, log=log)


def test_a_clock_that_jumps_an_hour_to_and_fro(servers, log):
    """Never twice, and never before the instant by the true clock: the clocks due in half an hour stay silent.

    Without beat, and without Redis from the start: the worker looks by itself.
    """
    past = load(servers, count=500)
    soon = load(servers, count=500, since=4, spread=4, warned=1)
    later = load(servers, count=500, since=1800, spread=600)
    with worker(servers, log, TIME_SOURCE="tests.faults.jumping.now", REDIS_URL=NO_REDIS):
        past.prove(expected=1500, log=log)
        deadline = time.monotonic() + 60
        while soon.seen < 1500 and time.monotonic() < deadline:
            assert (soon.early, later.seen) == (0, 0)
            time.sleep(0.05)
        soon.prove(expected=1500, log=log)
    assert "The time source jumped by" in log.read_text()
    assert later.seen == 0


def test_four_workers_and_two_beats_at_once(desk, log):
    load(desk, count=500).prove(expected=1500, log=log)  # all are at work
    with slow_in_the_middle(desk) as in_the_middle:
        clocks = load(desk)
        wait_until(lambda: len(in_the_middle()) >= 2, log=log)  # at the same moment
    clocks.prove(expected=ALL, log=log)


def test_redis_stopped_emptied_and_started_again(desk, log):
    clocks = load(desk, since=2, spread=3, warned=1)
    desk.crash_redis()
    clocks.prove(expected=ALL, log=log)  # each worker looks by itself
    for file in desk.where.redis.iterdir():
        file.unlink()
    desk.start_redis()
    woken = log.read_text().count(WOKEN)
    clocks = load(desk, since=2, spread=3, warned=1)
    clocks.prove(expected=ALL, log=log)
    wait_until(lambda: log.read_text().count(WOKEN) > woken, log=log)  # beat's wake-ups too


def test_postgresql_crashed_in_the_middle_of_a_batch(desk, log):
    with slow_in_the_middle(desk) as in_the_middle:
        clocks = load(desk)
        wait_until(in_the_middle, log=log)
        desk.crash_postgres()
        desk.postgres.start()
        assert clocks.seen < ALL
    clocks.prove(expected=ALL, log=log)


def test_poison_is_set_aside_and_the_others_go_on(desk, log):
    clocks = load(desk, since=4, warned=1)
    # Instants without percents: no effect can be made of them.
    clocks.ask(f"UPDATE tickets_clock SET plan_percent = '{{}}' WHERE {IN_RANGE} AND cycle %% 1000 = 7")
    clocks.ask(f"DELETE FROM faults_plan WHERE {IN_RANGE} AND cycle %% 1000 = 7")
    clocks.prove(expected=ALL - 3 * 2, log=log)
    failed = f"SELECT tries, is_set_aside FROM tickets_clockfailure WHERE {IN_RANGE}"
    for tries in (1, 2, 3):
        noted = [(tries, tries == 3)] * 2
        wait_until(lambda noted=noted: clocks.ask(failed) == noted, log=log)
        clocks.ask(
            f"UPDATE tickets_clock SET next_at = now() WHERE {IN_RANGE} AND next_at IS NOT NULL"
        )  # a minute later
    assert [reason[:14] for (reason,) in clocks.ask(f"SELECT reason FROM tickets_clockfailure WHERE {IN_RANGE}")] == [
        "IntegrityError"
    ] * 2
    load(desk, count=500).prove(expected=1500, log=log)
