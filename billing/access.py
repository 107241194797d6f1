"""Who opens which page of billing. What is not yours is not there: everything here answers 404.

Totals open for everybody who may read totals anywhere; entries and exports for the municipality they were granted on;
importing, calculating and approving for staff of the shared centre who hold the right on every municipality.
"""

from django.shortcuts import get_object_or_404

from municipalities.access import held_for_all as joint_finance
from municipalities.access import held_somewhere, reads_totals
from municipalities.access import holds_for_all as is_joint_finance
from municipalities.models import Municipality, Person
from servicecenter.tenancy.grants import granted_ids

__all__ = [
    "is_joint_finance", "joint_finance", "may_read_entries", "member_with_entries", "reads_entries", "reads_totals",
]  # fmt: skip

reads_entries = held_somewhere("read_entries")


def may_read_entries(person: Person, municipality: Municipality) -> bool:
    return municipality.pk in granted_ids(person, Municipality, "read_entries")


def member_with_entries(person: Person, slug: str) -> Municipality:
    """The municipality whose entries the person may read, or 404."""
    granted = granted_ids(person, Municipality, "read_entries")
    return get_object_or_404(Municipality.objects.members().filter(pk__in=granted), slug=slug)
