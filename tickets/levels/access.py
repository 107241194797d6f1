"""Who opens which page of service levels. What is not yours is not there: everything here answers 404.

Totals open for everybody who may read totals anywhere. Closing a month, entering figures and margins are for staff of
the shared centre who hold the right on every municipality.
"""

from functools import wraps

from django.http import Http404

from municipalities.models import Municipality, Person
from servicecenter.tenancy.grants import granted_ids


def reads_totals(view):
    @wraps(view)
    def checked(request, *args, **kwargs):
        if not granted_ids(request.user, Municipality, "read_totals"):
            raise Http404
        return view(request, *args, **kwargs)

    return checked


def leads_all(view):
    """For staff of the shared centre who lead the desk for every municipality."""

    @wraps(view)
    def checked(request, *args, **kwargs):
        if not is_lead_of_all(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return checked


def is_lead_of_all(person: Person) -> bool:
    granted = granted_ids(person, Municipality, "lead_tickets")
    if not granted:
        return False
    members = set(Municipality.objects.members().values_list("pk", flat=True))
    return person.municipality_id not in members and members <= granted
