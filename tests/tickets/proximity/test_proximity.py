"""Visits, ratings and the phone: what may be said, what is counted of it, and to whom it is shown."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from servicecenter import time_source
from tests.factories import (
    MONDAY,
    make_agent,
    make_director,
    make_municipality,
    make_operator,
    make_requester,
    make_site,
    make_ticket,
    see,
)
from tickets import lifecycle
from tickets.levels.measuring import measure
from tickets.levels.models import LevelFigure
from tickets.models import Event
from tickets.proximity import phone, ratings, visits
from tickets.proximity.models import PhoneFigure, Rating, Visit

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NOVEMBER = date(2026, 11, 1)
LATER = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def later(monkeypatch):
    monkeypatch.setattr(time_source, "now", lambda: LATER)


@pytest.fixture
def nordby():
    return make_municipality("Nordby", code="151")


@pytest.fixture
def sara(nordby):
    return make_agent(nordby, name="Sara Lindqvist")


@pytest.fixture
def ticket(nordby):
    return make_ticket(nordby)  # eight open hours for the solution


def visit(ticket, sara, hours, site=None, **fields):
    site = site or make_site(ticket.municipality, name=f"Skolen {hours}", kind="school")
    arrived_at = MONDAY + hours * HOUR
    return visits.register_visit(ticket, site=site, arrived_at=arrived_at, left_at=None, by=sara, at=LATER, **fields)


def counted(kind):
    measure(first=NOVEMBER, last=NOVEMBER, now=LATER)
    return [(row.subject, row.met, row.breached, row.elapsed) for row in LevelFigure.objects.filter(kind=kind)]


def test_a_visit_is_in_time_while_the_promise_is_not_used_up(ticket, sara):
    early, late = visit(ticket, sara, 3), visit(ticket, sara, 26)
    assert [(v.elapsed_s, v.target_s, v.is_in_time) for v in (early, late)] == [
        (3 * 3600, 8 * 3600, True),
        (10 * 3600, 8 * 3600, False),
    ]
    assert counted("visit") == [("school", 1, 1, [3 * 3600, 10 * 3600])]
    assert [event.data["site"] for event in Event.objects.filter(kind="visit")] == ["Skolen 3", "Skolen 26"]


def test_impossible_visits_are_refused_at_their_field(ticket, sara):
    site = make_site(ticket.municipality)
    foreign = make_site(make_municipality("Sydby"))
    wrong = {
        "site": {"site": foreign, "arrived_at": MONDAY + HOUR, "left_at": None},
        "arrived_at": {"site": site, "arrived_at": MONDAY - HOUR, "left_at": None},
        "left_at": {"site": site, "arrived_at": MONDAY + HOUR, "left_at": MONDAY},
    }
    for field, given in wrong.items():
        with pytest.raises(visits.ImpossibleVisit) as refused:
            visits.register_visit(ticket, **given, by=sara, at=LATER)
        assert refused.value.field == field
    with pytest.raises(visits.ImpossibleVisit):
        visits.register_visit(ticket, site=site, arrived_at=LATER + HOUR, left_at=None, by=sara, at=LATER)
    assert not Visit.objects.exists()


def test_leaving_is_noted_once(ticket, sara):
    there = visit(ticket, sara, 3)
    visits.end_visit(there, left_at=MONDAY + 4 * HOUR, by=sara, at=LATER)
    with pytest.raises(visits.ImpossibleVisit):
        visits.end_visit(there, left_at=MONDAY + 5 * HOUR, by=sara, at=LATER)
    there.refresh_from_db()
    assert there.left_at == MONDAY + 4 * HOUR


def test_an_agent_registers_a_visit_on_the_ticket(client, ticket, sara):
    client.force_login(sara)
    site = make_site(ticket.municipality)
    address = reverse("tickets:visit", args=[ticket.number])
    wrong = client.post(address, {"site": site.pk, "arrived_at": "2026-11-02T08:00", "left_at": ""})
    assert (wrong.status_code, Visit.objects.count()) == (409, 0)
    right = client.post(address, {"site": site.pk, "arrived_at": "2026-11-02T11:00", "left_at": ""})
    there = Visit.objects.get()
    assert (right.status_code, there.arrived_at, there.agent) == (302, MONDAY + 2 * HOUR, sara)
    leave = reverse("tickets:end_visit", args=[ticket.number, there.pk])
    assert client.post(leave, {"left_at": "2026-11-02T12:30"}).status_code == 302
    there.refresh_from_db()
    assert there.left_at == MONDAY + 3.5 * HOUR
    page = client.get(reverse("tickets:console_ticket", args=[ticket.number])).content.decode()
    assert "Sara Lindqvist besøgte Rådhuset" in page


def test_another_municipalitys_agent_registers_nothing(client, ticket, sara):
    there = visit(ticket, sara, 3)
    client.force_login(make_agent(make_municipality("Sydby")))
    for address in (
        reverse("tickets:visit", args=[ticket.number]),
        reverse("tickets:end_visit", args=[ticket.number, there.pk]),
    ):
        assert client.post(address, {"left_at": "2026-11-02T12:30"}).status_code == 404


def test_the_requester_rates_the_solution_and_may_change_it(client, ticket, sara):
    client.force_login(ticket.requester)
    address = reverse("tickets:rate", args=[ticket.number])
    assert client.get(address).status_code == 404
    lifecycle.resolve(ticket, by=sara, solution="Ok.", at=MONDAY + HOUR)
    assert client.post(address, {"stars": "6"}).status_code == 422
    for stars in ("2", "5"):
        assert client.post(address, {"stars": stars, "comment": "Tak."}).status_code == 302
    assert [(row.stars, row.author) for row in Rating.objects.all()] == [(5, ticket.requester)]
    assert counted("satisfaction") == [("", 1, 0, [])]
    page = client.get(reverse("tickets:ticket", args=[ticket.number])).content.decode()
    assert "Du gav 5 af 5" in page


def test_only_the_requester_rates(client, ticket, sara):
    lifecycle.resolve(ticket, by=sara, solution="Ok.", at=MONDAY + HOUR)
    for person in (make_requester(ticket.municipality), sara):
        client.force_login(person)
        assert client.post(reverse("tickets:rate", args=[ticket.number]), {"stars": "5"}).status_code == 404


def test_an_unsolved_ticket_is_not_rated(ticket):
    with pytest.raises(ratings.NotSolvedYet):
        ratings.rate(ticket, stars=5, by=ticket.requester, at=LATER)


@pytest.fixture
def henrik(nordby):
    make_operator()
    see(nordby)
    return make_agent(nordby, role="lead", name="Henrik Dam")


def test_calls_are_entered_in_a_form_or_read_from_a_file(client, nordby, henrik):
    client.force_login(henrik)
    address = reverse("tickets:phone_figures")
    one = {"municipality": nordby.pk, "month": "2026-10", "calls": 500, "within_60_s": 430, "source": "Telefonsystem"}
    assert client.post(address, one).status_code == 302
    text = "Kommune;Måned;Opkald;Inden 60 sek.\n151;2026-11;1.000;900\nNordby;2026-10;510;440\n"
    file = SimpleUploadedFile("opkald.csv", text.encode("utf-8-sig"))
    assert client.post(address, {"file": file, "source": "Telefonsystem"}).status_code == 302
    rows = PhoneFigure.objects.order_by("month").values_list("month", "calls", "within_60_s", "measured_by")
    assert list(rows) == [(date(2026, 10, 1), 510, 440, henrik.pk), (NOVEMBER, 1000, 900, henrik.pk)]
    assert counted("phone") == [("", 900, 100, [])]


def test_a_bad_file_is_refused_whole_with_every_line_named(client, henrik):
    client.force_login(henrik)
    text = "k;m;o;i\n151;2026-11;10;9\n999;2026-11;10;9\n151;november;10;9\n151;2026-11;10;11\n151;2026-12;1;1\n151;x\n"
    file = SimpleUploadedFile("opkald.csv", text.encode())
    page = client.post(reverse("tickets:phone_figures"), {"file": file, "source": "Telefonsystem"})
    faults = page.context["form"].errors["file"]
    assert (page.status_code, PhoneFigure.objects.count()) == (422, 0)
    assert [fault.split(":")[0] for fault in faults] == [f"Linje {number}" for number in (3, 4, 5, 6, 7)]


def test_more_in_time_than_calls_is_refused(nordby, henrik):
    with pytest.raises(phone.MoreThanCalls):
        phone.enter(phone.Line(nordby, NOVEMBER, 10, 11), source="x", by=henrik, at=LATER)
    with pytest.raises(phone.MonthToCome):
        phone.enter(phone.Line(nordby, date(2026, 12, 1), 10, 1), source="x", by=henrik, at=LATER)


def test_calls_are_entered_by_who_leads_for_all(client, nordby, henrik):
    make_municipality("Sydby")
    client.force_login(henrik)
    assert client.get(reverse("tickets:phone_figures")).status_code == 404
    client.force_login(make_director(nordby))
    assert client.get(reverse("tickets:phone_figures")).status_code == 404
