"""Search by words, which the database does as the owner: it must find what one works, and nothing else."""

import pytest
from django.db import connection
from django.urls import reverse

from servicecenter.tenancy.scope import tenant_scope
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
from tickets import lifecycle, search, workload
from tickets.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def nordby():
    return make_municipality("Nordby")


@pytest.fixture
def sara(nordby):
    return make_agent(nordby, queues=[make_queue(), make_queue("net")])


def found(text, *, by, queues=("first-line", "net"), **wanted):
    return list(search.found(text, by=by, queues=[make_queue(code).pk for code in queues], **wanted))


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("printer", True),
        ("PRINTEREN", True),
        ("printere", True),
        ("print", True),
        ("kælder printer", True),
        ("problemer", False),  # the end of a compound word is no word of its own
        ("blinker", True),
        ("blinke rød", True),
        ("nexus", False),
        ("printer nexus", False),
        ("inter", False),
        ("og i den", False),
        ("", False),
        ("!!! & | ' : * \\ (", False),
        ("' | 'printer", True),
        ("0x80070005", True),
        ("fur-lt-04084", True),
    ],
)
def test_words_are_found_in_their_forms_and_by_their_beginnings(sara, nordby, text, is_found):
    description = "Den blinker rødt. Fejl 0x80070005 på FUR-LT-04084."
    ticket = make_ticket(nordby, subject="Printerproblemer i kælderen", description=description)
    assert found(text, by=sara) == ([ticket] if is_found else [])


def test_a_solution_is_found_and_so_are_ended_tickets_newest_first(sara, nordby):
    tickets = [make_ticket(nordby, at=MONDAY.replace(minute=minute)) for minute in (1, 3, 2)]
    lifecycle.resolve(tickets[0], by=sara, solution="Skiftede tromlen.", at=MONDAY.replace(minute=5))
    assert found("tromle", by=sara) == [tickets[0]]
    assert found("printer", by=sara) == [tickets[1], tickets[2], tickets[0]]


def test_a_requester_is_found_by_the_beginnings_of_the_names(sara, nordby):
    ticket = make_ticket(requester=make_requester(nordby, name="Mette Holm Rasmussen"))
    assert found("mette ras", by=sara) == [ticket]
    assert found("Holm", by=sara) == [ticket]
    assert found("mus", by=sara) == []


def test_the_filters_narrow_a_search(sara, nordby):
    net = make_ticket(nordby, category=make_category("net", make_queue("net")), impact=1, urgency=1)
    mine = lifecycle.take(make_ticket(nordby), by=sara)
    answered = make_ticket(nordby)
    lifecycle.answer(answered, by=answered.requester, body="Den røde.")
    assert found("printer", by=sara, queues=["net"]) == [net]
    assert found("printer", by=sara, priority=1) == [net]
    assert found("printer", by=sara, status="open") == [mine]
    assert found("printer", by=sara, assignee=sara) == [mine]
    assert set(found("printer", by=sara, is_free=True)) == {net, answered}
    assert found("printer", by=sara, is_answered=True) == [answered]
    assert found("printer", by=sara, places=[make_municipality("Sydby").pk]) == []


def test_pages_follow_the_last_row(sara, nordby):
    tickets = [make_ticket(nordby) for _number in range(5)]
    seen, after = [], None
    while page := found("printer", by=sara, size=1, after=after)[:1]:
        seen += page
        after = search.place_of(page[0])
    assert seen == tickets[::-1]


# What was written on a ticket


@pytest.fixture
def talked_about(sara, nordby):
    """A ticket on which both sides wrote, and the desk a note."""
    ticket = lifecycle.take(make_ticket(nordby, requester=make_requester(nordby, name="Mette Holm")), by=sara)
    lifecycle.reply(ticket, by=sara, body="Prøv at genstarte fuseren.")
    lifecycle.answer(ticket, by=ticket.requester, body="Tromlen er sprukket.")
    lifecycle.note(ticket, by=sara, body="Garantien er udløbet.")
    return ticket


@pytest.mark.parametrize(
    ("text", "for_the_desk", "for_the_requester"),
    [
        ("fuser", True, True),
        ("tromle", True, True),
        ("garanti", True, False),
        ("printer fuser tromle", True, True),  # from all places together
        ("printer garanti", True, False),
        ("fuser nexus", False, False),
        ("!!!", False, False),
        ("garanti:*ABD", False, False),  # no weight can be asked for: these are two words
    ],
)
def test_words_of_messages_are_found_by_who_may_read_them(sara, talked_about, text, for_the_desk, for_the_requester):
    assert found(text, by=sara) == ([talked_about] if for_the_desk else [])
    own = search.found_by_requester(text, by=talked_about.requester)
    assert list(own) == ([talked_about] if for_the_requester else [])


def test_a_requester_finds_no_tickets_of_others(nordby, sara, talked_about):
    make_ticket(make_municipality("Sydby"))
    other = make_ticket(nordby, requester=make_requester(nordby, name="Anders Dahl"))
    assert list(search.found_by_requester("printer", by=other.requester)) == [other]
    assert list(search.found_by_requester("fuser", by=other.requester)) == []
    assert list(search.found_by_requester("fuser", by=sara)) == []
    assert list(search.found_by_requester("fuser", by=make_director(nordby))) == []


def test_the_words_follow_what_is_written_changed_and_taken_away(sara, talked_about):
    lifecycle.resolve(talked_about, by=sara, solution="Skiftede remmen.", at=MONDAY.replace(hour=14))
    assert found("rem fuser", by=sara) == [talked_about]
    fuser = Message.objects.get(body__contains="fuseren")
    Message.objects.filter(pk=fuser.pk).update(body="Prøv igen.")
    assert found("fuser", by=sara) == []
    Message.objects.filter(kind="internal_note").delete()
    assert found("garanti", by=sara) == []
    assert found("rem tromle", by=sara) == [talked_about]


def test_many_messages_of_one_statement_are_all_found(sara, nordby):
    tickets = [make_ticket(nordby) for _number in range(3)]
    Message.objects.bulk_create(
        Message(municipality=nordby, ticket=ticket, kind="public_reply", author=sara, body=f"Ord{number}", at=MONDAY)
        for number, ticket in enumerate([*tickets, *tickets])
    )
    assert [found(f"ord{number}", by=sara) for number in range(6)] == [[ticket] for ticket in [*tickets, *tickets]]


def test_endless_messages_are_kept_and_their_beginning_is_found(sara, nordby):
    ticket = make_ticket(nordby)
    lifecycle.note(ticket, by=sara, body="begyndelsen " + " ".join(f"ord{number}" for number in range(200_000)))
    lifecycle.reply(ticket, by=sara, body="svaret " + "x" * 5000)
    assert found("begyndelse", by=sara) == found("svar", by=sara) == [ticket]


# What nobody may find


def test_neither_foreign_municipalities_nor_foreign_queues_are_found(sara, nordby):
    sydby = make_municipality("Sydby")
    make_ticket(sydby)
    make_ticket(requester=make_requester(sydby, name="Printer Hansen"), subject="Andet")
    make_ticket(nordby, category=make_category("hr", make_queue("hr")))
    own = make_ticket(nordby)
    assert found("printer", by=sara, places=[sydby.pk, nordby.pk]) == [own]
    assert found("printer", by=make_director(nordby)) == []


def raw(places):
    """The function itself, asked for everything."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT find_tickets(to_tsquery('danish', 'printer'), ARRAY['.'], %s::bigint[], ARRAY(SELECT id FROM"
            " tickets_queue), NULL, false, NULL, NULL, false, NULL, NULL, 1000)",
            [places],
        )
        return {pk for (pk,) in cursor.fetchall()}


def test_the_function_itself_gives_only_ids_of_the_scope(nordby):
    sydby = make_municipality("Sydby")
    ours, theirs = make_ticket(nordby), make_ticket(sydby)
    both = [nordby.pk, sydby.pk]
    assert raw(both) == {ours.pk, theirs.pk}
    with tenant_scope(nordby.pk):
        assert raw(both) == {ours.pk}
    with tenant_scope():
        assert raw(both) == set()


def test_nobody_but_the_desk_may_call_the_function():
    with connection.cursor() as cursor:
        cursor.execute("SELECT proacl::text, prosecdef, proconfig::text FROM pg_proc WHERE proname = 'find_tickets'")
        allowed, is_definer, settings = cursor.fetchone()
    assert is_definer
    assert "search_path=pg_catalog, public, pg_temp" in settings
    # An entry with nobody before the equals sign would be everybody.
    assert not any(entry.startswith("=") for entry in allowed.strip("{}").split(","))


def test_words_cannot_be_read_where_the_ticket_cannot(nordby):
    make_ticket(nordby)
    with tenant_scope(), connection.cursor() as cursor:
        cursor.execute("SELECT words FROM tickets_ticket")
        assert cursor.fetchall() == []


# The page


def test_the_console_searches_all_tickets_and_leads_back_to_the_search(client, sara, nordby, asked):
    ended = lifecycle.cancel(make_ticket(nordby), by=sara, reason="spam")
    open_one = make_ticket(nordby, subject="Skærm og printer")
    make_ticket(nordby, subject="Skærm", description="Sort.")
    client.force_login(sara)
    with asked(at_most=12):
        page = client.get(reverse("tickets:console"), {"q": "printer"})
    assert page.context["tickets"] == [open_one, ended]
    assert page.context["title"] == "Søgning: printer"
    assert client.get(reverse("tickets:console"), {"q": "printer", "status": "cancelled"}).context["tickets"] == [ended]
    opened = client.get(f"{reverse('tickets:console_ticket', args=[ended.number])}{ended_trail(page, ended)}")
    assert opened.context["trail"].address == "/konsol/?q=printer"
    assert 'data-key="j"' not in opened.content.decode()


def ended_trail(page, ticket):
    return next(row for row in page.context["tickets"] if row == ticket).trail


def test_a_search_pages_on_and_an_empty_one_says_what_to_try(client, sara, nordby, monkeypatch):
    monkeypatch.setattr(workload, "PAGE_SIZE", 2)
    monkeypatch.setattr(search, "PAGE_SIZE", 2)
    tickets = [make_ticket(nordby) for _number in range(3)]
    client.force_login(sara)
    page = client.get(reverse("tickets:console"), {"q": "printer"})
    assert client.get(page.context["next"]).context["tickets"] == tickets[:1]
    nothing = client.get(reverse("tickets:console"), {"q": "nexus"})
    assert "Prøv med færre ord eller kun begyndelsen af et ord." in nothing.content.decode()


def test_a_number_that_is_no_ticket_is_searched_as_a_word(client, sara, nordby):
    ticket = make_ticket(nordby, subject="Sikring 4711 er gået")
    client.force_login(sara)
    assert client.get(reverse("tickets:console"), {"q": "4711"}).context["tickets"] == [ticket]
