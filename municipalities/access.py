"""Who opens a page of reports. What is not yours is not there: everything here answers 404."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404

from municipalities.models import Municipality, Person
from servicecenter.tenancy.grants import granted_ids


def held_somewhere(permission: str) -> Callable:
    """For those who hold `permission` on some municipality; the view finds among them."""
    return _only(lambda person: bool(granted_ids(person, Municipality, permission)))


def held_for_all(permission: str) -> Callable:
    """For staff of the shared centre who hold `permission` on every municipality."""
    return _only(lambda person: holds_for_all(person, permission))


def holds_for_all(person: Person, permission: str) -> bool:
    granted = granted_ids(person, Municipality, permission)
    if not granted:
        return False
    kinds = dict(Municipality.objects.values_list("pk", "kind"))
    members = {pk for pk, kind in kinds.items() if kind == Municipality.Kind.MUNICIPALITY}
    return kinds.get(person.municipality_id) == Municipality.Kind.OPERATOR and members <= granted


def _only(may: Callable[[Person], bool]) -> Callable:
    def decorate(view):
        @wraps(view)
        def checked(request, *args, **kwargs):
            if not may(request.user):
                raise Http404
            return view(request, *args, **kwargs)

        return checked

    return decorate


reads_totals = held_somewhere("read_totals")  # totals open for everybody who may read totals anywhere
