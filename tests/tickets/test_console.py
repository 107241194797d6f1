import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from tests.factories import (
    MONDAY,
    make_agent,
    make_category,
    make_director,
    make_municipality,
    make_queue,
    make_requester,
    make_ticket,
)
from tickets import lifecycle, workload
from tickets.models import FAR_AHEAD, Ticket, TimeEntry, Vendor
from tickets.sla import display
from tickets.status import Status

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def address(name, *args):
    return reverse(f"tickets:{name}", args=args)


def words(response):
    return response.content.decode()


@pytest.fixture
def nordby():
    return make_municipality("Nordby")


@pytest.fixture
def sara(client, nordby):
    """Works the first line and the net queue for Nordby."""
    agent = make_agent(nordby, queues=[make_queue(), make_queue("net")], name="Sara Lindqvist")
    client.force_login(agent)
    return agent


def shown(response):
    return response.context["tickets"]


def read_at(ticket, now):
    found = display.with_clocks(Ticket.objects.filter(pk=ticket.pk)).get()
    return display.put_chips([found], now=now)[0].chip


# The chip


@pytest.mark.parametrize(
    ("minutes", "state", "left"),
    [
        (0, "ok", 120),
        (89, "ok", 31),
        (90, "warn", 30),
        (119, "warn", 1),
        (120, "warn", 0),
        (121, "err", 1),
        (190, "err", 70),
    ],
)
def test_the_chip_counts_opening_minutes_of_the_clock_due_first(minutes, state, left):
    ticket = make_ticket(impact=2, urgency=2)  # P3: first reply within 120 minutes
    chip = read_at(ticket, MONDAY + minutes * MINUTE)
    assert (chip.kind, chip.state, chip.minutes) == ("first_response", state, left)


def test_a_breached_promise_comes_before_one_that_still_runs():
    ticket = make_ticket(impact=2, urgency=2)
    lifecycle.note(ticket, by=make_agent(ticket.municipality), body="Sent.", at=MONDAY + 121 * MINUTE)
    chip = read_at(ticket, MONDAY + 125 * MINUTE)
    assert (chip.kind, chip.state, chip.minutes) == ("first_response", "err", 5)


def test_due_at_closing_time_is_not_overdue_until_the_desk_opens():
    ticket = make_ticket(impact=2, urgency=2, at=datetime(2026, 11, 2, 13, 0, tzinfo=UTC))  # 14:00, closes at 16:00
    assert read_at(ticket, datetime(2026, 11, 2, 22, 0, tzinfo=UTC)).state == "warn"
    assert read_at(ticket, datetime(2026, 11, 3, 7, 1, tzinfo=UTC)).state == "err"


def test_a_ticket_that_waits_for_its_requester_is_paused_and_one_without_promise_has_no_chip():
    ticket = make_ticket()
    agent = make_agent(ticket.municipality)
    lifecycle.reply(ticket, by=agent, body="Hvilken?", and_wait=True, at=MONDAY + HOUR)
    assert read_at(ticket, MONDAY + 9 * HOUR).state == "pause"
    lifecycle.resolve(ticket, by=agent, solution="Ok.", at=MONDAY + 2 * HOUR)
    assert read_at(ticket, MONDAY + 9 * HOUR) is None


def test_the_workspace_reads_every_promise():
    ticket = make_ticket(impact=2, urgency=2)
    lifecycle.reply(ticket, by=make_agent(ticket.municipality), body="Vi ser på det.", at=MONDAY + HOUR)
    found = display.with_clocks(Ticket.objects.filter(pk=ticket.pk)).get()
    readings = {reading.kind: reading for reading in display.read_all(found, now=MONDAY + 3 * HOUR)}
    first, solution = readings["first_response"], readings["resolution"]
    assert (first.state, first.elapsed, first.target) == ("met", 60, 120)
    assert (solution.state, solution.minutes, solution.percent) == ("warn", 60, 75)


# The queue


def test_the_console_lists_what_the_agent_works_due_first_and_paused_last(client, sara, nordby):
    late = make_ticket(nordby, at=MONDAY)
    urgent = make_ticket(nordby, at=MONDAY, impact=1, urgency=1, category=make_category("net", make_queue("net")))
    paused = make_ticket(nordby, at=MONDAY)
    lifecycle.reply(paused, by=sara, body="Hvilken?", and_wait=True, at=MONDAY + HOUR)
    make_ticket(make_municipality("Sydby"))
    make_ticket(nordby, category=make_category("hr", make_queue("hr")))
    lifecycle.resolve(make_ticket(nordby), by=sara, solution="Ok.", at=MONDAY + HOUR)
    page = client.get(address("console"))
    assert shown(page) == [urgent, late, paused]
    assert page.context["total"] == 3
    assert [ticket.chip.state for ticket in shown(page)] == ["err", "err", "pause"]


def test_one_queue_has_its_own_page_and_a_foreign_one_is_absent(client, sara, nordby):
    make_queue("hr")
    make_ticket(nordby)
    net = make_ticket(nordby, category=make_category("net", make_queue("net")))
    assert shown(client.get(address("queue", "net"))) == [net]
    assert shown(client.get(address("console"), {"queue": "net"})) == [net]
    assert client.get(address("queue", "hr")).status_code == 404
    assert client.get(address("queue", "no-such-queue")).status_code == 404


def test_an_agent_without_a_queue_sees_an_empty_console(client, nordby):
    make_ticket(nordby)
    client.force_login(make_agent(nordby, queues=[]))
    page = client.get(address("console"))
    assert (page.status_code, shown(page), page.context["total"]) == (200, [], 0)


def test_filters_stand_in_the_address(client, sara, nordby):
    mine = lifecycle.take(make_ticket(nordby), by=sara, at=MONDAY + HOUR)
    critical = make_ticket(nordby, impact=1, urgency=1, subject="Alt er nede")
    answered = make_ticket(nordby)
    lifecycle.answer(answered, by=answered.requester, body="Og også i dag.", at=MONDAY + HOUR)
    expected = {
        "assignee=me": [mine],
        "assignee=none": [critical, answered],
        "priority=1": [critical],
        "status=open": [mine],
        "status=answered": [answered],
        "municipality=nordby&priority=1": [critical],
        "q=NEDE": [critical],
        "priority=99&status=nonsense": [critical, mine, answered],
    }
    found = {query: shown(client.get(f"{address('console')}?{query}")) for query in expected}
    assert found == expected


def test_a_number_in_the_search_opens_the_ticket(client, sara, nordby):
    ticket = make_ticket(nordby)
    foreign = make_ticket(make_municipality("Sydby"))
    assert client.get(address("console"), {"q": ticket.number})["Location"] == address("console_ticket", ticket.number)
    assert client.get(address("console"), {"q": foreign.number}).status_code == 200


def test_filters_that_hide_everything_say_so(client, sara, nordby):
    make_ticket(nordby)
    assert client.get(address("console"), {"priority": "1"}).context["is_narrowing"] is True
    assert shown(client.get(address("console"), {"priority": "1"})) == []


def test_pages_follow_the_last_row_and_lose_none(client, sara, nordby, monkeypatch):
    monkeypatch.setattr(workload, "PAGE_SIZE", 2)
    net = make_category("net", make_queue("net"))
    rows = [make_ticket(nordby, at=MONDAY, category=net if number % 2 else None) for number in range(5)]
    seen, following = [], address("console")
    while following:
        page = client.get(following)
        seen += shown(page)
        following = page.context["next"]
    assert seen == rows
    assert Ticket.objects.filter(next_due_at=rows[0].next_due_at).count() == 5


@pytest.mark.parametrize("text", ["", "x", "1-", "-1", "1-2-3", "99999999999999999999-1", "²-1"])
def test_a_cursor_without_meaning_shows_the_first_page(text):
    assert workload.Cursor.parse(text) is None


def test_a_cursor_survives_the_address():
    for due_at in (MONDAY, FAR_AHEAD):
        cursor = workload.Cursor(due_at, 7)
        assert workload.Cursor.parse(str(cursor)) == cursor


def test_the_counts_at_the_left_are_exact(client, sara, nordby):
    lifecycle.take(make_ticket(nordby), by=sara, at=MONDAY + HOUR)
    make_ticket(nordby, category=make_category("net", make_queue("net")))
    make_ticket(nordby)
    make_ticket(nordby, category=make_category("hr", make_queue("hr")))
    groups = client.get(address("console")).context["nav_groups"]
    assert [[view["count"] for view in group["views"]] for group in groups] == [[1, 0], [3, 2, 2, 1]]


def test_a_queue_page_asks_at_most_twelve_questions(client, sara, nordby, asked):
    for number in range(3):
        make_ticket(nordby, subject=f"Sag {number}")
        make_ticket(nordby, category=make_category("net", make_queue("net")))
    with asked(at_most=12):
        assert len(shown(client.get(address("console")))) == 6
    with asked(at_most=12):
        page = client.get(f"{address('console')}?municipality=nordby&assignee=none&priority=3&status=new")
    assert page.status_code == 200


def test_only_agents_have_a_console(client, nordby):
    ticket = make_ticket(nordby)
    for person in (ticket.requester, make_director(nordby)):
        client.force_login(person)
        for page in (address("console"), address("console_ticket", ticket.number), address("take", ticket.number)):
            assert client.get(page).status_code == 404


# From ticket to ticket


def onward(client, page, key):
    """Follow the link that this key presses on the page of a ticket."""
    (link,) = re.findall(rf'href="([^"]+)" data-key="{key}"', words(page))
    return client.get(html.unescape(link), follow=True)


def row_links(page):
    return [html.unescape(link) for link in re.findall(r'class="sd-q-subject" href="([^"]+)"', words(page))]


def test_the_next_and_the_previous_ticket_are_those_of_the_view_one_came_from(client, sara, nordby):
    net = make_category("net", make_queue("net"))
    rows = [make_ticket(nordby, at=MONDAY + number * MINUTE) for number in range(3)]
    make_ticket(nordby, at=MONDAY + 30 * timedelta(seconds=1), category=net)  # in no view below
    make_ticket(nordby, at=MONDAY + MINUTE, impact=1)
    view = f"{address('queue', 'first-line')}?priority=3"
    for row in rows:
        assert row.priority == rows[0].priority
    view = f"{address('queue', 'first-line')}?priority={rows[0].priority}"
    first, *_others = row_links(client.get(view))
    page = client.get(first)
    seen = [page.context["ticket"]]
    for _step in range(2):
        page = onward(client, page, "j")
        seen.append(page.context["ticket"])
    assert seen == rows
    assert onward(client, page, "k").context["ticket"] == rows[1]
    end = onward(client, page, "j")
    assert end.request["PATH_INFO"] + "?" + end.request["QUERY_STRING"] == view
    assert "Der er ikke flere sager i den retning." in words(end)


def test_a_verb_keeps_the_place_in_the_view_though_the_ticket_moves_down(client, sara, nordby):
    first, second = make_ticket(nordby, at=MONDAY), make_ticket(nordby, at=MONDAY + MINUTE)
    opened, _ = row_links(client.get(address("console")))
    action = html.unescape(re.search(r'action="([^"]+/svar/[^"]*)"', words(client.get(opened))).group(1))
    page = client.post(action, {"body": "Hvilken?", "and_wait": "1"}, follow=True)
    first.refresh_from_db()
    assert (page.context["ticket"], first.next_due_at) == (first, FAR_AHEAD)
    assert onward(client, page, "j").context["ticket"] == second


def test_a_ticket_opened_directly_has_no_neighbours_and_leads_back_to_its_queue(client, sara, nordby):
    ticket = make_ticket(nordby)
    page = client.get(address("console_ticket", ticket.number))
    assert 'data-key="j"' not in words(page)
    assert (page.context["trail"].address, page.context["view_name"]) == (address("queue", "first-line"), "first-line")


@pytest.mark.parametrize(
    "query", ["queue=../../x&place=1-1", "place=nonsense", "queue=hr&place=1-1", "status=%00&place=1-1"]
)
@pytest.mark.parametrize("name", ["next", "previous"])
def test_a_trail_without_meaning_leads_back_to_the_queues(client, sara, nordby, name, query):
    make_queue("hr")
    ticket = make_ticket(nordby)
    answer = client.get(f"{address(name, ticket.number)}?{query}")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/konsol/")


# The workspace


def test_the_workspace_shows_the_whole_story(client, sara, nordby):
    ticket = make_ticket(nordby, description="Den blinker rødt.")
    lifecycle.take(ticket, by=sara, at=MONDAY + HOUR)
    lifecycle.note(ticket, by=sara, body="Set før.", at=MONDAY + 2 * HOUR)
    lifecycle.register_time(ticket, by=sara, minutes=20, at=MONDAY + 2 * HOUR)
    lifecycle.register_time(ticket, by=sara, minutes=-5, at=MONDAY + 2 * HOUR)
    page = client.get(address("console_ticket", ticket.number))
    assert page.status_code == 200
    assert [entry.body or entry.icon for entry in page.context["thread"]] == [
        "Den blinker rødt.",
        "plus",
        "person",
        "time",
        "Set før.",
        "time",
        "time",
    ]
    assert page.context["minutes"] == 15
    assert page.context["ticket"].time_by_agent == [{"name": "Sara Lindqvist", "minutes": 15}]
    assert "sd-msg-note" in words(page)


def test_the_workspace_asks_the_same_however_long_the_story(client, sara, nordby, asked):
    short, long = make_ticket(nordby), make_ticket(nordby)
    lifecycle.note(short, by=make_agent(nordby), body="Note", at=MONDAY + HOUR)
    for number in range(5):
        lifecycle.note(long, by=make_agent(nordby), body=f"Note {number}", at=MONDAY + HOUR)
    lifecycle.register_time(long, by=sara, minutes=5, at=MONDAY + HOUR)
    with asked(at_most=12) as few:
        assert client.get(address("console_ticket", short.number)).status_code == 200
    with asked(at_most=12) as many:
        assert client.get(address("console_ticket", long.number)).status_code == 200
    assert len(many) == len(few) > 5


def post(client, name, ticket, **data):
    return client.post(address(name, ticket.number), data)


def test_an_agent_takes_assigns_and_moves(client, sara, nordby):
    ticket = make_ticket(nordby)
    colleague = make_agent(nordby)
    assert post(client, "take", ticket)["Location"] == address("console_ticket", ticket.number)
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.status) == (sara, Status.OPEN)
    post(client, "assign", ticket, to=colleague.pk)
    ticket.refresh_from_db()
    assert ticket.assignee == colleague
    post(client, "assign", ticket, to="")
    ticket.refresh_from_db()
    assert ticket.assignee is None
    post(client, "move", ticket, queue=make_queue("net").pk)
    ticket.refresh_from_db()
    assert ticket.queue.code == "net"


def test_a_ticket_goes_only_to_who_may_work_it(client, sara, nordby):
    ticket = make_ticket(nordby)
    sydby = make_municipality("Sydby")
    make_agent(sydby)
    make_agent(nordby, queues=[make_queue("net")])
    make_agent(nordby, is_active=False)
    page = client.get(address("assign", ticket.number))
    assert list(page.context["form"].fields["to"].queryset) == [sara]
    assert post(client, "assign", ticket, to=ticket.requester.pk).status_code == 422


def test_a_ticket_moved_out_of_reach_leads_back_to_the_queue(client, sara, nordby):
    ticket = make_ticket(nordby)
    assert post(client, "move", ticket, queue=make_queue("hr").pk)["Location"] == address("console")
    assert client.get(address("console_ticket", ticket.number)).status_code == 404


def test_a_priority_needs_a_reason(client, sara, nordby):
    ticket = make_ticket(nordby)
    assert list(post(client, "priority", ticket, priority=1, reason="").context["form"].errors) == ["reason"]
    post(client, "priority", ticket, priority=1, reason="Jobcentret står stille")
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.priority_reason) == (1, "Jobcentret står stille")


def test_a_ticket_waits_for_four_things_and_goes_on(client, sara, nordby):
    vendor = Vendor.objects.create(code="kmd", name="KMD")
    planned = timezone.localtime().replace(second=0, microsecond=0) + timedelta(days=2)
    cases = {
        Status.WAITING_REQUESTER: {},
        Status.WAITING_PLANNED: {"planned_at": planned.strftime("%Y-%m-%dT%H:%M")},
        Status.WAITING_VENDOR: {"vendor": vendor.pk},
        Status.WAITING_THIRD_PARTY: {},
    }
    for status, extra in cases.items():
        ticket = make_ticket(nordby)
        assert post(client, "wait", ticket, status=status, **extra).status_code == 302
        ticket.refresh_from_db()
        assert ticket.status == status
        assert ticket.planned_at == (planned if status == Status.WAITING_PLANNED else None)
        assert ticket.vendor == (vendor if status == Status.WAITING_VENDOR else None)
        assert client.get(address("console_ticket", ticket.number)).status_code == 200
        post(client, "resume", ticket)
        ticket.refresh_from_db()
        assert ticket.status == Status.OPEN


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ({}, ["status"]),
        ({"status": "waiting_planned"}, ["planned_at"]),
        ({"status": "waiting_planned", "planned_at": "2020-01-01T10:00"}, ["planned_at"]),
        ({"status": "waiting_vendor"}, ["vendor"]),
    ],
)
def test_waiting_needs_what_belongs_to_it(client, sara, nordby, data, wrong):
    response = post(client, "wait", make_ticket(nordby), **data)
    assert (response.status_code, list(response.context["form"].errors)) == (422, wrong)


def test_a_reply_goes_to_the_user_with_file_and_time_and_waits_when_told(client, sara, nordby):
    ticket = make_ticket(nordby)
    post(client, "reply", ticket, body="Prøv igen nu.")
    ticket.refresh_from_db()
    assert ticket.status == Status.OPEN
    upload = SimpleUploadedFile("vejledning.pdf", b"%PDF-1.7\n")
    post(client, "reply", ticket, body="Hvilken printer?", and_wait="1", minutes="10", files=[upload])
    ticket.refresh_from_db()
    assert ticket.status == Status.WAITING_REQUESTER
    assert [message.body for message in ticket.messages.all()] == ["Prøv igen nu.", "Hvilken printer?"]
    assert ticket.messages.last().attachments.get().name == "vejledning.pdf"
    assert list(TimeEntry.objects.values_list("agent", "minutes")) == [(sara.pk, 10)]


def test_a_reply_stops_once_when_somebody_wrote_meanwhile(client, sara, nordby):
    ticket = make_ticket(nordby)
    seen = client.get(address("console_ticket", ticket.number)).context["reply_form"].initial["seen"]
    lifecycle.answer(ticket, by=ticket.requester, body="Det virker nu!", at=MONDAY + HOUR)
    stopped = post(client, "reply", ticket, body="Jeg kommer forbi.", seen=seen)
    assert stopped.status_code == 422
    assert "Jeg kommer forbi." in words(stopped)
    again = stopped.context["form"]["seen"].value()
    assert post(client, "reply", ticket, body="Jeg kommer forbi.", seen=again).status_code == 302
    assert ticket.messages.count() == 2


def test_a_note_stays_with_the_desk(client, sara, nordby):
    ticket = make_ticket(nordby)
    post(client, "note", ticket, body="Spørg Jonas.", minutes="5")
    assert (ticket.messages.get().is_internal, ticket.time_entries.get().minutes) == (True, 5)
    client.force_login(ticket.requester)
    assert "Spørg Jonas." not in words(client.get(address("ticket", ticket.number)))


def test_solving_and_cancelling_end_the_ticket(client, sara, nordby):
    solved, spam = make_ticket(nordby), make_ticket(nordby)
    assert post(client, "resolve", solved, solution="").status_code == 422
    post(client, "resolve", solved, solution="Ny toner.", minutes="15")
    solved.refresh_from_db()
    assert (solved.status, solved.solution, solved.time_entries.get().minutes) == (Status.RESOLVED, "Ny toner.", 15)
    post(client, "cancel", spam, reason="spam")
    spam.refresh_from_db()
    assert (spam.status, spam.cancel_reason) == (Status.CANCELLED, "spam")


def test_what_somebody_else_already_ended_keeps_the_typed_solution(client, sara, nordby):
    ticket = make_ticket(nordby)
    lifecycle.cancel(ticket, by=sara, reason="duplicate", at=MONDAY + HOUR)
    response = post(client, "resolve", ticket, solution="En lang forklaring", minutes="15")
    assert response.status_code == 409
    assert "En lang forklaring" in words(response)
    assert not ticket.time_entries.exists()


def test_time_is_registered_on_a_day_and_corrected_by_a_negative_number(client, sara, nordby):
    ticket = make_ticket(nordby)
    post(client, "time", ticket, minutes="45", day="2026-11-03")
    post(client, "time", ticket, minutes="-15", day="2026-11-03")
    assert [(entry.minutes, entry.day.isoformat()) for entry in ticket.time_entries.all()] == [
        (45, "2026-11-03"),
        (-15, "2026-11-03"),
    ]
    for minutes, day in (("0", ""), ("1441", ""), ("many", ""), ("5", "2999-01-01")):
        assert post(client, "time", ticket, minutes=minutes, day=day).status_code == 422


VERBS = ["take", "assign", "move", "priority", "wait", "resume", "reply", "note", "resolve", "cancel", "time"]


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_a_page_and_reading_it_changes_nothing(client, sara, nordby, name):
    ticket = make_ticket(nordby)
    assert client.get(address(name, ticket.number)).status_code == 200
    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee, ticket.events.count()) == (Status.NEW, None, 1)


@pytest.mark.parametrize("name", VERBS)
def test_no_verb_reaches_a_ticket_of_another_municipality_or_queue(client, sara, nordby, name):
    foreign = make_ticket(make_municipality("Sydby"))
    other_queue = make_ticket(nordby, category=make_category("hr", make_queue("hr")))
    for ticket in (foreign, other_queue):
        assert post(client, name, ticket, body="Hej", solution="Ok.", reason="spam", minutes="5").status_code == 404
        ticket.refresh_from_db()
        assert (ticket.status, ticket.events.count()) == (Status.NEW, 1)


def test_the_console_speaks_english_too(client, sara, nordby):
    make_ticket(nordby, requester=make_requester(nordby))
    assert "Shared queues" in words(client.get("/en/konsol/"))
