"""Refuse to run with a database role that row-level security does not bind, or without what production must have."""

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connection


def escapes(connection=connection) -> str | None:
    """Why the connected role would see every tenant, or None when it is bound."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        name, is_superuser, bypasses = cursor.fetchone()
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
            " AND pg_has_role(current_user, relowner, 'MEMBER')"
        )
        owned = cursor.fetchone()[0]
    reasons = [
        text
        for wrong, text in (
            (is_superuser, "is a superuser"),
            (bypasses, "has BYPASSRLS"),
            (owned, f"owns or may become owner of {owned} tables"),
        )
        if wrong
    ]
    return f"The database role {name} {' and '.join(reasons)}." if reasons else None


def refuse_escaping_role() -> None:
    """Called when a server process starts. Raises ImproperlyConfigured in one sentence that says what to do."""
    if reason := escapes():
        raise ImproperlyConfigured(f"{reason} Point DATABASE_URL at the application role (manage.py create_roles).")


def register_all():
    register(role_is_bound, Tags.security)
    register(production_is_safe, Tags.security, deploy=True)


def role_is_bound(app_configs, databases=None, **kwargs):
    reason = escapes() if databases and settings.DATABASE_ROLE != "owner" else None
    hint = "Point DATABASE_URL at the application role; manage.py create_roles makes it."
    return [Error(reason, hint=hint, id="tenancy.E001")] if reason else []


def production_is_safe(app_configs, **kwargs):
    found = []
    if settings.SECRET_KEY == settings.LOCAL_SECRET_KEY:
        found.append(
            Error("SECRET_KEY is the local one.", hint="Set SECRET_KEY to 50 random characters.", id="tenancy.E002")
        )
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error("ALLOWED_HOSTS is open.", hint="Set ALLOWED_HOSTS to the desk's host name.", id="tenancy.E003")
        )
    if not settings.SESSION_COOKIE_SECURE:
        found.append(Error("Cookies travel without HTTPS.", hint="Set HTTPS=1 behind a TLS proxy.", id="tenancy.E004"))
    if role := escapes():
        found.append(Error(role, hint="Run manage.py create_roles.", id="tenancy.E001"))
    return found
