"""The test database is made by the owner; every test then connects as the application (or, marked, the worker)."""

from contextlib import contextmanager

import psycopg2
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.test import TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from servicecenter.local.slots import slot_of_this_run

pytest_plugins = ["servicecenter.local.testing"]  # starts the servers; a skipped test fails

ROLES = {role: settings.DATABASE_ROLE_NAMES[role] for role in ("app", "worker")}


def pytest_configure(config):
    config.addinivalue_line("markers", "role(name): connect as this database role (app, worker)")


@pytest.fixture(scope="session")
def django_db_setup(request, django_db_blocker):
    name = f"test_{settings.DATABASES['default']['NAME']}_{slot_of_this_run()}"
    reuse = request.config.getoption("reuse_db") and not request.config.getoption("create_db")
    with django_db_blocker.unblock():
        _make_database(name, keep=reuse)
        for connection in connections.all():
            connection.close()
            connection.settings_dict["NAME"] = name
        call_command("migrate", verbosity=0, database="owner")
        connections["owner"].close()
    yield
    if not reuse:
        with django_db_blocker.unblock():
            for connection in connections.all():
                connection.close()
            _drop_database(name)


def _make_database(name, *, keep):
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        exists = cursor.fetchone()
        if exists and not keep:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        if not exists or not keep:
            cursor.execute(f'CREATE DATABASE "{name}"')


def _drop_database(name):
    owner = connections["owner"]
    owner.settings_dict["NAME"] = name.removeprefix("test_").rpartition("_")[0]
    with owner.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    marker = item.get_closest_marker("role")
    wanted = ROLES[marker.args[0] if marker else "app"]
    connection = connections["default"]
    if connection.settings_dict["USER"] != wanted:
        connection.close()
        connection.settings_dict["USER"] = wanted


KEPT_TABLES = {"django_migrations", "django_content_type", "auth_permission"}


def _empty_as_owner(test):
    """After a test with real transactions: only the owner may truncate, and history refuses even that."""
    connections["default"].close()
    # A connection of its own: Django lets a test reach only the databases that it names.
    owner = psycopg2.connect(**connections["owner"].get_connection_params())
    with owner, owner.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        tables = [name for (name,) in cursor.fetchall() if name not in KEPT_TABLES]
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        cursor.execute(f"TRUNCATE {', '.join(tables)}")
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
    owner.close()


@pytest.fixture(autouse=True, scope="session")
def empty_as_owner():
    TransactionTestCase._fixture_teardown = _empty_as_owner


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def fresh_scope():
    """A scope that a test widened by its factories ends with the test."""
    from servicecenter.tenancy import scope

    token = scope._current.set(scope.NOTHING)
    yield
    scope._current.reset(token)


@pytest.fixture(autouse=True)
def danish():
    """A request leaves its language behind in the thread; every test begins in the default one."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def rules_are_read_anew(monkeypatch):
    from tickets.sla import terms

    monkeypatch.setattr(terms, "_kept", None)


BELL = 'SELECT COUNT(*) FROM (SELECT "tickets_notice"."id" AS "col1" FROM "tickets_notice"'
FRAME = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "SELECT set_config", BELL)


@pytest.fixture
def asked():
    """A budget of questions to the database; what is the same everywhere does not count: transaction, scope, bell."""

    @contextmanager
    def counted(*, at_most):
        questions = []
        with CaptureQueriesContext(connection) as captured:
            yield questions
        questions += [query["sql"] for query in captured if not query["sql"].startswith(FRAME)]
        assert len(questions) <= at_most, "\n".join(questions)

    return counted
