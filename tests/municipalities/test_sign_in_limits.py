import pytest
from django.urls import reverse

from tests.factories import make_municipality, make_requester

pytestmark = pytest.mark.django_db


def attempt(client, person, password, **extra):
    data = {"municipality": person.municipality.slug, "email": person.email, "password": password}
    return client.post(reverse("municipalities:login"), data, **extra).status_code


def test_ten_wrong_passwords_close_the_door_also_for_the_right_one(client):
    person = make_requester(make_municipality(), password="korrekt-hest-batteri")
    statuses = [attempt(client, person, "forkert") for _ in range(10)]
    assert set(statuses[:9]) == {422}
    assert attempt(client, person, "korrekt-hest-batteri") == 429


def test_one_persons_closed_door_leaves_a_colleagues_open(client):
    municipality = make_municipality()
    person = make_requester(municipality, password="korrekt-hest-batteri")
    colleague = make_requester(municipality, password="korrekt-hest-batteri")
    for _ in range(10):
        attempt(client, person, "forkert")
    assert attempt(client, colleague, "korrekt-hest-batteri") == 302


def test_a_right_password_forgets_the_wrong_ones(client):
    person = make_requester(make_municipality(), password="korrekt-hest-batteri")
    for _ in range(2):
        assert [attempt(client, person, "forkert") for _ in range(9)] == [422] * 9
        assert attempt(client, person, "korrekt-hest-batteri") == 302
