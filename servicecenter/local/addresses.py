"""The addresses of the embedded servers, and the forms of an address that each library wants."""

from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit

from servicecenter.local.places import CHECKOUT, places

DATABASE = "servicecenter"
PORT = 5432
ROLES = {
    "DATABASE_URL": "servicecenter_app",
    "DATABASE_WORKER_URL": "servicecenter_worker",
    "DATABASE_OWNER_URL": "servicecenter_owner",
    "DATABASE_BACKUP_URL": "servicecenter_backup",
}


def embedded_urls(checkout: Path = CHECKOUT) -> dict[str, str]:
    """What the environment would say if it named the embedded servers of this checkout. Starts nothing."""
    urls = {name: _postgres_url(checkout, role, DATABASE) for name, role in ROLES.items()}
    urls["REDIS_URL"] = "unix://" + quote(str(places(checkout).sockets / "redis.sock")) + "?db=0"
    return urls


def superuser_url(checkout: Path = CHECKOUT) -> str:
    """PostgreSQL's own superuser: for making roles at start, never for the application."""
    return _postgres_url(checkout, "postgres", "postgres")


def redis_database(url: str, number: int) -> str:
    """The same Redis, another of its numbered databases: the queue keeps 0, the cache may be emptied alone."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?{urlencode({'db': number})}"  # urlunsplit would drop the two slashes
    return urlunsplit(parts._replace(path=f"/{number}"))


def celery_broker(url: str) -> str:
    """Celery knows Redis on a socket by another scheme than the Redis client does."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    number = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={number}"


def _postgres_url(checkout: Path, role: str, database: str) -> str:
    folder = quote(str(places(checkout).sockets), safe="/")
    return f"postgresql://{role}@:{PORT}/{database}?host={folder}"
