"""Who opens the pages of joint decisions. What is not yours is not there: everything here answers 404."""

from functools import wraps

from django.http import Http404

from municipalities.models import Municipality
from servicecenter.tenancy.grants import granted_ids

READERS = ("read_totals", "decide_proposals", "propose_agreements", "propose_keys")


def may_take_part(person) -> bool:
    return any(granted_ids(person, Municipality, permission) for permission in READERS)


def takes_part(view):
    """For directors, leads, finance and administrators: who proposes, decides, or reads totals."""

    @wraps(view)
    def checked(request, *args, **kwargs):
        if not may_take_part(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return checked


def municipality_to_decide_for(person) -> Municipality | None:
    """The own municipality of somebody who decides for it."""
    may = person.municipality_id in granted_ids(person, Municipality, "decide_proposals")
    return person.municipality if may else None
