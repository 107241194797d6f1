"""The bench's own database on the server of the desk, and the role in which a measurement connects."""

import contextlib

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from servicecenter import settings as desk

NAME = "bench_servicecenter"


@contextlib.contextmanager
def bench_database():
    usual = settings.DATABASES["owner"]["NAME"]
    _on_server(f'DROP DATABASE IF EXISTS "{NAME}" WITH (FORCE)')
    _on_server(f'CREATE DATABASE "{NAME}"')
    _point_at(NAME)
    try:
        call_command("migrate", verbosity=0, database="owner")
        yield
    finally:
        _point_at(usual)
        _on_server(f'DROP DATABASE "{NAME}" WITH (FORCE)')


def connect_as(role):
    """From here on the default connection is this role's: app, worker or owner."""
    connections["default"].close()
    wanted = desk._database(role)
    connections["default"].settings_dict.update({name: wanted[name] for name in ("USER", "PASSWORD")})


def _on_server(statement):
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
    connections["owner"].close()


def _point_at(name):
    for connection in connections.all():
        connection.close()
        connection.settings_dict["NAME"] = name
