"""Why a ticket is delayed: every second in one column, and what counted is the elapsed of the clock, exactly."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.template.loader import render_to_string
from django.urls import reverse

from tests.factories import MONDAY, make_agent, make_agreement, make_municipality, make_ticket
from tickets import lifecycle
from tickets.levels.delay import explain
from tickets.models import CalendarVersion, Ticket, Vendor
from tickets.sla import display

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
THURSDAY = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)  # 10:00 in Denmark


@pytest.fixture
def nordby():
    return make_municipality("Nordby")


@pytest.fixture
def sara(nordby):
    return make_agent(nordby, name="Sara Lindqvist")


def close_on(*days, **exceptions):
    """Closed days of the desk, said before anybody reads its calendar."""
    make_agreement()
    CalendarVersion.objects.update(holidays=list(days), exceptions=exceptions)


@pytest.fixture
def ticket(nordby, sara):
    """Asked and answered, then with the vendor from Tuesday on, over a closing day on Wednesday."""
    close_on(**{"2026-11-04": []})
    ticket = make_ticket(nordby, at=MONDAY)
    lifecycle.reply(ticket, by=sara, body="Hvilken?", and_wait=True, at=MONDAY + HOUR)
    lifecycle.answer(ticket, by=ticket.requester, body="Den.", at=MONDAY + 3 * HOUR)
    kmd = Vendor.objects.create(code="kmd", name="KMD")
    lifecycle.wait_for_vendor(ticket, vendor=kmd, by=sara, at=MONDAY + 24 * HOUR)
    return ticket


def told(delay):
    names = ("running_s", "paused_s", "closed_s", "stopped_s")
    return [(part.stretch.state, part.turn, *(getattr(part.stretch, n) / 3600 for n in names)) for part in delay.parts]


def test_every_stretch_is_told_with_whose_turn_it_was(ticket):
    delay = explain(ticket, now=THURSDAY, for_agent=True)
    assert told(delay) == [
        ("new", "Servicedesken", 1, 0, 0, 0),
        ("waiting_requester", "Bruger", 0, 2, 0, 0),
        ("open", "Servicedesken", 5, 0, 16, 0),
        ("waiting_vendor", "KMD", 9, 0, 40, 0),
    ]
    assert delay.turns == [("KMD", 9 * 3600, 0), ("Servicedesken", 6 * 3600, 0), ("Bruger", 0, 2 * 3600)]


def test_the_sums_agree_to_the_second(ticket):
    now = THURSDAY + timedelta(minutes=7, seconds=13)
    delay = explain(ticket, now=now, for_agent=True)
    assert delay.sums["running_s"] == delay.clock.elapsed_s == 15 * 3600 + 433
    assert delay.total_s == (now - MONDAY).total_seconds()
    assert delay.over_s == 7 * 3600 + 433
    assert [part.total_s for part in delay.parts] == [
        (part.stretch.to_at - part.stretch.from_at).total_seconds() for part in delay.parts
    ]


def test_the_rule_names_agreement_calendar_and_holiday(ticket):
    part = explain(ticket, now=THURSDAY, for_agent=True).parts[-1]
    assert (part.agreement, part.calendar, part.valid_from.year) == ("Default", "Desk", 2013)
    assert "leverandør" in part.rule.lower()
    assert part.closed_days == [(date(2026, 11, 4), "lukkedag")]


def test_public_holidays_have_their_names(nordby, sara):
    close_on(date(2026, 12, 25), date(2026, 12, 26))
    ticket = make_ticket(nordby, at=datetime(2026, 12, 23, 9, 0, tzinfo=UTC))
    (part,) = explain(ticket, now=datetime(2026, 12, 28, 9, 0, tzinfo=UTC), for_agent=True).parts
    assert [name for _on, name in part.closed_days] == ["Juledag", "Anden juledag"]


def test_an_ended_ticket_is_told_up_to_its_end(ticket, sara):
    lifecycle.resolve(ticket, by=sara, solution="Ok.", at=THURSDAY)
    ticket.refresh_from_db()
    delay = explain(ticket, now=THURSDAY + 90 * HOUR, for_agent=True)
    assert (delay.until, delay.sums["stopped_s"]) == (THURSDAY, 0)
    assert delay.sums["running_s"] == delay.clock.elapsed_s


def test_a_paused_clock_says_what_is_left_and_how_long_it_has_paused(nordby, sara):
    ticket = make_ticket(nordby)  # eight open hours
    lifecycle.reply(ticket, by=sara, body="Hvilken?", and_wait=True, at=MONDAY + HOUR)
    found = display.with_clocks(Ticket.objects.filter(pk=ticket.pk)).get()
    readings = {reading.kind: reading for reading in display.read_all(found, now=MONDAY + 4 * HOUR)}
    solution = readings["resolution"]
    assert (solution.state, solution.minutes, solution.elapsed, solution.paused) == ("pause", 420, 60, 180)
    html = render_to_string("tickets/_clock.html", {"reading": solution})
    assert "7 t. 00 tilbage" in html
    assert "pauset 3 t. 00" in html


def test_a_requester_reads_nothing_internal(ticket, client):
    client.force_login(ticket.requester)
    page = client.get(reverse("tickets:delay", args=[ticket.number])).content.decode()
    assert "Leverandøren" in page
    assert "KMD" not in page
    assert "first-line" not in page
    assert "15:00:00" not in page  # the present is later than Thursday


def test_the_page_opens_for_who_works_the_ticket_and_for_nobody_else(ticket, client, asked):
    sydby = make_municipality("Sydby")
    own, work = (reverse(f"tickets:{name}", args=[ticket.number]) for name in ("delay", "console_delay"))
    for person, answers in (
        (make_agent(ticket.municipality), (404, 200)),
        (make_agent(sydby), (404, 404)),
        (ticket.requester, (200, 404)),
    ):
        client.force_login(person)
        assert tuple(client.get(address).status_code for address in (own, work)) == answers
    client.force_login(make_agent(ticket.municipality))
    with asked(at_most=16):
        assert "KMD" in client.get(work).content.decode()
