import pytest
from django.urls import reverse

from municipalities.models import Person
from servicecenter.audit.models import AuditEntry
from tests.factories import make_agent, make_director, make_municipality, make_requester, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def north():
    return make_municipality("Nordby")


@pytest.fixture
def signed_in(client, north):
    client.force_login(make_agent(north, role="administrator", queues=[]))
    return client


def test_the_list_holds_the_people_of_the_managed_municipalities_only(signed_in, north):
    own = make_requester(north, name="Ane Nord")
    make_requester(make_municipality("Sydby"), name="Bo Syd")
    page = signed_in.get(reverse("admin:municipalities_person_changelist"))
    assert list(page.context["cl"].queryset) == [own]


def test_another_municipalitys_person_is_not_there(signed_in):
    foreign = make_requester(make_municipality("Sydby"))
    page = signed_in.get(reverse("admin:municipalities_person_change", args=[foreign.pk]))
    assert page.status_code == 302
    assert page.url == reverse("admin:index")


def test_a_new_person_belongs_to_a_managed_municipality_and_leaves_a_trace(signed_in, north):
    south = make_municipality("Sydby")
    data = {
        "name": "Ny Kollega",
        "email": "ny@nordby.example",
        "language": "da",
        "is_active": "on",
        "municipality": south.pk,
    }
    refused = signed_in.post(reverse("admin:municipalities_person_add"), data)
    assert list(refused.context["errors"].data) != []
    assert not Person.objects.filter(email="ny@nordby.example").exists()

    accepted = signed_in.post(reverse("admin:municipalities_person_add"), data | {"municipality": north.pk})

    assert accepted.status_code == 302
    person = Person.objects.get(email="ny@nordby.example")
    assert (person.municipality, person.has_usable_password()) == (north, False)
    assert AuditEntry.objects.filter(action="person_added", subject="Ny Kollega").count() == 1


def test_nobody_makes_a_superuser_in_the_administration(signed_in, north):
    person = make_requester(north)
    data = {
        "name": person.name,
        "email": person.email,
        "language": "da",
        "is_active": "on",
        "is_superuser": "on",
        "is_staff": "on",
    }
    assert signed_in.post(reverse("admin:municipalities_person_change", args=[person.pk]), data).status_code == 302
    person.refresh_from_db()
    assert (person.is_superuser, person.is_staff) == (False, False)


@pytest.mark.parametrize("make", [make_requester, make_director])
def test_others_do_not_come_in(client, north, make):
    client.force_login(make(north))
    assert client.get(reverse("admin:index")).status_code == 302


def test_the_administration_shows_no_ticket(signed_in, north):
    ticket = make_ticket(north, subject="Fortrolig sag")
    for name in ("admin:index", "admin:municipalities_person_changelist"):
        assert "Fortrolig" not in signed_in.get(reverse(name)).content.decode()
    assert signed_in.get(f"/admin/tickets/ticket/{ticket.pk}/change/").status_code == 404
