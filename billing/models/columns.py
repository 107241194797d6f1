"""Columns and conditions that several tables of the bill share."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from municipalities.models import Municipality


def actor(**options):
    """Who did it. A plain key: staff of the shared centre act on every municipality's rows."""
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", **options)


def owner():
    return models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")


FIRST_OF_MONTH = Q(month__day=1)
ENDS_AFTER_START = Q(valid_to=None) | Q(valid_to__gt=F("valid_from"))
