import pytest
from django.conf import settings

from tests.factories import make_municipality, make_requester

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [("en", "/sager/?status=open", "/en/sager/?status=open"), ("da", "/en/sager/", "/sager/"), ("en", "/", "/en/")],
)
def test_the_same_page_is_shown_in_the_other_language_and_the_choice_remembered(client, language, before, after):
    person = make_requester(make_municipality())
    client.force_login(person)
    response = client.post("/sprog/", {"language": language, "next": before})
    assert (response.status_code, response.url) == (302, after)
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == language
    person.refresh_from_db()
    assert person.language == language


def test_the_front_page_follows_the_remembered_choice(client):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert client.get("/").url == "/en/"


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_no_choice_leads_away_from_the_desk(client, address):
    assert client.post("/sprog/", {"language": "en", "next": address}).url == "/en/"


def test_an_unknown_language_changes_nothing(client):
    response = client.post("/sprog/", {"language": "xx", "next": "/sager/"})
    assert response.url == "/sager/"
    assert settings.LANGUAGE_COOKIE_NAME not in response.cookies
