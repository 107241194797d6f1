"""Codes as people know them, for the sentences of what the allocation refuses."""

from billing.models import Driver, Pool
from municipalities.models import Municipality


def names_of_codes() -> dict[str, dict[str, str]]:
    """Place of a fault → code → name, as AllocationError.sentence reads it."""
    return {
        "pool": dict(Pool.objects.values_list("code", "name")),
        "member": dict(Municipality.objects.values_list("code", "name")),
        "driver": dict(Driver.objects.values_list("code", "name")),
    }
