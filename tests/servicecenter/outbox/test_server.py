import pytest
from django.core.exceptions import ImproperlyConfigured

from servicecenter.outbox.checks import addresses_are_whole, mail_can_leave
from servicecenter.outbox.server import mail_server

NAMES = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, "", "", False, False)),
        ("smtp://relay.example", ("relay.example", 25, "", "", False, False)),
        ("smtp+starttls://desk:p%40ss@mail.example", ("mail.example", 587, "desk", "p@ss", True, False)),
        ("smtps://desk:pass@mail.example", ("mail.example", 465, "desk", "pass", False, True)),
    ],
)
def test_an_address_of_a_mail_server_is_read(url, expected):
    assert mail_server(url) == {f"EMAIL_{name}": value for name, value in zip(NAMES, expected, strict=True)}


@pytest.mark.parametrize(
    "url",
    ["", "mail.example", "http://mail.example", "smtp://", "smtp://a:port", "smtp://user@host", "smtp://host/path"],
)
def test_an_address_that_cannot_be_read_stops_the_start(url):
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL must read"):
        mail_server(url)


def ids(found):
    return sorted(error.id for error in found)


def test_a_whole_setting_passes_both_checks(settings):
    settings.DESK_URL, settings.DEFAULT_FROM_EMAIL = "https://desk.example", "desk@desk.example"
    assert addresses_are_whole(None) + mail_can_leave(None) == []


@pytest.mark.parametrize("address", ["", "desk.example", "ftp://desk.example", "https://desk.example/path"])
def test_links_to_nowhere_are_refused(settings, address):
    settings.DESK_URL = address
    assert ids(addresses_are_whole(None)) == ["outbox.E001"]


def test_a_sender_that_is_no_address_is_refused(settings):
    settings.DEFAULT_FROM_EMAIL, settings.MAIL_RETURN_PATH = "desk", "bounces"
    assert ids(addresses_are_whole(None)) == ["outbox.E002", "outbox.E002"]


def test_a_real_server_needs_https_links_and_a_sender(settings):
    settings.DESK_URL, settings.DEFAULT_FROM_EMAIL = "http://desk.example", settings.LOCAL_MAIL_FROM
    assert ids(mail_can_leave(None)) == ["outbox.E003", "outbox.E004"]
