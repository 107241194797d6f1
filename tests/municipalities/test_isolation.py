"""Every address the resolver knows, visited by people who have nothing to do with the municipality."""

import re

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.shortcuts import resolve_url
from django.urls import URLPattern, get_resolver

from billing import periods
from billing.invoicing import drafts, issuing
from billing.models import LedgerLine, Period, RunRequest
from servicecenter.tenancy.scope import Scope, enter
from tests.billing.invoicing.community import AT, OCTOBER, Community
from tests.billing.world import NOON
from tests.factories import MONDAY, make_agent, make_director, make_municipality, make_requester, make_ticket
from tests.municipalities.answers import ABSENT, ANSWERS, ONWARD, OWN, POST_ONLY, REFUSED, SIGN_IN
from tickets import attachments, lifecycle
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
SECRETS = [
    "Hemmelig fejl",
    "Hemmelig forklaring",
    "Hemmelig note",
    "hemmelig.txt",
    "Nora Hemmelig",
    "Hemmelig postering",
]
VISITORS = ("employee", "director", "anonymous")


def every_url(resolver=None, prefix="", namespaces=()):
    """(name, route) of every address, nested ones with their prefix."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield ":".join([*namespaces, pattern.name or route]), route
        else:
            yield from every_url(pattern, route, (*namespaces, pattern.namespace) if pattern.namespace else namespaces)


def filled(route, values):
    """The address with its parameters: both `<int:number>` and `(?P<number>…)`."""
    route = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda match: str(values[match[1]]), route)
    route = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match[1]]), route)
    return "/" + route.replace("^", "").replace("$", "").replace("\\", "")


URLS = sorted(set(every_url()))


@pytest.fixture
def world():
    return Community()


@pytest.fixture
def secret(world):
    """Egedal with something to hide: a ticket with a text, a note, a file and a name, and an entry of its ledger."""
    world.lines()
    world.line("secret", 100, world.nexus, owner=world.egedal, text="Hemmelig postering")
    periods.calculate(world.october, by=world.lone, at=NOON)
    requester = make_requester(world.egedal, name="Nora Hemmelig")
    ticket = make_ticket(requester=requester, subject="Hemmelig fejl", description="Hemmelig forklaring")
    agent = make_agent(world.egedal)
    lifecycle.note(ticket, by=agent, body="Hemmelig note", at=MONDAY)
    attachments.store(ticket, [SimpleUploadedFile("hemmelig.txt", b"hemmeligt")], by=requester, at=MONDAY)
    return ticket


@pytest.fixture
def values(secret, world):
    return {
        "number": secret.number,
        "code": secret.queue.code,
        "token": secret.attachments.get().token,
        "uidb64": "MQ",
        "slug": secret.municipality.slug,
        "month": "2026-10",
        "year": "2026",
        "pk": LedgerLine.objects.get(external_id="secret").pk,
        "invoice_number": secret_invoice(world).code,
        "file_format": "oioubl",
        "object_id": secret.pk,
        "content_type_id": 1,
        "app_label": "tickets",
        "url": "unknown",
    }


def secret_invoice(world):
    lines = [drafts.DraftLine("Hemmelig postering", 100)]
    draft = drafts.of_amount(
        world.egedal, kind="on_account", source="test", first_day=OCTOBER, last_day=OCTOBER, lines=lines
    )
    return issuing.issue(draft, by=world.lone, at=AT)


@pytest.fixture(params=VISITORS)
def visitor(request, client, world):
    """Somebody of Furesø, or nobody we know."""
    if request.param != "anonymous":
        make = make_requester if request.param == "employee" else make_director
        client.force_login(make(world.furesoe))
    return request.param


def answer_to(response):
    if response.status_code in (301, 302):
        is_door = resolve_url(settings.LOGIN_URL) in response["Location"] or "/admin/login/" in response["Location"]
        return SIGN_IN if is_door else ONWARD
    named = {404: ABSENT, 401: REFUSED, 405: POST_ONLY, 200: OWN}
    return named.get(response.status_code, f"status {response.status_code}")


def content(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def expected(name, visitor):
    return ANSWERS[name][VISITORS.index(visitor)]


def test_every_address_has_its_row_and_every_row_its_address():
    names = {name for name, _ in URLS}
    assert sorted(names - set(ANSWERS)) == []
    assert sorted(set(ANSWERS) - names) == []


def test_strangers_get_the_expected_answer_everywhere(client, secret, values, visitor):
    found, wanted, leaks = {}, {}, []
    for name, route in URLS:
        response = client.get(filled(route, values))
        found[name, route], wanted[name, route] = answer_to(response), expected(name, visitor)
        text = content(response).decode(errors="replace")
        leaks += [(name, secret) for secret in SECRETS if secret in text]
    assert {url: (found[url], wanted[url]) for url in found if found[url] != wanted[url]} == {}
    assert leaks == []


FORM = {
    "body": "Hej", "solution": "Ok.", "reason": "spam", "minutes": 5, "status": "waiting_requester", "priority": 1,
    "queue": 1, "to": "",
}  # fmt: skip


def test_strangers_change_nothing(client, secret, values, visitor):
    before = state_of(secret)
    # What leads on is the visitor's own page: it may refuse the form, and changes nothing of Egedal's either.
    own = {ONWARD, POST_ONLY, "status 422"}
    allowed = {ABSENT: {ABSENT, POST_ONLY}, POST_ONLY: {ABSENT}, SIGN_IN: {SIGN_IN}, ONWARD: own}
    for name, route in URLS:
        if name.startswith(("tickets:", "billing:")) and expected(name, visitor) != OWN:
            response = client.post(filled(route, values), FORM | {"files": [SimpleUploadedFile("a.txt", b"a")]})
            assert answer_to(response) in allowed[expected(name, visitor)], name
    assert state_of(secret) == before


def state_of(ticket):
    """Everything a stranger's form could have changed."""
    return (
        Ticket.objects.filter(pk=ticket.pk).values().get(),
        ticket.events.count(),
        ticket.attachments.count(),
        ticket.time_entries.count(),
        list(LedgerLine.objects.order_by("pk").values()),
        list(Period.objects.order_by("pk").values()),
        list(RunRequest.objects.values_list("pk")),
    )


def test_a_select_without_where_returns_only_rows_of_the_scope(secret):
    sydby = make_ticket(make_municipality("Sydby"))
    tables = ["tickets_ticket", "tickets_message", "tickets_event", "tickets_attachment", "tickets_clock"]
    seen = {}
    for municipality in (None, sydby.municipality_id, secret.municipality_id):
        enter(Scope(() if municipality is None else (municipality,)))
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"SELECT DISTINCT municipality_id FROM {table}")
                seen[municipality, table] = [pk for (pk,) in cursor.fetchall()]
    only_filed = {"tickets_message": [], "tickets_attachment": []}  # Sydby's ticket has neither
    assert seen == {
        **{(None, table): [] for table in tables},
        **{(sydby.municipality_id, table): only_filed.get(table, [sydby.municipality_id]) for table in tables},
        **{(secret.municipality_id, table): [secret.municipality_id] for table in tables},
    }
