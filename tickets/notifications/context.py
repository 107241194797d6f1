from django.utils.functional import SimpleLazyObject

from tickets.notifications.models import Notice

MOST_COUNTED = 100


def bell(request):
    """How many notices the reader has not read; asked only by pages that show it, and counted only up to a hundred."""
    person = getattr(request, "user", None)
    return {"unread_notices": SimpleLazyObject(lambda: _unread(person))}


def _unread(person) -> int:
    if person is None or not person.is_authenticated:
        return 0
    return Notice.objects.of(person).unread().order_by()[:MOST_COUNTED].count()
