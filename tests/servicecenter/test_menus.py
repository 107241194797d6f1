import pytest
from django.test import RequestFactory

from servicecenter.menus import sections
from tests.billing.world import World
from tests.factories import make_agent, make_director, make_requester

pytestmark = pytest.mark.django_db


def seen(person, path):
    request = RequestFactory().get(path)
    request.user = person
    return [
        (str(section.text), [str(entry.text) for entry in section.entries], section.is_current)
        for section in sections(request)
    ]


def current(person, path):
    return [text for text, _entries, is_current in seen(person, path) if is_current]


@pytest.fixture
def world():
    return World()


def test_a_director_sees_reports_and_no_work_of_finance(world):
    sections = {text: entries for text, entries, _current in seen(make_director(world.egedal), "/ledelse/")}
    assert {"Overblik", "Økonomi", "Aftaler", "Portal"} <= sections.keys()
    assert not {"Måneder", "Import", "Poster"} & {entry for entries in sections.values() for entry in entries}
    assert "Konsol" not in sections


def test_a_page_below_an_entry_lies_in_its_section(world):
    current = [
        text for text, _entries, is_current in seen(world.lone, "/ledelse/kapacitet/2026-10/handel/") if is_current
    ]
    assert current == ["Økonomi"]
    assert [text for text, _e, now in seen(world.lone, "/ledelse/periode/2026-10/") if now] == ["Regnskab"]


def test_the_front_page_of_the_reports_is_the_overview_alone(world):
    assert current(world.lone, "/ledelse/") == ["Overblik"]


def test_who_may_read_no_totals_gets_no_section_of_them(world):
    names = [text for text, _entries, _current in seen(make_requester(world.egedal), "/ledelse/")]
    assert "Økonomi" not in names
    assert "Regnskab" not in names


def test_the_menu_asks_what_the_page_asks(client, world):
    """Everything the menu offers opens, whoever reads it; a lead of one municipality gets no page of those of all."""
    people = [
        world.lone, make_director(world.egedal), make_agent(world.egedal, role="lead"),
        make_agent(*world.members, role="lead"), make_agent(world.egedal, role="administrator", queues=[]),
        make_requester(world.egedal),
    ]  # fmt: skip
    for person in people:
        client.force_login(person)
        request = RequestFactory().get("/ledelse/")
        request.user = person
        addresses = [entry.address for section in sections(request) for entry in section.entries]
        answers = {address: client.get(address).status_code for address in addresses}
        assert set(answers.values()) <= {200, 302}, (person, answers)


def test_only_a_lead_of_all_is_offered_telephone_and_closed_months(world):
    offered = [
        {entry for _text, entries, _now in seen(make_agent(*places, role="lead"), "/ledelse/") for entry in entries}
        for places in ([world.egedal], world.members)
    ]
    assert [{"Telefon", "Lukkede måneder"} & entries for entries in offered] == [set(), {"Telefon", "Lukkede måneder"}]
