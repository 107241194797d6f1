from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from knox.models import AuthToken

from municipalities import roles
from tests.factories import (
    MONDAY,
    make_agent,
    make_agreement,
    make_category,
    make_municipality,
    make_person,
    make_requester,
    make_site,
    make_ticket,
)
from tickets import lifecycle
from tickets.models import Ticket
from tickets.status import Status

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


def address(name, *args):
    return reverse(f"tickets:{name}", args=args)


def words(response):
    return response.content.decode()


def new_ticket(**fields):
    return {
        "category": "print",
        "subject": "Printeren er død",
        "description": "Den siger papirstop.",
        "impact": "2",
        "urgency": "1",
        "site": "",
        "phone": "",
    } | fields


@pytest.fixture
def mette(client):
    person = make_requester(make_municipality("Nordby"), name="Mette Holm", phone="72 59 61 14")
    client.force_login(person)
    return person


# The front page


def test_the_front_page_shows_own_open_tickets_and_the_subjects(client, mette):
    own = make_ticket(requester=mette, subject="Min egen sag")
    make_ticket(requester=make_requester(mette.municipality), subject="En kollegas sag")
    solved = make_ticket(requester=mette, subject="Den er løst")
    lifecycle.resolve(solved, by=make_agent(mette.municipality), solution="Ny toner.", at=MONDAY + HOUR)
    page = client.get(address("home"))
    assert page.status_code == 200
    assert page.context["tickets"] == [own]
    assert [category.code for category in page.context["categories"]] == ["print"]


def test_a_search_finds_the_own_tickets_by_what_was_said_on_them(client, mette, asked):
    agent = make_agent(mette.municipality)
    ticket = make_ticket(requester=mette)
    lifecycle.reply(ticket, by=agent, body="Skift fuseren.")
    lifecycle.note(ticket, by=agent, body="Dyr kunde.")
    client.force_login(mette)
    with asked(at_most=12):
        page = client.get(address("home"), {"q": "fuser"})
    assert page.context["found_tickets"] == [ticket]
    assert client.get(address("home"), {"q": "dyr"}).context["found_tickets"] == []


def test_a_search_finds_subjects_by_all_its_words_and_carries_the_text_on(client, mette):
    make_category("print", description="Printere og scannere")
    make_category("scan-mail", description="Scannere, der sender mail")
    page = client.get(address("home"), {"q": "scannere mail"})
    assert [category.code for category in page.context["found"]] == ["scan-mail"]
    assert "/sager/ny/?kategori=scan-mail&amp;tekst=scannere%20mail" in words(page)
    assert '/sager/ny/?tekst=scannere%20mail"' in words(page)


def test_the_front_page_asks_few_questions_however_many_tickets(client, mette, asked):
    make_ticket(requester=mette, subject="Sag")
    with asked(at_most=12) as few:
        assert client.get(address("home")).status_code == 200
    for number in range(4):
        make_ticket(requester=mette, subject=f"Sag {number}")
    with asked(at_most=12) as many:
        assert client.get(address("home")).status_code == 200
    assert len(many) == len(few) > 3


# Filing


def test_the_form_knows_the_person_and_takes_text_and_subject_from_the_address(client, mette):
    site = make_site(mette.municipality)
    mette.site = site
    mette.save()
    make_site(make_municipality("Sydby"), "Sydby Rådhus")
    make_category("print")
    page = client.get(address("file"), {"kategori": "print", "tekst": "Printeren blinker"})
    form = page.context["form"]
    assert [form[name].value() for name in ("category", "subject", "description", "site", "phone")] == [
        "print",
        "Printeren blinker",
        "Printeren blinker",
        site.pk,
        "72 59 61 14",
    ]
    assert list(form.fields["site"].queryset) == [site]
    assert 'value="print" selected' in words(page)


def test_an_employee_files_a_ticket_with_a_file(client, mette):
    make_agreement()
    category = make_category("print")
    upload = SimpleUploadedFile("fejl.png", PNG, "image/png")
    response = client.post(address("file"), new_ticket(files=[upload], phone="72 00 00 00"), follow=True)
    ticket = Ticket.objects.get()
    assert response.redirect_chain == [(address("ticket", ticket.number), 302)]
    assert (ticket.requester, ticket.category, ticket.priority, ticket.status) == (mette, category, 2, Status.NEW)
    assert [(file.name, file.size) for file in ticket.attachments.all()] == [("fejl.png", len(PNG))]
    assert str(ticket.number) in str(next(iter(response.context["messages"])))
    mette.refresh_from_db()
    assert mette.phone == "72 00 00 00"


def test_a_form_with_a_mistake_keeps_what_was_typed(client, mette):
    make_category("print")
    response = client.post(address("file"), new_ticket(subject="", impact="7"))
    assert response.status_code == 422
    assert sorted(response.context["form"].errors) == ["impact", "subject"]
    assert "Den siger papirstop." in words(response)
    assert not Ticket.objects.exists()


def test_a_place_of_another_municipality_cannot_be_chosen(client, mette):
    make_category("print")
    elsewhere = make_site(make_municipality("Sydby"))
    response = client.post(address("file"), new_ticket(site=str(elsewhere.pk)))
    assert list(response.context["form"].errors) == ["site"]


def test_staff_of_the_desk_file_as_employees_of_the_operator(client):
    agent = make_agent(make_municipality())
    roles.give(agent, "requester")
    make_agreement()
    make_category("print")
    client.force_login(agent)
    client.post(address("file"), new_ticket())
    ticket = Ticket.objects.get()
    assert (ticket.municipality, ticket.requester) == (agent.municipality, agent)
    assert client.get(address("ticket", ticket.number)).status_code == 200


# My tickets


def test_my_tickets_are_open_or_ended(client, mette):
    own = make_ticket(requester=mette, at=MONDAY)
    later = make_ticket(requester=mette, at=MONDAY + HOUR)
    ended = make_ticket(requester=mette)
    lifecycle.close(ended, by=mette, at=MONDAY + HOUR)
    make_ticket(requester=make_requester(mette.municipality))
    assert list(client.get(address("mine")).context["page"].object_list) == [later, own]
    assert list(client.get(address("mine"), {"vis": "afsluttede"}).context["page"].object_list) == [ended]


def test_a_department_shares_its_tickets_when_the_municipality_says_so(client, mette):
    mette.department = "Borgerservice"
    mette.save()
    colleague = make_requester(mette.municipality, department="Borgerservice")
    ticket = make_ticket(requester=colleague)
    assert client.get(address("ticket", ticket.number)).status_code == 404
    mette.municipality.shares_department_tickets = True
    mette.municipality.save()
    page = client.get(address("ticket", ticket.number))
    assert page.status_code == 200
    assert address("answer", ticket.number) not in words(page)
    for verb in ("answer", "add_files", "close", "reopen"):
        assert client.post(address(verb, ticket.number), {"body": "Hej"}).status_code == 404


# One ticket


def test_a_foreign_ticket_and_no_ticket_are_the_same(client, mette):
    foreign = make_ticket(make_municipality("Sydby"))
    colleague = make_ticket(requester=make_requester(mette.municipality))
    for number in (foreign.number, colleague.number, 1, 99999999999999999999):
        assert client.get(f"/sager/{number}/").status_code == 404


def test_the_conversation_has_no_internal_notes(client, mette):
    ticket = make_ticket(requester=mette, description="Den blinker rødt.")
    agent = make_agent(mette.municipality, name="Sara Lindqvist")
    lifecycle.take(ticket, by=agent, at=MONDAY + HOUR)
    lifecycle.note(ticket, by=agent, body="Brugeren har hældt kaffe i den.", at=MONDAY + HOUR)
    lifecycle.reply(ticket, by=agent, body="Vi kommer forbi.", at=MONDAY + HOUR)
    lifecycle.register_time(ticket, by=agent, minutes=17, at=MONDAY + HOUR)
    page = client.get(address("ticket", ticket.number))
    assert [entry.body or entry.icon for entry in page.context["thread"]] == [
        "Vi kommer forbi.",
        "person",
        "Den blinker rødt.",
    ]
    assert "kaffe" not in words(page)


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        (Status.NEW, ("now", "", "", "")),
        (Status.OPEN, ("done", "now", "", "")),
        (Status.WAITING_REQUESTER, ("done", "done", "asks", "")),
        (Status.WAITING_VENDOR, ("done", "done", "now", "")),
        (Status.CLOSED, ("done", "done", "done", "done")),
    ],
)
def test_progress_has_four_steps(status, steps):
    from tickets.views.portal import steps as steps_of

    assert steps_of(Ticket(status=status)) == steps


def test_a_ticket_that_waits_for_the_requester_asks_and_takes_the_answer(client, mette):
    ticket = make_ticket(requester=mette)
    agent = make_agent(mette.municipality, name="Sara Lindqvist")
    lifecycle.reply(ticket, by=agent, body="Hvilken printer?", and_wait=True, at=MONDAY + HOUR)
    page = client.get(address("ticket", ticket.number))
    assert page.context["question"].body == "Hvilken printer?"
    assert "sd-ask" in words(page)
    upload = SimpleUploadedFile("printer.png", PNG, "image/png")
    response = client.post(address("answer", ticket.number), {"body": "Den på gangen.", "files": [upload]})
    assert response["Location"] == address("ticket", ticket.number)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.has_answer) == (Status.OPEN, True)
    message = ticket.messages.last()
    assert (message.body, message.author, message.attachments.get().name) == ("Den på gangen.", mette, "printer.png")
    assert "sd-ask" not in words(client.get(address("ticket", ticket.number)))


def test_an_empty_answer_is_refused_and_a_refused_file_keeps_the_text(client, mette):
    ticket = make_ticket(requester=mette)
    assert client.post(address("answer", ticket.number), {"body": "  "}).status_code == 422
    bad = SimpleUploadedFile("virus.exe", b"MZ\x90\x00", "application/octet-stream")
    response = client.post(address("answer", ticket.number), {"body": "Min lange tekst", "files": [bad]})
    assert response.status_code == 422
    assert "Min lange tekst" in words(response)
    assert not ticket.messages.exists()


def test_an_answer_to_an_ended_ticket_says_why_and_keeps_the_text(client, mette):
    ticket = make_ticket(requester=mette)
    lifecycle.resolve(ticket, by=make_agent(mette.municipality), solution="Ny toner.", at=MONDAY + HOUR)
    response = client.post(address("answer", ticket.number), {"body": "Min lange tekst"})
    assert response.status_code == 409
    assert "Min lange tekst" in words(response)
    assert len(response.context["form"].non_field_errors()) == 1


def test_files_are_added_later(client, mette):
    ticket = make_ticket(requester=mette)
    assert client.post(address("add_files", ticket.number)).status_code == 422
    client.post(address("add_files", ticket.number), {"files": [SimpleUploadedFile("log.txt", b"fejl 7")]})
    page = client.get(address("ticket", ticket.number))
    assert [[file.name for file in entry.files] for entry in page.context["thread"]] == [["log.txt"], []]
    event = ticket.events.get(kind="attachment")
    assert (event.actor, event.data) == (mette, {"attachments": [ticket.attachments.get().pk]})
    ticket.refresh_from_db()
    assert (ticket.has_answer, ticket.status) == (True, Status.NEW)


def test_a_file_added_to_an_ended_ticket_asks_for_nothing(client, mette):
    ticket = make_ticket(requester=mette)
    lifecycle.resolve(ticket, by=make_agent(mette.municipality), solution="Ny toner.", at=MONDAY + HOUR)
    client.post(address("add_files", ticket.number), {"files": [SimpleUploadedFile("log.txt", b"fejl 7")]})
    ticket.refresh_from_db()
    assert (ticket.has_answer, ticket.status, ticket.attachments.count()) == (False, Status.RESOLVED, 1)


# Who may create tickets


@pytest.fixture
def guest(client):
    """Works for the municipality without the grant to file."""
    guest = make_person(make_municipality("Nordby"))
    client.force_login(guest)
    return guest


def test_who_may_not_file_is_told_so_at_the_form_and_finds_no_way_to_it(client, guest):
    make_category("print", name="Print og scan")
    for response in (client.get(address("file")), client.post(address("file"), new_ticket())):
        assert response.status_code == 403
        assert "Din konto må ikke oprette sager." in words(response)
    assert not Ticket.objects.exists()
    for page in (address("home"), f"{address('home')}?q=print", address("mine")):
        assert address("file") not in words(client.get(page))


def test_who_may_not_file_may_not_by_the_api_either(client, guest):
    make_category("print", name="Print og scan")
    make_agreement()
    data = {"subject": "Død", "description": "Sort.", "category": "print", "impact": 3, "urgency": 2}
    _token, key = AuthToken.objects.create(user=guest)
    headers = {"authorization": f"Token {key}"}
    answer = client.post("/api/tickets/", data, headers=headers)
    assert (answer.status_code, Ticket.objects.count()) == (403, 0)
    assert answer.json()["detail"].startswith("Din konto må ikke oprette sager.")
    roles.give(guest, "requester")
    assert client.post("/api/tickets/", data, headers=headers).status_code == 201


def test_the_requester_closes_and_reopens(client, mette):
    now = timezone.now()
    ticket = make_ticket(requester=mette, at=now - HOUR)
    lifecycle.resolve(ticket, by=make_agent(mette.municipality), solution="Ny toner.", at=now)
    assert "Ny toner." in words(client.get(address("ticket", ticket.number)))
    client.post(address("close", ticket.number))
    ticket.refresh_from_db()
    assert ticket.status == Status.CLOSED
    client.post(address("reopen", ticket.number), {"body": "Den blinker igen."})
    ticket.refresh_from_db()
    assert (ticket.status, ticket.reopened_count, ticket.messages.get().body) == (Status.OPEN, 1, "Den blinker igen.")


def test_what_cannot_be_closed_says_so(client, mette):
    ticket = make_ticket(requester=mette)
    lifecycle.cancel(ticket, by=mette, reason="withdrawn", at=MONDAY + HOUR)
    response = client.post(address("close", ticket.number))
    assert response.status_code == 409
    assert len(response.context["form"].non_field_errors()) == 1


@pytest.mark.parametrize("name", ["answer", "add_files", "close", "reopen"])
def test_every_verb_has_a_page_of_its_own(client, mette, name):
    ticket = make_ticket(requester=mette)
    page = client.get(address(name, ticket.number))
    assert page.status_code == 200
    assert 'method="post"' in words(page)
    ticket.refresh_from_db()
    assert ticket.status == Status.NEW


def test_the_pages_speak_english_too(client, mette):
    ticket = make_ticket(requester=mette)
    page = client.get(f"/en/sager/{ticket.number}/")
    assert "About the ticket" in words(page)
