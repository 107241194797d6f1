"""The two commands on servers that DATABASE_URL and REDIS_URL name, instead of the embedded ones."""

import os

import psycopg2

from servicecenter.local.processes import CannotStart
from servicecenter.tenancy.roles import create_roles

# What a real desk must be told and this machine alone can do without.
ON_THIS_MACHINE = {
    "SECRET_KEY": "local-only-0123456789-not-for-a-real-server-abcdefghij",
    "ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]",
    "HTTPS": "0",
}


def are_named() -> bool:
    return "DATABASE_URL" in os.environ


def settle_on_this_machine() -> None:
    for name, value in ON_THIS_MACHINE.items():
        os.environ.setdefault(name, value)


def make_ready(*, for_tests: bool = False) -> None:
    """The rest of the environment; with a superuser's DATABASE_ADMIN_URL also the roles and the database.

    Raises CannotStart when an address is missing, cannot be meant or does not answer.
    """
    settle_on_this_machine()
    if admin := os.environ.get("DATABASE_ADMIN_URL"):
        try:
            create_roles(admin, os.environ, for_tests=for_tests)
        except KeyError as error:
            raise CannotStart(f"DATABASE_ADMIN_URL is set, so set {error.args[0]} too.") from error
        except (ValueError, psycopg2.Error) as error:
            raise CannotStart(str(error).strip()) from error
