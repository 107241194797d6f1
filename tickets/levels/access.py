"""Who opens which page of service levels: totals for directors, closing and entering for who leads for everybody."""

from municipalities.access import held_for_all, holds_for_all
from municipalities.models import Person

leads_all = held_for_all("lead_tickets")


def is_lead_of_all(person: Person) -> bool:
    return holds_for_all(person, "lead_tickets")
