import pytest

pytestmark = pytest.mark.django_db


def test_the_short_address_leads_to_the_statement_in_the_register(client, settings):
    settings.ACCESSIBILITY_STATEMENT_URL = "https://register.example/desk.example"
    response = client.get("/was/")
    assert (response.status_code, response.headers["Location"]) == (302, "https://register.example/desk.example")


def test_without_an_entry_in_the_register_the_desk_says_itself_what_was_tested(client):
    page = client.get("/was/").content.decode()
    assert "Der er endnu ikke lavet en uafhængig test." in page
    assert "Accessibility statement" in client.get("/en/was/").content.decode()


def test_everybody_may_read_what_is_recorded_and_the_footer_leads_there(client, settings):
    settings.SESSION_COOKIE_AGE = 7 * 3600
    page = client.get("/privatliv/").content.decode()
    assert "højst 7 timer" in page
    assert '<a href="/was/">Tilgængelighedserklæring</a>' in page
    assert '<a href="/privatliv/">Privatliv og logning</a>' in page
