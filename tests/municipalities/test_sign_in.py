import re

import pytest
from django.urls import reverse

from municipalities.models import Person
from tests.factories import make_agent, make_director, make_municipality, make_requester

pytestmark = pytest.mark.django_db
PASSWORD = "korrekt-hest-batteri"
LOGIN = reverse("municipalities:login")


def sign_in(client, person, municipality=None, password=PASSWORD, **data):
    slug = (municipality or person.municipality).slug
    return client.post(LOGIN, {"municipality": slug, "email": person.email, "password": password, **data})


def reader(client):
    return client.session.get("_auth_user_id")


def test_the_page_offers_every_municipality_and_the_shared_centre(client):
    make_municipality("Nordby")
    make_municipality("Driften", kind="operator")
    page = client.get(LOGIN)
    assert page.status_code == 200
    assert re.findall(r'name="municipality" value="([a-z]+)"', page.content.decode()) == ["nordby", "driften"]


def test_an_employee_signs_in_and_lands_on_the_portal(client):
    person = make_requester(make_municipality(), password=PASSWORD)
    response = sign_in(client, person)
    assert (response.status_code, response["Location"]) == (302, reverse("tickets:home"))
    assert reader(client) == str(person.pk)
    assert client.get(response["Location"]).status_code == 200


def test_an_agent_lands_in_the_console(client):
    agent = make_agent(make_municipality(), password=PASSWORD)
    assert sign_in(client, agent)["Location"] == reverse("tickets:console")


def test_the_wanted_page_follows_but_only_on_this_host(client):
    person = make_requester(make_municipality(), password=PASSWORD)
    assert sign_in(client, person, next="/sager/")["Location"] == "/sager/"
    client.logout()
    assert sign_in(client, person, next="https://elsewhere.example/")["Location"] == reverse("tickets:home")


@pytest.mark.parametrize(
    "change",
    [{"password": "forkert"}, {"email": "nobody@nordby.example"}, {"municipality": "sydby"}],
    ids=["wrong password", "unknown address", "wrong municipality"],
)
def test_a_refusal_never_says_what_was_wrong(client, change):
    person = make_requester(make_municipality("Nordby"), password=PASSWORD)
    make_municipality("Sydby")
    data = {"municipality": "nordby", "email": person.email, "password": PASSWORD} | change
    response = client.post(LOGIN, data)
    assert response.status_code == 422
    assert len(response.context["form"].non_field_errors()) == 1
    assert list(response.context["form"].errors) == ["__all__"]
    assert reader(client) is None


def test_the_same_address_in_two_municipalities_is_two_people(client):
    nordby, sydby = make_municipality("Nordby"), make_municipality("Sydby")
    mail_address = "anna@it.example"
    Person.objects.create_user(mail_address, PASSWORD, municipality=nordby, name="Anna Nord")
    south = Person.objects.create_user(mail_address, PASSWORD + "2", municipality=sydby, name="Anna Syd")
    assert sign_in(client, south, municipality=nordby, password=PASSWORD + "2").status_code == 422
    assert sign_in(client, south, password=PASSWORD + "2").status_code == 302
    assert reader(client) == str(south.pk)


def test_somebody_who_left_is_refused_and_the_open_session_ends(client):
    person = make_requester(make_municipality(), password=PASSWORD)
    sign_in(client, person)
    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert client.get(reverse("tickets:home")).status_code == 302
    assert sign_in(client, person).status_code == 422


def test_the_municipality_is_remembered_on_this_computer(client):
    person = make_requester(make_municipality("Nordby"), password=PASSWORD)
    make_municipality("Sydby")
    assert client.get(LOGIN).context["form"]["municipality"].value() is None
    sign_in(client, person)
    client.post(reverse("municipalities:logout"))
    assert client.get(LOGIN).context["form"]["municipality"].value() == "nordby"


def test_signing_out_needs_a_post(client):
    person = make_requester(make_municipality(), password=PASSWORD)
    sign_in(client, person)
    assert client.get(reverse("municipalities:logout")).status_code == 405
    assert client.post(reverse("municipalities:logout")).status_code == 302
    assert reader(client) is None


def test_a_director_begins_with_the_overview():
    from municipalities.views import start_page

    assert start_page(make_director(make_municipality())) == "billing:overview"
