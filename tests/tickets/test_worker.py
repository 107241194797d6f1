"""Real Celery processes on a real Redis: whatever happens to them, each effect of a clock is written exactly once."""

import contextlib
from datetime import timedelta

import pytest
import redis
from django.db import connections, transaction
from django.db.models import Count
from django.utils import timezone

from tests.factories import make_ticket
from tests.processes import celery, kill_group, redis_url, wait_until
from tickets.sla.due import BATCH
from tickets.sla.models import Clock, ClockEffect

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

COUNT = 2 * BATCH + 500
# Every second clock breaches after its three warnings; the others go on with one instant to come.
EFFECTS_OF_ALL = {50: COUNT, 75: COUNT, 90: COUNT, 100: COUNT // 2}
NONE = {}

LOAD = """
INSERT INTO tickets_clock (municipality_id, ticket_id, kind, cycle, subject, state, is_paused, calendar, started_at,
    anchor_at, elapsed_s, paused_s, target_s, due_at, cause, void_reason, plan_at, plan_percent, next_at)
SELECT %(municipality)s, %(ticket)s, 'resolution', 1000 + n, '', 'running', false, 'desk', start, start, 0, 0, 3600,
    breach, '', '', ARRAY[warning, warning, warning, breach], ARRAY[50, 75, 90, 100], warning
FROM (SELECT n, %(due)s::timestamptz - interval '1 hour' AS start, %(due)s::timestamptz AS warning,
    %(due)s::timestamptz + CASE n %% 2 WHEN 0 THEN interval '0' ELSE interval '1 day' END AS breach
    FROM generate_series(1, %(count)s) AS n) AS clocks
"""
WRITE_AN_EFFECT = """
INSERT INTO tickets_clockeffect (municipality_id, ticket_id, kind, cycle, percent, at, found_at)
VALUES (%s, %s, 'resolution', %s, 90, now(), now())
"""
WHO_WAITS_FOR_US = "SELECT pid FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"


@pytest.fixture(autouse=True, scope="module")
def queue(django_db_setup, tmp_path_factory):
    """The queue of this test run, and beat, which puts a wake-up into it each second."""
    client = redis.from_url(redis_url())
    client.flushdb()
    folder = tmp_path_factory.mktemp("beat")
    with celery("beat", f"--schedule={folder / 'schedule'}", "--pidfile=", log=folder / "log", DATABASE_ROLE="worker"):
        yield client
    client.flushdb()
    client.close()


@pytest.fixture
def log(tmp_path):
    return tmp_path / "celery.log"


@pytest.fixture
def ticket():
    """Filed now, so that none of its own clocks is due during the test."""
    with transaction.atomic():
        return make_ticket(at=timezone.now())


@contextlib.contextmanager
def worker(log):
    arguments = ["worker", "--concurrency=1", "--without-gossip", "--without-mingle", "--loglevel=INFO"]
    with celery(*arguments, log=log, DATABASE_ROLE="worker") as process:
        yield process


def load_clocks(ticket, *, due):
    """As the owner, in one statement: clocks whose three warnings, and every second one's breach, fall on `due`."""
    names = {"municipality": ticket.municipality_id, "ticket": ticket.pk, "count": COUNT}
    with connections["owner"].cursor() as cursor:
        cursor.execute(LOAD, names | {"due": due.replace(microsecond=0)})


def effects():
    rows = ClockEffect.objects.using("owner").order_by("percent").values_list("percent").annotate(Count("id"))
    return dict(rows)


def effects_of_all_are_there():
    return effects() == EFFECTS_OF_ALL


def clocks_still_due():
    return Clock.objects.using("owner").filter(next_at__lte=timezone.now()).count()


def clocks_by_state():
    loaded = Clock.objects.using("owner").filter(cycle__gt=1000)
    return dict(loaded.order_by("state").values_list("state").annotate(Count("id")))


def assert_every_effect_is_there_once():
    assert effects() == EFFECTS_OF_ALL
    assert clocks_still_due() == 0
    assert clocks_by_state() == {"breached": COUNT // 2, "running": COUNT // 2}


@contextlib.contextmanager
def a_batch_held_in_its_middle(ticket):
    """Write one effect of the first batch and keep the transaction open: the worker that reaches it has to wait.

    Yields a question: who waits? The transaction is rolled back at the end, so the effect is the worker's to write.
    """
    owner = connections["owner"]
    with transaction.atomic(using="owner"), owner.cursor() as cursor:
        cursor.execute(WRITE_AN_EFFECT, [ticket.municipality_id, ticket.pk, 1000 + BATCH // 2])

        def a_worker_waits():
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(WHO_WAITS_FOR_US)
            return [pid for (pid,) in cursor.fetchall()]

        yield a_worker_waits
        transaction.set_rollback(True, using="owner")


def test_a_worker_woken_by_beat_fires_each_due_clock_exactly_once(ticket, log):
    load_clocks(ticket, due=timezone.now() - timedelta(minutes=5))
    assert effects() == NONE
    with worker(log):
        wait_until(effects_of_all_are_there, log=log)
        fired = list(ClockEffect.objects.using("owner").order_by("id").values_list("id", "found_at"))
        wait_until(lambda: log.read_text().count("succeeded") >= 3, log=log)  # later ticks find nothing
    assert_every_effect_is_there_once()
    assert list(ClockEffect.objects.using("owner").order_by("id").values_list("id", "found_at")) == fired


def test_a_worker_killed_in_the_middle_of_a_batch_leaves_nothing_half_done(ticket, log):
    load_clocks(ticket, due=timezone.now() - timedelta(minutes=5))
    with a_batch_held_in_its_middle(ticket) as a_worker_waits, worker(log) as first:
        wait_until(a_worker_waits, log=log)
        kill_group(first)
    assert effects() == NONE
    assert clocks_by_state() == {"running": COUNT}
    with worker(log):
        wait_until(effects_of_all_are_there, log=log)
    assert_every_effect_is_there_once()


def test_two_workers_share_the_work_and_double_nothing(ticket, log):
    load_clocks(ticket, due=timezone.now() - timedelta(minutes=5))
    with worker(log), worker(log):
        with a_batch_held_in_its_middle(ticket) as a_worker_waits:
            wait_until(a_worker_waits, log=log)
            # The other worker passes over what the first one has claimed, and takes all the rest.
            wait_until(lambda: clocks_still_due() == BATCH, log=log)
            assert len(a_worker_waits()) == 1
        wait_until(effects_of_all_are_there, log=log)
    assert_every_effect_is_there_once()


def test_emptying_redis_while_clocks_run_loses_nothing(ticket, log, queue):
    with worker(log):
        wait_until(lambda: log.exists() and "succeeded" in log.read_text(), log=log)  # the desk is at work
        load_clocks(ticket, due=timezone.now() + timedelta(seconds=2))
        queue.flushdb()
        assert effects() == NONE
        wait_until(effects_of_all_are_there, log=log)
    assert_every_effect_is_there_once()
