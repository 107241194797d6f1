"""The four database roles, made on a server by its superuser.

owner   owns the database and its tables, sees all rows (BYPASSRLS); migrations and bulk loads only
app     the web; owns nothing, sees the rows of its scope
worker  as app, with policies of its own for the timers and the outbox
backup  sees all rows, writes nothing
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg2
from psycopg2 import extensions, sql

OWNER, APP, WORKER, BACKUP = "DATABASE_OWNER_URL", "DATABASE_URL", "DATABASE_WORKER_URL", "DATABASE_BACKUP_URL"

ATTRIBUTES = {
    OWNER: "BYPASSRLS",
    APP: "NOBYPASSRLS NOCREATEDB",
    WORKER: "NOBYPASSRLS NOCREATEDB",
    BACKUP: "BYPASSRLS NOCREATEDB",
}
ATTRIBUTES_OF_ALL = "LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION"


@dataclass(frozen=True)
class Login:
    """Who an address of a database lets in, and where."""

    role: str
    password: str
    database: str


def create_roles(admin_url: str, urls: Mapping[str, str], *, for_tests: bool = False) -> None:
    """Make the roles that the four addresses name, and the database; run again it only brings them up to date.

    `for_tests` lets the owner create databases, which the test run needs. Raises ValueError when the addresses do not
    name four roles and one database, and psycopg2.Error when the server refuses.
    """
    logins = _logins(urls)
    database = logins[OWNER].database
    with _cursor(admin_url) as cursor:
        for name, login in logins.items():
            _create_role(cursor, login, ATTRIBUTES[name])
        may = sql.SQL("CREATEDB" if for_tests else "NOCREATEDB")
        cursor.execute(sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(logins[OWNER].role), may))
        _make_read_only(cursor, logins[BACKUP].role)
        _make_read_by_index(cursor, logins[WORKER].role)
        _leave_owner(cursor, logins)
        _create_database(cursor, database, owner=logins[OWNER].role)
        _let_in_only(cursor, database, [login.role for login in logins.values()])
    with _cursor(_with_database(admin_url, database)) as cursor:
        _close_schema(cursor, owner=logins[OWNER].role)


def _logins(urls: Mapping[str, str]) -> dict[str, Login]:
    logins = {name: _login(name, urls[name]) for name in ATTRIBUTES}
    if len({login.role for login in logins.values()}) < len(logins):
        raise ValueError(f"{', '.join(logins)} must name four different roles.")
    if len({login.database for login in logins.values()}) > 1:
        raise ValueError(f"{', '.join(logins)} must name the same database.")
    return logins


def _login(name: str, url: str) -> Login:
    parts = urlsplit(url)
    database = unquote(parts.path.removeprefix("/"))
    if not parts.username or not database:
        raise ValueError(f"{name} must read postgresql://role:password@host:port/database.")
    return Login(role=unquote(parts.username), password=unquote(parts.password or ""), database=database)


def _create_role(cursor: extensions.cursor, login: Login, attributes: str) -> None:
    role = sql.Identifier(login.role)
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login.role])
    if not cursor.fetchone():
        cursor.execute(sql.SQL("CREATE ROLE {}").format(role))
    cursor.execute(sql.SQL("ALTER ROLE {} " + ATTRIBUTES_OF_ALL + " " + attributes).format(role))
    if login.password:
        # Hashed here, so that the password itself reaches no log of the server.
        secret = extensions.encrypt_password(login.password, login.role, cursor.connection, "scram-sha-256")
        cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(secret)))


def _make_read_only(cursor: extensions.cursor, role: str) -> None:
    cursor.execute(sql.SQL("GRANT pg_read_all_data TO {}").format(sql.Identifier(role)))
    cursor.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(sql.Identifier(role)))


def _make_read_by_index(cursor: extensions.cursor, role: str) -> None:
    """The worker's thousand due clocks lie anywhere among the running ones.

    By the default, made for turning disks, PostgreSQL would read all clocks of a middling desk for each batch.
    """
    cursor.execute(sql.SQL("ALTER ROLE {} SET random_page_cost = 1.1").format(sql.Identifier(role)))


def _leave_owner(cursor: extensions.cursor, logins: Mapping[str, Login]) -> None:
    """A member of the owner could become it and see every row: nobody who serves requests may be one."""
    owner = logins[OWNER].role
    for name in (APP, WORKER, BACKUP):
        role = logins[name].role
        if _is_member(cursor, role, owner):
            cursor.execute(sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(owner), sql.Identifier(role)))
        if _is_member(cursor, role, owner):
            raise ValueError(f"The role {role} can become {owner}: take that membership away first.")


def _is_member(cursor: extensions.cursor, role: str, of: str) -> bool:
    cursor.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", [role, of])
    return bool(cursor.fetchone()[0])


def _create_database(cursor: extensions.cursor, database: str, *, owner: str) -> None:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
    if not cursor.fetchone():
        create = sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0")
        cursor.execute(create.format(sql.Identifier(database), sql.Identifier(owner)))
    change = sql.SQL("ALTER DATABASE {} OWNER TO {}")
    cursor.execute(change.format(sql.Identifier(database), sql.Identifier(owner)))


def _let_in_only(cursor: extensions.cursor, database: str, roles: list[str]) -> None:
    name = sql.Identifier(database)
    cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    for role in roles:
        cursor.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(role)))


def _close_schema(cursor: extensions.cursor, *, owner: str) -> None:
    cursor.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    cursor.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(owner)))


def _with_database(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


@contextmanager
def _cursor(url: str) -> Iterator[extensions.cursor]:
    """Outside a transaction, which is where a database can be made."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
