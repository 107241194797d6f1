"""Processes of the desk as a real start makes them, on the database and the Redis of the running test."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2
import pytest
from django.db import connections
from psycopg2 import sql

from servicecenter import settings as desk
from servicecenter.local.addresses import ROLES, redis_database, superuser_url
from servicecenter.local.places import CHECKOUT
from servicecenter.local.processes import kill_group, spawn
from servicecenter.local.slots import redis_databases

READ_BY_SETTINGS = {*desk.ROLE_VARIABLES.values(), "REDIS_URL", "SECRET_KEY", "DATABASE_ROLE", "DJANGO_SETTINGS_MODULE"}


def database_urls():
    """The addresses of the four roles in the database of the running test."""
    path = f"/{connections['default'].settings_dict['NAME']}"
    return {name: urlunsplit(urlsplit(desk._urls[name])._replace(path=path)) for name in desk.ROLE_VARIABLES.values()}


def superuser():
    """The server's own superuser, who makes roles and as whom the desk must not start."""
    if "DATABASE_URL" not in os.environ:
        return superuser_url()
    if "DATABASE_ADMIN_URL" not in os.environ:
        pytest.fail("Set DATABASE_ADMIN_URL to the address of a superuser on the server of DATABASE_URL.")
    return os.environ["DATABASE_ADMIN_URL"]


PASSWORD = "a ' \" % pass/word æ"


@contextlib.contextmanager
def cursor(url):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


@contextlib.contextmanager
def new_roles(prefix):
    """Four addresses of roles and a database that do not exist yet, and do not any more afterwards."""
    where = urlsplit(superuser())
    names = {name: f"{prefix}_{role}" for name, role in ROLES.items()}

    def url(role):
        host = where.netloc.rpartition("@")[2]
        return urlunsplit(where._replace(netloc=f"{role}:{quote(PASSWORD, safe='')}@{host}", path=f"/{prefix}"))

    yield {name: url(role) for name, role in names.items()}
    with cursor(superuser()) as drop:
        drop.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(prefix)))
        for role in names.values():
            drop.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            if drop.fetchone():
                drop.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(role)))


def redis_url():
    """Numbered databases of this test run, so that a running desk is not disturbed."""
    return redis_database(desk.REDIS_URL, redis_databases()[0])


def environment(**changes):
    """What a real server's environment says; None takes a variable away."""
    complete = {
        **{name: value for name, value in os.environ.items() if name not in READ_BY_SETTINGS},
        **database_urls(),
        "REDIS_URL": redis_url(),
        "SECRET_KEY": "only-for-a-test-0123456789-0123456789-0123456789-abc",
        **changes,
    }
    return {name: value for name, value in complete.items() if value is not None}


def run_python(*arguments, seconds=60, **changes):
    """Run Python to its end. The answer has `returncode`, `stdout` and `stderr`."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=CHECKOUT, env=environment(**changes), capture_output=True, text=True,
        timeout=seconds, check=False,
    )  # fmt: skip


@contextlib.contextmanager
def celery(*arguments, log, **changes):
    """A Celery process in a group of its own; the whole group is killed at the end, if the test has not done so."""
    command = [sys.executable, "-m", "celery", "--app", "servicecenter", *arguments]
    with log.open("ab") as file:
        process = spawn(command, log=file, at_parents_death=signal.SIGKILL, cwd=CHECKOUT, env=environment(**changes))
    try:
        yield process
    finally:
        kill_group(process)


def wait_until(condition, *, seconds=30, log=None):
    """Return the first true answer. Fails with the end of the log when none comes in time."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        told = log.read_text()[-2000:] if log and log.exists() else ""
        assert time.monotonic() < deadline, f"{condition.__name__} did not become true in {seconds} s. {told}"
        time.sleep(0.05)
    return answer
