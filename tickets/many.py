"""One verb for many tickets: each on its own, so that what a rule forbids for one leaves the others done."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import transaction

from servicecenter.errors import RuleBroken
from tickets.models import Ticket


@dataclass
class Outcome:
    done: list[Ticket] = field(default_factory=list)
    refused: list[tuple[Ticket, str]] = field(default_factory=list)  # each with what the rule says


def each(tickets: Iterable[Ticket], verb: Callable[[Ticket], object]) -> Outcome:
    """Do the verb to every ticket, in the order of their ids: two people with the same tickets do not deadlock."""
    outcome = Outcome()
    for ticket in sorted(tickets, key=lambda ticket: ticket.pk):
        try:
            with transaction.atomic():
                verb(ticket)
        except RuleBroken as broken:
            outcome.refused.append((ticket, str(broken.message)))
        else:
            outcome.done.append(ticket)
    return outcome
