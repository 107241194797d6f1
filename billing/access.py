"""Who opens which page of billing. What is not yours is not there: everything here answers 404.

Totals open for everybody who may read totals anywhere; entries and exports for the municipality they were granted on;
importing, calculating and approving for staff of the shared centre who hold the right on every municipality.
"""

from functools import wraps

from django.http import Http404
from django.shortcuts import get_object_or_404

from municipalities.models import Municipality, Person
from servicecenter.tenancy.grants import granted_ids


def reads_totals(view):
    @wraps(view)
    def checked(request, *args, **kwargs):
        if not granted_ids(request.user, Municipality, "read_totals"):
            raise Http404
        return view(request, *args, **kwargs)

    return checked


def reads_entries(view):
    """For those who may read the entries of some municipality; the view finds among them."""

    @wraps(view)
    def checked(request, *args, **kwargs):
        if not granted_ids(request.user, Municipality, "read_entries"):
            raise Http404
        return view(request, *args, **kwargs)

    return checked


def joint_finance(permission):
    """For staff of the shared centre who hold `permission` on every municipality."""

    def decorate(view):
        @wraps(view)
        def checked(request, *args, **kwargs):
            if not is_joint_finance(request.user, permission):
                raise Http404
            return view(request, *args, **kwargs)

        return checked

    return decorate


def is_joint_finance(person: Person, permission: str) -> bool:
    granted = granted_ids(person, Municipality, permission)
    if not granted:
        return False
    kinds = dict(Municipality.objects.values_list("pk", "kind"))
    members = {pk for pk, kind in kinds.items() if kind == Municipality.Kind.MUNICIPALITY}
    return kinds.get(person.municipality_id) == Municipality.Kind.OPERATOR and members <= granted


def may_read_entries(person: Person, municipality: Municipality) -> bool:
    return municipality.pk in granted_ids(person, Municipality, "read_entries")


def member_with_entries(person: Person, slug: str) -> Municipality:
    """The municipality whose entries the person may read, or 404."""
    granted = granted_ids(person, Municipality, "read_entries")
    return get_object_or_404(Municipality.objects.members().filter(pk__in=granted), slug=slug)
