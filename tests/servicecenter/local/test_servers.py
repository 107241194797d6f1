"""Each test has servers of its own, in a folder that stands for a clone."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
import redis
from kombu import Connection

from servicecenter.local import servers
from servicecenter.local.addresses import celery_broker, embedded_urls, superuser_url
from servicecenter.local.places import places, server_account
from servicecenter.local.processes import CannotStart
from servicecenter.local.reset import reset

CALLER = """
import sys, time
from pathlib import Path
from servicecenter.local.servers import ensure_started
ensure_started(Path(sys.argv[1]))
print("up", flush=True)
time.sleep(120)
"""


@contextmanager
def caller(checkout):
    """Another process that uses the servers."""
    with subprocess.Popen([sys.executable, "-c", CALLER, str(checkout)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "up\n"
            yield process
        finally:
            process.kill()


def ask(checkout, sql, *, role="DATABASE_OWNER_URL"):
    connection = psycopg2.connect(embedded_urls(checkout)[role])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def running(checkout):
    """The processes that name the folder of this checkout's servers."""
    where = places(checkout)
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if any(os.fsencode(path) in words for path in (where.database, where.sockets)) or (
            b"local.keeper" in words and os.fsencode(checkout) in words
        ):
            found.add(int(folder.name))
    return found


def wait_until_gone(checkout, *, seconds):
    deadline = time.monotonic() + seconds
    while running(checkout) and time.monotonic() < deadline:
        time.sleep(0.05)
    return running(checkout)


def pid_file(checkout):
    return places(checkout).database / "postgresql-18" / "postmaster.pid"


def test_both_servers_answer_in_a_closed_folder_and_leave_it_closed(checkout):
    checkout.chmod(0o700)

    servers.ensure_started(checkout)

    assert ask(checkout, "SELECT current_user, current_database(), upper('æøå')") == [
        ("servicecenter_owner", "servicecenter", "ÆØÅ")
    ]
    assert ask(checkout, "SELECT current_user", role="DATABASE_URL") == [("servicecenter_app",)]
    client = redis.from_url(embedded_urls(checkout)["REDIS_URL"])
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert client.config_get("appendonly") == {"appendonly": "yes"}
    client.close()
    assert checkout.stat().st_mode & 0o777 == 0o700


def test_no_one_else_can_reach_the_sockets(desk):
    servers.ensure_started(desk)

    status = places(desk).sockets.stat()

    assert status.st_mode & 0o777 == 0o700
    assert status.st_uid == (server_account().pw_uid if server_account() else os.geteuid())


def test_data_survive_a_restart(desk):
    with caller(desk):
        ask(desk, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS number")
        client = redis.from_url(embedded_urls(desk)["REDIS_URL"])
        client.set("kept", "8")
        client.close()
    assert wait_until_gone(desk, seconds=5) == set()

    servers.ensure_started(desk)

    assert ask(desk, "SELECT number FROM kept") == [(7,)]
    client = redis.from_url(embedded_urls(desk)["REDIS_URL"])
    assert client.get("kept") == b"8"
    client.close()


def test_the_servers_stop_when_the_last_of_several_callers_is_killed(desk):
    with caller(desk) as first, caller(desk) as second:
        first.kill()
        first.wait()
        time.sleep(0.5)
        assert ask(desk, "SELECT 1") == [(1,)]

        second.kill()

        assert wait_until_gone(desk, seconds=3) == set()


def test_callers_at_the_same_moment_share_one_pair_of_servers(desk):
    command = [sys.executable, "-c", CALLER, str(desk)]
    several = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    try:
        assert [process.stdout.readline() for process in several] == ["up\n"] * 4
        keepers = [pid for pid in running(desk) if b"local.keeper" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        assert len(keepers) == 1
    finally:
        for process in several:
            process.kill()
            process.communicate()


def test_a_killed_keeper_takes_its_servers_along_and_the_next_start_works(desk):
    servers.ensure_started(desk)
    ask(desk, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS number")
    keeper = next(pid for pid in running(desk) if b"local.keeper" in Path(f"/proc/{pid}/cmdline").read_bytes())

    os.kill(keeper, signal.SIGKILL)
    assert wait_until_gone(desk, seconds=3) == set()
    servers.release(desk)
    servers.ensure_started(desk)

    assert ask(desk, "SELECT number FROM kept") == [(7,)]


def test_everything_killed_at_once_recovers(desk):
    servers.ensure_started(desk)
    ask(desk, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS number")

    for pid in running(desk):
        os.kill(pid, signal.SIGKILL)
    servers.release(desk)
    servers.ensure_started(desk)

    assert ask(desk, "SELECT number FROM kept") == [(7,)]


@pytest.mark.parametrize("victim", ["postgres", "redis-server"])
def test_a_crashed_server_is_started_again(desk, victim):
    servers.ensure_started(desk)
    process = next(pid for pid in running(desk) if f"/{victim}".encode() in Path(f"/proc/{pid}/cmdline").read_bytes())

    os.kill(process, signal.SIGKILL)

    deadline = time.monotonic() + 15
    answers = False
    while not answers and time.monotonic() < deadline:
        time.sleep(0.2)
        try:
            client = redis.from_url(embedded_urls(desk)["REDIS_URL"])
            answers = ask(desk, "SELECT 1") == [(1,)] and client.ping()
        except (psycopg2.OperationalError, redis.ConnectionError):
            continue
        finally:
            client.close()
    assert answers


@pytest.mark.parametrize("content", ["{own}\n", "not a number\n", ""])
def test_a_stale_pid_file_does_not_stop_the_start(desk, content):
    """Also one that names a living process which is no PostgreSQL: its own server would refuse for ever."""
    with caller(desk):
        pass
    assert wait_until_gone(desk, seconds=5) == set()
    pid_file(desk).write_text(content.format(own=os.getpid()))

    servers.ensure_started(desk)

    assert ask(desk, "SELECT 1") == [(1,)]


def test_an_interrupted_first_start_is_begun_again(checkout):
    draft = places(checkout).database / "postgresql-18.draft"
    draft.mkdir(parents=True)
    (draft / "half").write_text("written")

    servers.ensure_started(checkout)

    assert ask(checkout, "SELECT 1") == [(1,)]


def test_the_servers_of_a_removed_checkout_end_and_leave_its_successor_alone(checkout):
    with caller(checkout):
        old = running(checkout)
        shutil.rmtree(places(checkout).local)
        if places(checkout).database.exists():
            shutil.rmtree(places(checkout).database)

        servers.ensure_started(checkout)

        deadline = time.monotonic() + 10
        while running(checkout) & old and time.monotonic() < deadline:
            time.sleep(0.1)
        assert running(checkout) & old == set()
        assert ask(checkout, "SELECT 1") == [(1,)]


def test_a_broken_database_is_told_in_one_sentence(checkout):
    with caller(checkout):
        pass
    assert wait_until_gone(checkout, seconds=5) == set()
    (places(checkout).database / "postgresql-18" / "global" / "pg_control").write_bytes(b"broken")

    with pytest.raises(CannotStart, match=r"PostgreSQL did not start; .*postgresql\.log tells why"):
        servers.ensure_started(checkout)


def test_the_variables_of_another_database_disturb_nobody(desk, monkeypatch):
    for name, value in {"PGPORT": "6000", "PGHOST": "elsewhere.example", "PGDATA": "/nowhere", "PGUSER": "me"}.items():
        monkeypatch.setenv(name, value)

    servers.ensure_started(desk)

    assert ask(desk, "SELECT current_user") == [("servicecenter_owner",)]


def test_celery_reaches_the_queue_through_a_path_with_odd_letters(desk):
    servers.ensure_started(desk)

    with Connection(celery_broker(embedded_urls(desk)["REDIS_URL"])) as connection:
        connection.ensure_connection(max_retries=1)
        queue = connection.SimpleQueue("greetings")
        queue.put({"greeting": "hej"})
        assert queue.get(timeout=5).payload == {"greeting": "hej"}
        queue.close()


def test_reset_refuses_while_the_servers_are_used_and_then_starts_over(desk):
    with caller(desk):
        ask(desk, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS number")
        with pytest.raises(CannotStart, match="still uses the servers"):
            reset(desk)
    assert wait_until_gone(desk, seconds=5) == set()

    reset(desk)
    servers.ensure_started(desk)

    assert ask(desk, "SELECT to_regclass('kept')") == [(None,)]


def test_the_superuser_is_internal():
    assert "postgres" not in {url.split("@")[0].rpartition("/")[2] for url in embedded_urls().values()}
    assert superuser_url().startswith("postgresql://postgres@")
