"""session → app.user → the person's row → grants → scope."""

import pytest
from django.contrib.auth.models import Permission
from guardian.models import UserObjectPermission

from municipalities.models import Municipality, Person
from servicecenter.tenancy.grants import granted_ids
from servicecenter.tenancy.middleware import scope_of
from tests.factories import (
    make_agent,
    make_director,
    make_municipality,
    make_operator,
    make_queue,
    make_requester,
    make_ticket,
)
from tickets.models import Queue, Ticket

pytestmark = pytest.mark.django_db


def test_an_employee_and_a_director_see_their_own_municipality():
    north = make_municipality("Nordby")
    make_municipality("Sydby")
    for person in (make_requester(north), make_director(north)):
        assert scope_of(person).municipalities == (north.pk,)


def test_an_agent_sees_the_granted_municipalities_and_the_own_one():
    north, south = make_municipality("Nordby"), make_municipality("Sydby")
    make_municipality("Vestby")
    agent = make_agent(north, south)
    assert scope_of(agent).municipalities == tuple(sorted((north.pk, south.pk, make_operator().pk)))


def test_an_inactive_person_sees_nothing():
    person = make_requester(make_municipality(), is_active=False)
    assert scope_of(person).municipalities == ()


def test_work_needs_the_grant_on_the_municipality_and_on_the_queue():
    north, south = make_municipality("Nordby"), make_municipality("Sydby")
    ticket = make_ticket(north)
    make_ticket(south)
    assert list(Ticket.objects.workable_by(make_agent(north))) == [ticket]
    assert not Ticket.objects.workable_by(make_agent(north, queues=[make_queue("other")])).exists()
    assert not Ticket.objects.workable_by(make_agent(north, queues=[])).exists()


def test_a_model_wide_permission_and_the_superuser_flag_open_nothing():
    north, south = make_municipality("Nordby"), make_municipality("Sydby")
    person = make_requester(north, is_superuser=True, is_staff=True)
    person.user_permissions.set(Permission.objects.all())
    person = Person.objects.get(pk=person.pk)
    make_ticket(south)
    assert scope_of(person).municipalities == (north.pk,)
    assert granted_ids(person, Municipality, "work_tickets") == frozenset()
    assert not Ticket.objects.workable_by(person).exists()


def test_grants_take_at_most_three_queries(django_assert_num_queries):
    agent = make_agent(make_municipality("Nordby"), make_municipality("Sydby"))
    agent = Person.objects.get(pk=agent.pk)
    with django_assert_num_queries(2):
        scope_of(agent)
        for permission in ("work_tickets", "lead_tickets", "read_totals"):
            granted_ids(agent, Municipality, permission)
        granted_ids(agent, Queue, "work_queue")


def test_guardians_anonymous_user_is_switched_off():
    assert not Person.objects.filter(email__icontains="anonymous").exists()
    assert not UserObjectPermission.objects.exists()


def test_an_administrator_reads_no_ticket_text():
    north = make_municipality("Nordby")
    make_ticket(north)
    administrator = make_agent(north, role="administrator", queues=[])
    assert not Ticket.objects.workable_by(administrator).exists()
    assert not Ticket.objects.visible_to(administrator).exists()
