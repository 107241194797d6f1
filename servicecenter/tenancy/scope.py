"""Whose data exist right now: the scope that row-level security reads.

The scope is two settings of the running transaction: `app.municipalities` (the tenants whose rows exist)
and `app.user` (the person reading, whose own row exists before the scope is known). Both are set with
`set_config(..., is_local => true)`, so they end with the transaction and survive a transaction pooler.
An empty scope shows nothing.
"""

import contextlib
import contextvars
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction


@dataclass(frozen=True)
class Scope:
    municipalities: tuple[int, ...] = ()
    person: int | None = None

    def as_settings(self) -> tuple[str, str]:
        ids = ",".join(str(int(pk)) for pk in self.municipalities)
        return ("{" + ids + "}" if ids else "", "" if self.person is None else str(int(self.person)))


NOTHING = Scope()
_current: contextvars.ContextVar[Scope] = contextvars.ContextVar("tenant_scope", default=NOTHING)


def current_scope() -> Scope:
    return _current.get()


@contextlib.contextmanager
def tenant_scope(*municipalities: int, person: int | None = None) -> Iterator[None]:
    """Open a transaction in which only these municipalities exist. Nests; the outer scope returns afterwards."""
    before = _current.get()
    with transaction.atomic():
        enter(Scope(tuple(sorted({int(pk) for pk in municipalities})), person))
        try:
            yield
        finally:
            _current.set(before)
        # A rolled back savepoint has taken the settings with it; a released one would keep them.
        if not connection.needs_rollback:
            _apply(before)


def enter(scope: Scope) -> None:
    """Exchange the scope of the running transaction: sign-in learns who reads only after it began."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A tenant scope lives inside a transaction.")
    _current.set(scope)
    _apply(scope)


def _apply(scope: Scope) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.municipalities', %s, true), set_config('app.user', %s, true)", scope.as_settings()
        )
