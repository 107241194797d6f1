"""The roles of a real server, made here on the embedded one under names of their own."""

import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from psycopg2 import sql

from servicecenter.local.places import CHECKOUT
from servicecenter.local.slots import slot_of_this_run
from servicecenter.tenancy.roles import APP, BACKUP, OWNER, WORKER, create_roles
from tests.processes import cursor, new_roles, superuser


def rows(url, query, *values):
    with cursor(url) as ask:
        ask.execute(query, values)
        return ask.fetchall()


@pytest.fixture
def admin():
    return superuser()


@pytest.fixture
def urls():
    with new_roles(f"roles_test_{slot_of_this_run()}") as urls:
        yield urls


def role_of(url):
    return urlsplit(url).username


def test_each_role_has_the_attributes_that_keep_municipalities_apart(admin, urls):
    create_roles(admin, urls)

    query = """SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication, rolcanlogin
               FROM pg_roles WHERE rolname = %s"""
    found = {name: rows(admin, query, role_of(url))[0] for name, url in urls.items()}
    assert found == {
        OWNER: (False, True, False, False, False, True),
        APP: (False, False, False, False, False, True),
        WORKER: (False, False, False, False, False, True),
        BACKUP: (False, True, False, False, False, True),
    }


def test_only_for_tests_may_the_owner_make_databases(admin, urls):
    create_roles(admin, urls, for_tests=True)
    may = "SELECT rolcreatedb FROM pg_roles WHERE rolname = %s"
    assert rows(admin, may, role_of(urls[OWNER])) == [(True,)]

    create_roles(admin, urls)
    assert rows(admin, may, role_of(urls[OWNER])) == [(False,)]


def test_the_owner_alone_makes_tables(admin, urls):
    create_roles(admin, urls)

    with cursor(urls[OWNER]) as owner:
        owner.execute("CREATE TABLE one AS SELECT 1 AS number")
    for name in (APP, WORKER, BACKUP):
        with cursor(urls[name]) as other, pytest.raises(psycopg2.Error, match=r"permission denied|read-only"):
            other.execute("CREATE TABLE two (number int)")
    assert rows(urls[BACKUP], "SELECT number FROM one") == [(1,)]


def test_the_backup_role_reads_everything_and_writes_nothing(admin, urls):
    create_roles(admin, urls)
    with cursor(urls[OWNER]) as owner:
        owner.execute("CREATE TABLE secret (number int); ALTER TABLE secret ENABLE ROW LEVEL SECURITY")
        owner.execute("INSERT INTO secret VALUES (7)")

    assert rows(urls[BACKUP], "SELECT number FROM secret") == [(7,)]
    with cursor(urls[BACKUP]) as backup:
        with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
            backup.execute("INSERT INTO secret VALUES (8)")
        backup.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            backup.execute("INSERT INTO secret VALUES (8)")


def test_the_worker_finds_its_due_clocks_by_their_index(admin, urls):
    create_roles(admin, urls)

    assert rows(urls[WORKER], "SHOW random_page_cost") == [("1.1",)]
    assert rows(urls[APP], "SHOW random_page_cost") == [("4",)]


def test_nobody_who_serves_requests_can_become_the_owner_even_if_somebody_granted_it(admin, urls):
    create_roles(admin, urls)
    owner, app = sql.Identifier(role_of(urls[OWNER])), sql.Identifier(role_of(urls[APP]))
    with cursor(admin) as grant:
        grant.execute(sql.SQL("GRANT {} TO {}").format(owner, app))

    create_roles(admin, urls)

    with cursor(urls[APP]) as ask, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask.execute(sql.SQL("SET ROLE {}").format(owner))


def test_running_again_changes_nothing_but_a_new_password(admin, urls):
    create_roles(admin, urls)
    secret = "SELECT rolpassword FROM pg_authid WHERE rolname = %s"
    before = rows(admin, secret, role_of(urls[APP]))[0][0]
    with cursor(urls[OWNER]) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 1 AS number")

    changed = urlsplit(urls[APP])
    host = changed.netloc.rpartition("@")[2]
    new = urlunsplit(changed._replace(netloc=f"{changed.username}:other@{host}"))
    create_roles(admin, urls | {APP: new})

    assert before.startswith("SCRAM-SHA-256$")
    assert rows(admin, secret, role_of(urls[APP]))[0][0] != before
    assert rows(urls[OWNER], "SELECT number FROM kept") == [(1,)]


def test_strangers_cannot_enter_the_database(admin, urls):
    create_roles(admin, urls)
    database = urlsplit(urls[OWNER]).path[1:]

    assert rows(
        admin,
        "SELECT datacl::text LIKE '%%{=%%' OR datacl::text LIKE '%%,=%%' FROM pg_database WHERE datname = %s",
        database,
    ) == [(False,)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda urls: {APP: urls[OWNER]}, "must name four different roles"),
        (lambda urls: {APP: urlunsplit(urlsplit(urls[APP])._replace(path="/other"))}, "must name the same database"),
        (lambda urls: {APP: "postgresql://host.example/db"}, "DATABASE_URL must read postgresql://role:password@"),
        (
            lambda urls: {APP: "postgresql://app:secret@host.example"},
            "DATABASE_URL must read postgresql://role:password@",
        ),
    ],
)
def test_addresses_that_cannot_be_meant_are_refused_and_nothing_is_made(admin, urls, change, words):
    with pytest.raises(ValueError, match=words):
        create_roles(admin, urls | change(urls))

    assert rows(admin, "SELECT 1 FROM pg_roles WHERE rolname = %s", role_of(urls[OWNER])) == []


def test_the_command_makes_them_and_says_what_comes_next(admin, urls):
    result = command(urls, "--admin-url", admin)

    assert (result.returncode, result.stderr) == (0, "")
    assert "The four roles and the database are in place; next: manage.py migrate." in result.stdout
    assert rows(urls[OWNER], "SELECT current_database()") == [(urlsplit(urls[OWNER]).path[1:],)]


def test_the_command_tells_what_is_missing(admin, urls):
    assert "Name a superuser: --admin-url" in command(urls).stderr
    unreachable = "postgresql://postgres@127.0.0.1:1/postgres"
    refused = command(urls, "--admin-url", unreachable)
    assert refused.returncode == 1
    assert "Connection refused" in refused.stderr
    assert "Traceback" not in refused.stderr


def command(urls, *options):
    outside = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
    environment = outside | urls | {"REDIS_URL": "redis://127.0.0.1:1/0", "SECRET_KEY": "x" * 60}
    environment["DJANGO_SETTINGS_MODULE"] = "servicecenter.settings"
    return subprocess.run(
        [sys.executable, "manage.py", "create_roles", *options],
        cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
