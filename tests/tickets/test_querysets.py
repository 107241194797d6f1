import pytest

from tests.factories import make_agent, make_director, make_municipality, make_requester, make_ticket
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def test_an_employee_sees_own_tickets_and_those_filed_on_ones_behalf():
    north = make_municipality("Nordby")
    ane, bo = make_requester(north), make_requester(north)
    own, on_behalf = make_ticket(requester=ane), make_ticket(requester=bo, on_behalf_of=ane)
    make_ticket(requester=bo)
    assert set(Ticket.objects.visible_to(ane)) == {own, on_behalf}


def test_a_department_shares_its_tickets_only_where_the_municipality_says_so():
    north = make_municipality("Nordby")
    ane, bo = (make_requester(north, department="Nordby|Borgerservice") for _ in range(2))
    ticket = make_ticket(requester=bo)
    make_ticket(requester=make_requester(north, department="Nordby|Skole"))
    assert list(Ticket.objects.visible_to(ane)) == []
    north.shares_department_tickets = True
    north.save()
    ane.municipality.refresh_from_db()
    assert list(Ticket.objects.visible_to(ane)) == [ticket]


def test_an_empty_department_is_shared_with_nobody():
    north = make_municipality("Nordby", shares_department_tickets=True)
    make_ticket(requester=make_requester(north))
    assert list(Ticket.objects.visible_to(make_requester(north))) == []


def test_a_director_lists_the_own_municipality_and_works_nothing():
    north, south = make_municipality("Nordby"), make_municipality("Sydby")
    ticket = make_ticket(north)
    make_ticket(south)
    director = make_director(north)
    assert list(Ticket.objects.listed_for(director)) == [ticket]
    assert list(Ticket.objects.workable_by(director)) == []


def test_the_queue_sorts_what_runs_out_first_first():
    north = make_municipality("Nordby")
    requester = make_requester(north)
    calm, urgent = make_ticket(requester=requester, urgency=3), make_ticket(requester=requester, impact=1, urgency=1)
    assert list(Ticket.objects.workable_by(make_agent(north)).active().by_next_due()) == [urgent, calm]
