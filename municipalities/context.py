from django.utils.functional import SimpleLazyObject

from municipalities.models import Municipality
from servicecenter.tenancy.grants import granted_ids


def desk(request):
    """Who runs the desk, for headers and footers, and what the reader may do, for menus."""
    return {"desk": SimpleLazyObject(_desk), "can": Rights(getattr(request, "user", None))}


def _desk():
    everyone = list(Municipality.objects.order_by("code"))
    operator = next((m for m in everyone if m.is_operator), None)
    names = sorted(m.name.removesuffix(" Kommune") for m in everyone if not m.is_operator)
    return {
        "name": operator.name if operator else "Servicecenter",
        "members": names,
        "phone": operator.phone if operator else "",
        "opening_hours": operator.opening_hours if operator else "",
    }


class Rights:
    """`can.work_tickets` in a template: is the permission granted on any municipality?"""

    def __init__(self, person):
        self.person = person

    def __getitem__(self, permission: str) -> bool:
        if self.person is None or not self.person.is_authenticated:
            return False
        return bool(granted_ids(self.person, Municipality, permission))
