from django.contrib.auth import SESSION_KEY

from servicecenter.tenancy.grants import every_granted_id
from servicecenter.tenancy.querysets import tenant_model
from servicecenter.tenancy.scope import Scope, enter, tenant_scope


def scope_of(person) -> Scope:
    """The own municipality and those on which something is granted; nobody and the disabled see nothing."""
    if not (person.is_authenticated and person.is_active):
        return Scope()
    ids = {person.municipality_id} | every_granted_id(person, tenant_model())
    return Scope(tuple(sorted(ids)), person.pk)


class TenancyMiddleware:
    """One transaction per request, in which only what the reader is granted exists.

    Order: session → `app.user` → the person's own row → grants → scope. `ATOMIC_REQUESTS` stays on as well, because an
    exception in a view is already a response when it arrives here.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with tenant_scope(person=_session_person(request)):
            enter(scope_of(request.user))
            return self.get_response(request)


def _session_person(request) -> int | None:
    value = request.session.get(SESSION_KEY)
    return int(value) if value and str(value).isdigit() else None
