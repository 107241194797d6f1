"""Who opens which page. What is not yours answers as if it were not there."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing import figures, imports, periods, rules
from billing.capacity import exchange
from billing.invoicing import drafts, issuing
from billing.models import (
    Budget,
    DeskFigure,
    LedgerLine,
    Lesson,
    Period,
    ReportSubscription,
    Resource,
    RunRequest,
    Upload,
)
from billing.reports import publishing
from billing.settlement import budget_file
from billing.settlement.budget import fix_budget
from municipalities import roles
from tests.billing.invoicing.community import Community
from tests.billing.world import NOON, OCTOBER, World, make_finance
from tests.factories import make_agent, make_director, make_person, make_requester, make_ticket
from tickets import lifecycle
from tickets.levels import totals
from tickets.levels.measuring import measure

pytestmark = pytest.mark.django_db

# URL name → (arguments, method, who may): see ALLOWED.
ROUTES = {
    "billing:overview": ([], "get", "totals"),
    "billing:statements": ([], "get", "totals"),
    "billing:statement": (["2026-10", "egedal"], "get", "totals"),
    "billing:pdf": (["2026-10", "egedal"], "get", "totals"),
    "billing:postings": (["2026-10"], "get", "readers"),
    "billing:newest_postings": ([], "get", "readers"),
    "billing:posting_file": (["2026-10", "egedal"], "get", "own"),
    "billing:posting_layout": (["egedal"], "get", "own finance"),
    "billing:subscriptions": ([], "get", "readers"),
    "billing:subscription_end": (["SUBSCRIPTION"], "post", "own finance"),
    "billing:invoice_mail": (["INVOICE"], "post", "finance"),
    "billing:invoice_instalment": (["2026-10", "egedal"], "get", "finance"),
    "billing:keys": ([], "get", "totals"),
    "billing:key": (["desk"], "get", "totals"),
    "billing:key_new": (["desk"], "get", "finance"),
    "billing:pool_new": ([], "get", "finance"),
    "billing:giving_new": (["desk"], "get", "finance"),
    "billing:invoices": ([], "get", "readers"),
    "billing:invoice": (["INVOICE"], "get", "own"),
    "billing:invoice_file": (["INVOICE", "oioubl"], "get", "own"),
    "billing:invoice_draft": (["2026-10", "egedal"], "get", "finance"),
    "billing:invoice_details": (["egedal"], "get", "own finance"),
    "billing:invoice_credit": (["INVOICE"], "post", "finance"),
    "billing:invoice_dispatch": (["INVOICE"], "post", "finance"),
    "billing:savings": ([], "get", "totals"),
    "billing:key_figures": ([], "get", "totals"),
    "billing:experience": ([], "get", "totals"),
    "billing:experience_csv": ([], "get", "totals"),
    "billing:experience_xlsx": ([], "get", "totals"),
    "billing:lesson": ([], "get", "writers"),
    "billing:lesson_withdrawal": (["LESSON"], "post", "author"),
    "billing:publications": ([], "get", "publishers"),
    "billing:publication_withdrawal": (["VERSION"], "post", "publishers"),
    "billing:indices": ([], "get", "finance"),
    "billing:baseline": (["egedal"], "get", "finance"),
    "billing:capacity_now": ([], "get", "totals"),
    "billing:capacity": (["2026-10"], "get", "totals"),
    "billing:systems": ([], "get", "totals"),
    "billing:meter": (["2026-10"], "get", "finance"),
    "billing:trade": (["2026-10"], "get", "finance"),
    "billing:cancellation": (["2026-10", "TRADE"], "get", "finance"),
    "billing:simulator": ([], "get", "totals"),
    "billing:simulator_csv": ([], "get", "totals"),
    "billing:simulator_xlsx": ([], "get", "totals"),
    "billing:years": ([], "get", "totals"),
    "billing:year": (["2026"], "get", "totals"),
    "billing:year_csv": (["2026"], "get", "totals"),
    "billing:year_xlsx": (["2026"], "get", "totals"),
    "billing:budget": (["2025"], "get", "finance"),
    "billing:budget_fix": (["2025"], "post", "finance"),
    "billing:budget_import": (["2025"], "get", "finance"),
    "billing:budget_preview": (["2025", "BUDGET"], "get", "finance"),
    "billing:budget_rejects": (["2025", "BUDGET"], "get", "finance"),
    "billing:budget_confirmation": (["2025", "BUDGET"], "post", "finance"),
    "billing:invoice_year": (["2026", "egedal"], "get", "finance"),
    "billing:invoice_capacity": (["2026-10", "egedal"], "get", "finance"),
    "billing:members": ([], "get", "finance"),
    "billing:joining": ([], "post", "finance"),
    "billing:leaving": ([], "post", "finance"),
    "billing:contract": ([], "post", "finance"),
    "billing:entries": (["2026-10", "egedal"], "get", "own"),
    "billing:csv": (["2026-10", "egedal"], "get", "own"),
    "billing:xlsx": (["2026-10", "egedal"], "get", "own"),
    "billing:imports": ([], "get", "finance"),
    "billing:import": (["UPLOAD"], "get", "finance"),
    "billing:import_rejects": (["UPLOAD"], "get", "finance"),
    "billing:import_confirmation": (["UPLOAD"], "post", "finance"),
    "billing:line": (["LINE"], "get", "totals"),
    "billing:work_list": ([], "get", "finance"),
    "billing:rules": ([], "get", "finance"),
    "billing:rules_application": ([], "post", "finance"),
    "billing:rule_end": (["RULE"], "post", "finance"),
    "billing:periods": ([], "get", "finance"),
    "billing:period": (["2026-10"], "get", "finance"),
    "billing:calculation": (["2026-10"], "post", "finance"),
    "billing:approval": (["2026-10"], "post", "finance"),
    "billing:closing": (["2026-10"], "post", "finance"),
    "billing:quantities": (["2026-10"], "post", "finance"),
    "billing:statements_sending": (["2026-10"], "post", "finance"),
    "billing:evidence": (["2026-10", "VALUE"], "get", "finance"),
    "billing:correction": (["2026-10"], "get", "finance"),
    "billing:correction_booking": (["2026-10"], "post", "finance"),
    "billing:value_correction": (["2026-10"], "post", "finance"),
    "billing:assignment": (["2026-10", "LINE"], "post", "finance"),
}
# What is published is for anybody, also without signing in (tests/billing/reports/test_publishing.py).
PUBLIC = {"billing:published", "billing:published_version", "billing:published_file"}
TOTALS = {"totals", "writers"}
READERS = {*TOTALS, "readers"}  # of the entries of some municipality
OWN = {*READERS, "own", "author"}
# Every role, at home in Egedal or elsewhere, and what of the table above it opens of Egedal's.
ALLOWED = {
    "requester": set(), "agent": set(), "administrator": set(), "lead": {*TOTALS, "publishers"},
    "director of Ballerup": READERS, "director of Furesoe": READERS, "director of Egedal": OWN,
    "municipal finance of Furesoe": READERS, "municipal finance of Egedal": {*OWN, "own finance"},
    "finance": {*READERS, "own", "finance", "own finance", "publishers"}, "finance of Ballerup only": READERS,
}  # fmt: skip


def calculated():
    world = Community()
    world.lines()
    world.loose = world.line("U1", 100)
    periods.calculate(world.october, by=world.lone, at=NOON)
    text = "Id;Dato;Beløb\nX1;31-10-2026;1,00\n"
    world.rule = rules.add_rule(vendor="Ingen", pool=world.desk, paid_by=None, valid_from=OCTOBER, by=world.lone)
    lines = [drafts.DraftLine("A conto", 100)]
    draft = drafts.of_amount(
        world.egedal, kind="on_account", source="1", first_day=OCTOBER, last_day=OCTOBER, lines=lines
    )
    world.plan(2026)
    world.subscription = ReportSubscription.objects.create(
        municipality=world.egedal, recipient=world.clerk, kind="statement", created_by=world.lone, created_at=NOON
    )
    world.invoice = issuing.issue(draft, by=world.lone, at=NOON)
    world.trade = traded(world)
    world.lesson = Lesson.objects.create(
        municipality=world.egedal, title="Mål tidligt", text="Ja.", created_by=world.lone, created_at=NOON
    )
    world.version = publishing.publish(by=world.lone, at=NOON)
    Budget.objects.create(pool=world.desk, month=OCTOBER, amount_ore=2_000_000)
    fix_budget(2026, basis=world.october.runs.get(is_current=True), by=world.lone)
    sheet = "Pulje;Måned;Beløb\ndesk;2025-01;1,00\n".encode()
    world.budget = budget_file.receive(2025, data=sheet, name="b.csv", by=world.lone, at=NOON)
    world.upload = imports.receive(data=text.encode(), name="x.csv", source="erp", by=world.lone, at=NOON)
    return world


def traded(world):
    storage = Resource.objects.create(code="storage", name="Lager", unit="TB")
    exchange.meter(world.egedal, storage, world.october, owned=Decimal(9), used=Decimal(1), by=world.lone, at=NOON)
    return exchange.trade(
        world.october, storage, kind="loan", seller=world.egedal, buyer=world.ballerup, units=Decimal(1),
        unit_price=Decimal(0), agreement="Aftale 1", by=world.lone, at=NOON,
    )  # fmt: skip


def somebody(world, who):
    role, _of, home = who.partition(" of ")
    if who == "finance of Ballerup only":
        return make_finance(world.operator, [world.ballerup])
    owner = {"Ballerup": world.ballerup, "Furesoe": world.furesoe}.get(home, world.egedal)
    return {
        "requester": lambda: make_requester(world.egedal),
        "agent": lambda: make_agent(*world.members),
        "lead": lambda: make_agent(*world.members, role="lead"),
        "administrator": lambda: holder("administrator", world.operator, world.members),
        "director": lambda: make_director(owner),
        "municipal finance": lambda: holder("municipal_finance", owner, [owner]),
        "finance": lambda: world.per,
    }[role]()


def holder(role, home, municipalities):
    person = make_person(home)
    roles.give(person, role, municipalities=municipalities)
    return person


# What stands for an argument that nothing has.
NOT_THERE = {"2026-10": "2031-01", "egedal": "nowhere", "desk": "nowhere", "INVOICE": "2031-99999"}
NOTHING = 999_999_999


def known_ids(world):
    return {
        "BUDGET": world.budget.pk, "VERSION": world.version.number,
        "UPLOAD": world.upload.pk, "LINE": world.loose.pk, "RULE": world.rule.pk, "INVOICE": world.invoice.code,
        "SUBSCRIPTION": world.subscription.pk, "VALUE": world.inhabitants.values.first().pk,
        "LESSON": world.lesson.pk, "TRADE": world.trade.pk,
    }  # fmt: skip


def visit(client, world, name):
    arguments, method, _who = ROUTES[name]
    known = known_ids(world)
    return getattr(client, method)(reverse(name, args=[known.get(argument, argument) for argument in arguments]))


def visit_in_vain(client, name):
    """The same address with an id that nothing has; None where no argument names a thing."""
    arguments, method, _who = ROUTES[name]
    absent = [NOT_THERE.get(argument, NOTHING if argument.isupper() else argument) for argument in arguments]
    return getattr(client, method)(reverse(name, args=absent)) if absent != arguments else None


@pytest.mark.parametrize("who", ALLOWED)
def test_every_page_opens_for_those_it_is_for_and_is_not_there_for_others(client, who):
    world = calculated()
    client.force_login(somebody(world, who))

    for name, (_arguments, _method, rights) in ROUTES.items():
        absent, found = visit_in_vain(client, name), visit(client, world, name)
        opens = rights in ALLOWED[who]
        assert found.status_code in ((200, 302, 409, 422) if opens else (404,)), (name, found.status_code)
        if absent is not None:
            assert absent.status_code in ((404, 302, 200) if opens else (404,)), name
        if absent is not None and not opens:
            assert told(found) == told(absent), f"{name} tells that somebody else's exists"


def told(response):
    """What the page of a 404 says, without the tokens that differ from one request to the next."""
    return re.sub(r"[A-Za-z0-9]{32,}", "", response.content.decode())


def test_nobody_is_sent_to_sign_in(client):
    world = calculated()

    for name in ROUTES:
        response = visit(client, world, name)
        assert (response.status_code, name) == (302, name)
        assert response["Location"].startswith(reverse("municipalities:login"))


def test_this_table_names_every_address_of_billing():
    from billing.urls import urlpatterns

    assert {f"billing:{pattern.name}" for pattern in urlpatterns} == set(ROUTES) | PUBLIC


def test_a_director_reads_the_entries_of_the_own_municipality_only(client):
    world = calculated()
    client.force_login(make_director(world.egedal))

    statuses = {
        slug: client.get(reverse("billing:entries", args=["2026-10", slug])).status_code
        for slug in ("ballerup", "furesoe", "egedal", world.operator.slug, "nowhere")
    }

    assert statuses == {"ballerup": 404, "furesoe": 404, "egedal": 200, world.operator.slug: 404, "nowhere": 404}


def test_a_statement_page_of_another_offers_no_entries(client):
    world = calculated()
    client.force_login(make_director(world.ballerup))

    html = client.get(reverse("billing:statement", args=["2026-10", "egedal"])).content.decode()

    assert reverse("billing:entries", args=["2026-10", "egedal"]) not in html
    assert reverse("billing:xlsx", args=["2026-10", "egedal"]) not in html


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "2025-01", "0000-01"])
def test_a_month_that_is_not_there_is_not_found(client, month):
    world = calculated()
    client.force_login(world.per)

    assert client.get(f"/ledelse/periode/{month}/").status_code == 404
    assert client.get(f"/ledelse/afregning/{month}/egedal/").status_code == 404


def test_finance_imports_calculates_and_another_approves_and_closes(client, django_capture_on_commit_callbacks):
    world = calculated()
    client.force_login(world.lone)
    client.post(reverse("billing:import_confirmation", args=[world.upload.pk]))
    for line in LedgerLine.objects.unassigned():
        url = reverse("billing:assignment", args=["2026-10", line.pk])
        assert client.post(url, {f"l{line.pk}-pool": world.security.pk}).status_code == 302
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("billing:calculation", args=["2026-10"]))
    own = client.post(reverse("billing:approval", args=["2026-10"]))
    client.force_login(world.per)
    approved = client.post(reverse("billing:approval", args=["2026-10"]))
    closed = client.post(reverse("billing:closing", args=["2026-10"]))

    period = Period.objects.get()
    assert (own.status_code, approved.status_code, closed.status_code) == (409, 302, 302)
    assert (period.state, period.calculated_by, period.approved_by) == ("closed", world.lone, world.per)
    assert period.runs.get(is_current=True).ledger_ore == 64_202_401 + 100 + 100
    assert not Upload.objects.filter(budget_year=None).exists()
    assert RunRequest.objects.get().fault is None


def test_quantities_are_entered_with_a_decimal_comma(client):
    world = calculated()
    client.force_login(world.lone)
    fields = {f"inhabitants_{member.code}": "48.000,5" for member in world.members}

    client.post(reverse("billing:quantities", args=["2026-10"]), fields)

    values = world.inhabitants.values.values_list("value", flat=True)
    assert [str(value) for value in values] == ["48000.500000"] * 3


@pytest.mark.parametrize("text", ["48.00", "-1", "1,2,3", "abc", "48000.5"])
def test_what_is_no_quantity_is_refused_and_the_old_value_stays(client, text):
    world = calculated()
    client.force_login(world.lone)

    client.post(reverse("billing:quantities", args=["2026-10"]), {"inhabitants_151": text})

    assert world.inhabitants.values.get(municipality=world.ballerup).value == 48_000


def test_a_file_is_previewed_with_its_faults_before_anything_is_stored(client):
    from django.core.files.uploadedfile import SimpleUploadedFile

    world = calculated()
    client.force_login(world.lone)
    file = SimpleUploadedFile("fejl.csv", "Id;Dato;Beløb\nY1;31-10-2026;1.00\n".encode("cp1252"))

    response = client.post(reverse("billing:imports"), {"file": file, "source": "erp"}, follow=True)

    html = response.content.decode()
    assert "»1.00«" in html
    assert "fejl.csv" in html
    assert not LedgerLine.objects.filter(external_id="Y1").exists()


def test_a_file_that_is_no_table_gives_a_form_error(client):
    from django.core.files.uploadedfile import SimpleUploadedFile

    world = calculated()
    client.force_login(world.lone)

    response = client.post(
        reverse("billing:imports"), {"file": SimpleUploadedFile("x.xlsx", b"PK\x00"), "source": "erp"}
    )

    assert response.status_code == 422
    assert response.context["form"].errors["file"]


# The overview is eight reports on one page, and a statement four; the bell of the header asks one question everywhere.
QUERIES = {"overview": 22, "statements": 12, "statement": 14, "entries": 15, "keys": 12}


@pytest.mark.parametrize("name", QUERIES)
def test_a_report_keeps_to_its_queries(client, name):
    world = calculated()
    figures.measure(now=datetime(2026, 11, 1, 12, 0, tzinfo=UTC))
    client.force_login(make_director(world.egedal))
    arguments = ROUTES[f"billing:{name}"][0]

    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(reverse(f"billing:{name}", args=arguments)).status_code == 200

    reads = [
        query["sql"] for query in queries if query["sql"].startswith("SELECT") and "set_config" not in query["sql"]
    ]
    assert len(reads) <= QUERIES[name], "\n".join(reads)


def test_promises_and_tickets_of_all_are_counted_as_totals(client):
    world = calculated()
    at = datetime(2026, 10, 5, 7, 0, tzinfo=UTC)
    ticket = make_ticket(world.egedal, at=at)
    lifecycle.resolve(ticket, by=make_agent(world.egedal), solution="Ok.", at=datetime(2026, 10, 5, 7, 30, tzinfo=UTC))
    make_ticket(world.ballerup, at=at)

    now = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
    figures.measure(now=now)
    measure(first=OCTOBER, last=OCTOBER, now=now)

    row = totals.of_month(OCTOBER)["resolution"][world.egedal.pk]
    week = DeskFigure.objects.filter(monday=date(2026, 10, 5)).order_by("municipality__code")
    assert (row.met, row.breached) == (1, 0)
    assert [(w.municipality.slug, w.received, w.solved, w.still_open) for w in week] == [
        ("ballerup", 1, 0, 1), ("furesoe", 0, 0, 0), ("egedal", 1, 1, 0),
    ]  # fmt: skip
    client.force_login(make_director(world.furesoe))
    seen = client.get(reverse("billing:overview")).context["seen"]
    assert (seen.open_count, seen.service["resolution"][world.egedal.pk].met) == (1, 1)


def test_the_overview_without_a_calculated_month_says_so(client):
    world = World()
    client.force_login(make_director(world.egedal))

    response = client.get(reverse("billing:overview"), {"periode": "nonsens"})

    assert response.status_code == 200
    assert "billing/overview_empty.html" in [template.name for template in response.templates]


def test_the_overview_keeps_to_the_month_that_was_asked_for(client):
    world = calculated()
    september = world.period(date(2026, 9, 1))
    world.lines(september, prefix="9")
    periods.calculate(september, by=world.lone, at=NOON)
    client.force_login(make_director(world.egedal))

    seen = client.get(reverse("billing:overview"), {"periode": "2026-09"}).context["seen"]

    assert (seen.period.code, seen.total_ore, [period.code for period in seen.choices]) == (
        "2026-09", 64_202_401, ["2026-10", "2026-09"],
    )  # fmt: skip
