"""Real processes that send, as the worker role, to a real mail server; each run ends in a proof by counting."""

import contextlib
import signal
import sys
from collections import Counter

import pytest
import redis
from django.db import connections, transaction

from servicecenter.local.places import CHECKOUT
from servicecenter.local.processes import kill_group, spawn
from servicecenter.outbox.models import Mail
from servicecenter.outbox.queueing import queue
from servicecenter.tenancy.scope import tenant_scope
from tests.factories import make_municipality
from tests.processes import celery, environment, redis_url, run_python, wait_until
from tests.smtp import free_port, mail_server

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

SENDS = """
import time, django
django.setup()
from servicecenter.outbox.sending import send_waiting
while True:
    send_waiting()
    time.sleep(0.05)
"""
QUEUES = """
import sys, django
django.setup()
from servicecenter.outbox.queueing import queue
from servicecenter.tenancy.scope import tenant_scope
with tenant_scope(int(sys.argv[1])):
    queue(municipality_id=int(sys.argv[1]), cause="woken", to="anna@nordby.example", subject="Hej", text="Goddag.")
"""
SETTINGS = {"DJANGO_SETTINGS_MODULE": "servicecenter.settings", "MAIL_TIMEOUT_SECONDS": "2"}


@pytest.fixture
def pair():
    return make_municipality("Nordby"), make_municipality("Sydby")


@pytest.fixture
def log(tmp_path):
    return tmp_path / "sender.log"


def url(port):
    return f"smtp://127.0.0.1:{port}"


@contextlib.contextmanager
def sender(port, log):
    env = environment(**SETTINGS, DATABASE_ROLE="worker", EMAIL_URL=url(port))
    with log.open("ab") as file:
        process = spawn([sys.executable, "-c", SENDS], log=file, at_parents_death=signal.SIGKILL, cwd=CHECKOUT, env=env)
    try:
        yield process
    finally:
        kill_group(process)


def put(municipality, count, start=0):
    with tenant_scope(municipality.pk):
        for number in range(start, start + count):
            queue(
                municipality_id=municipality.pk, cause=str(number), to=f"p{number}@{municipality.slug}.example",
                subject=f"Nr. {number}", text="Goddag.",
            )  # fmt: skip


def rows():
    return list(Mail.objects.using("owner").order_by("id"))


def all_are_sent():
    return all(mail.state == "sent" for mail in rows())


def end_all_leases():
    """What five minutes would do."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE outbox_mail SET next_attempt_at = now() WHERE state = 'waiting'")


def test_two_senders_share_the_mails_of_all_municipalities_and_double_nothing(pair, log):
    for municipality in pair:
        put(municipality, 60)
    with mail_server() as server, sender(server.port, log), sender(server.port, log):
        wait_until(all_are_sent, seconds=60, log=log)
    assert Counter(server.ids) == Counter({mail.message_id: 1 for mail in rows()})
    assert len(server.ids) == 120
    assert {mail.attempts for mail in rows()} == {1}


def test_a_sender_killed_between_sending_and_marking_repeats_that_mail_once_with_its_id(pair, log):
    put(pair[0], 3)
    with mail_server() as server:
        server.behaviour = "late"
        with sender(server.port, log) as process:
            wait_until(server.has_mail.is_set, seconds=60, log=log)
            kill_group(process)
        assert [mail.state for mail in rows()] == ["waiting"] * 3
        server.behaviour = "ok"
        server.go_on.set()
        with sender(server.port, log):
            wait_until(lambda: [mail.state for mail in rows()] == ["waiting", "sent", "sent"], seconds=60, log=log)
            assert len(server.ids) == 3  # the first one is the dead sender's until its lease ends
            end_all_leases()
            wait_until(all_are_sent, seconds=60, log=log)
    first, *others = rows()
    assert Counter(server.ids) == {first.message_id: 2, **{mail.message_id: 1 for mail in others}}
    assert (first.attempts, first.sent_at is not None) == (2, True)


def test_five_kills_lose_nothing_and_repeat_at_most_one_mail_each(pair, log):
    kills, count = 5, 80
    put(pair[0], count)
    with mail_server() as server:
        for kill in range(kills):
            wanted = len(server.ids) + 5 + kill
            with sender(server.port, log) as process:
                wait_until(lambda wanted=wanted: len(server.raw) >= wanted, seconds=60, log=log)
                kill_group(process)
        end_all_leases()
        with sender(server.port, log):
            wait_until(all_are_sent, seconds=60, log=log)
    assert set(server.ids) == {mail.message_id for mail in rows()}
    assert 0 <= len(server.ids) - count <= kills
    assert max(Counter(server.ids).values()) <= 2


def test_mails_wait_for_a_server_that_is_not_there_and_then_leave_once(pair, log):
    port = free_port()
    put(pair[0], 5)
    with sender(port, log):
        wait_until(lambda: any(mail.last_error for mail in rows()), seconds=60, log=log)
        with mail_server(port) as server:
            end_all_leases()
            wait_until(all_are_sent, seconds=60, log=log)
    assert Counter(server.ids) == Counter({mail.message_id: 1 for mail in rows()})


def test_a_commit_wakes_the_mail_worker_without_beat(pair, log):
    client = redis.from_url(redis_url())
    client.flushdb()
    arguments = ["worker", "--queues=mail", "--concurrency=1", "--without-gossip", "--without-mingle"]
    with mail_server() as server, celery(*arguments, log=log, DATABASE_ROLE="worker", EMAIL_URL=url(server.port)):
        done = run_python("-c", QUEUES, str(pair[0].pk), **SETTINGS)
        assert done.returncode == 0, done.stderr
        wait_until(server.has_mail.is_set, seconds=60, log=log)
        wait_until(all_are_sent, log=log)
    client.flushdb()
    client.close()
    assert len(server.ids) == 1


def test_without_redis_a_mail_is_queued_all_the_same(pair):
    done = run_python("-c", QUEUES, str(pair[0].pk), **SETTINGS | {"REDIS_URL": "unix:///nowhere/redis.sock"})
    assert done.returncode == 0, done.stderr
    assert [mail.state for mail in rows()] == ["waiting"]


@pytest.mark.role("worker")
def test_the_worker_sees_mails_of_all_municipalities_and_the_application_none(pair):
    put(pair[0], 1)
    put(pair[1], 1)
    with transaction.atomic():
        assert Mail.objects.count() == 2
