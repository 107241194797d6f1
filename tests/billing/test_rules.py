"""Rules send lines to pools; what no rule fits waits in the work list."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing import imports, periods, rules
from billing.models import AssignmentRule, LedgerLine, SourceMapping
from tests.billing.test_imports import HEADER, upload
from tests.billing.world import NOON, OCTOBER, World

pytestmark = pytest.mark.django_db


def rule(world, pool=None, **fields):
    return rules.add_rule(pool=pool, by=world.lone, **{"valid_from": OCTOBER, "paid_by": None} | fields)


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ({"vendor": "atea a/s"}, True), ({"vendor": "Atea"}, False), ({"vendor": "Atea*"}, True),
        ({"vendor": "*"}, True),
        ({"account": "4510"}, True), ({"account": "45*"}, True), ({"account": "46*"}, False),
        ({"contract": "K-7"}, True), ({"vendor": "Atea*", "account": "46*"}, False),
        ({"vendor": "Atea*", "account": "45*", "contract": "k-7"}, True),
    ],
)  # fmt: skip
def test_every_given_condition_must_hold(condition, fits):
    world = World()
    line = world.line("L1", 1, vendor="Atea A/S", account="4510", contract="K-7")

    assert rule(world, world.desk, **condition).fits(line) is fits


def test_the_first_rule_in_force_decides():
    world = World()
    rule(world, world.security, vendor="Atea*", position=20)
    wanted = rule(world, world.desk, vendor="Atea*", account="45*", position=10)
    old = rule(world, world.overhead, vendor="Atea*", position=1, valid_from=date(2020, 1, 1))
    rules.end_rule(old, on=OCTOBER, by=world.lone)
    line = world.line("L1", 1, vendor="Atea A/S", account="4510")

    assert rules.Rules().first_for(line) == wanted


def test_imported_lines_follow_the_rules_and_say_so():
    world = World()
    to_desk = rule(world, world.desk, vendor="Atea*")
    to_egedal = rule(world, world.nexus, vendor="KMD", paid_by=world.egedal)
    text = HEADER + (
        "1;31-10-2026;1,00;;;;Atea A/S;;;;\n"
        "2;31-10-2026;2,00;;;;KMD;;;;\n"
        "3;31-10-2026;3,00;;;;Atea A/S;;;security;\n"
        "4;31-10-2026;4,00;;;;Ukendt;;;;\n"
    )
    file = upload(world, text)

    assert [draft.external_id for draft in imports.preview(file).unassigned] == ["4"]
    imports.import_lines(file, by=world.lone, at=NOON)

    rows = LedgerLine.objects.order_by("external_id")
    assert [(row.pool and row.pool.code, row.municipality, row.assigned_rule) for row in rows] == [
        ("desk", world.operator, to_desk), ("nexus", world.egedal, to_egedal), ("security", world.operator, None),
        (None, world.operator, None),
    ]  # fmt: skip
    assert imports.preview(upload(world, text, "igen.csv")).known_count == 4


def test_rules_are_applied_to_what_waits_in_open_months_only():
    world = World()
    waiting = world.line("L1", 1, vendor="Atea")
    other = world.line("L2", 1, vendor="Andre")
    found = rule(world, world.desk, vendor="Atea")

    assert rules.apply_rules(by=world.per) == 1
    waiting.refresh_from_db()
    assert (waiting.pool, waiting.assigned_rule, waiting.assigned_by) == (world.desk, found, world.per)
    assert list(rules.unassigned()) == [other]
    assert rules.apply_rules(by=world.per) == 0


def test_a_rule_for_a_direct_pool_names_who_pays():
    world = World()

    with pytest.raises(periods.WrongPool):
        rule(world, world.nexus, vendor="KMD")
    with pytest.raises(periods.WrongPool):
        rule(world, world.desk, vendor="KMD", paid_by=world.egedal)


def test_a_rule_that_had_not_begun_disappears_when_it_ends():
    world = World()
    rules.end_rule(rule(world, world.desk, vendor="Atea"), on=OCTOBER, by=world.lone)

    assert not AssignmentRule.objects.exists()


def test_the_mapping_of_a_system_is_remembered_while_its_columns_are_the_same():
    world = World()
    odd = "Nr;Dag;Sum;Id\n1;31-10-2026;1,00;x\n"
    mapping = {"external_id": "Nr", "booked_on": "Dag", "amount_ore": "Sum"}
    imports.keep_mapping(upload(world, odd), mapping, by=world.lone, at=NOON)

    assert upload(world, odd, "næste.csv").mapping == mapping
    assert upload(world, "Id;Dato;Beløb\n", "andet.csv").mapping["external_id"] == "Id"
    assert SourceMapping.objects.get().source == "erp"


def test_changed_content_is_shown_side_by_side():
    world = World()
    text = HEADER + "1;31-10-2026;12,00;2026-10;;4510;Atea;F-1;Bemanding;desk;\n"
    imports.import_lines(upload(world, text), by=world.lone, at=NOON)

    found = imports.preview(upload(world, text.replace("12,00", "13,00").replace("Bemanding", "Løn")))

    (change,) = found.changes
    assert [(str(label), before, after) for label, before, after in change.cells] == [
        ("Beløb ekskl. moms", 1_200, 1_300), ("Tekst", "Bemanding", "Løn"),
    ]  # fmt: skip
    assert change.line == LedgerLine.objects.get()


def test_refused_rows_come_back_as_a_file_with_their_reason():
    world = World()
    text = (
        HEADER
        + "1;31-10-2026;-12.00;;;;=cmd;;;desk;\n2;31-10-2026;-1,00;;;;;;;ukendt;\n3;31-10-2026;1,00;;;;;;;desk;\n"
    )

    sent = upload(world, text)
    lines = imports.rejects_as_csv(sent, imports.preview(sent).faults).splitlines()

    assert lines[0].startswith("\ufeffLinje;Kolonne;Hvorfor;Id;Dato")
    assert lines[1].startswith("2;Beløb;»-12.00«")
    assert ";'=cmd;" in lines[1]
    assert ";2;31-10-2026;-1,00;" in lines[2]
    assert len(lines) == 3


def test_several_lines_are_assigned_at_once_and_a_rule_is_made_of_them(client):
    world = World()
    lines = [world.line(f"L{n}", n, vendor="Atea", account="4510", text=str(n)) for n in (1, 2, 3)]
    client.force_login(world.lone)

    response = client.post(
        reverse("billing:work_list"),
        {"lines": [line.pk for line in lines[:2]], "pool": world.desk.pk, "make_rule": "on"},
    )

    assert response.status_code == 302
    assert list(rules.unassigned()) == [lines[2]]
    made = AssignmentRule.objects.get()
    assert (made.vendor, made.account, made.contract, made.pool, made.valid_from) == (
        "Atea", "4510", "", world.desk, OCTOBER,
    )  # fmt: skip
    client.post(reverse("billing:rules_application"))
    assert not rules.unassigned().exists()


@pytest.mark.parametrize(
    "fields",
    [{}, {"pool": "desk"}, {"lines": True}, {"lines": True, "pool": "nexus"}, {"lines": True, "make_rule": "on"}],
)
def test_an_incomplete_assignment_is_refused_and_changes_nothing(client, fields):
    world = World()
    line = world.line("L1", 1)
    client.force_login(world.lone)
    if "lines" in fields:
        fields["lines"] = [line.pk]
    if "pool" in fields:
        fields["pool"] = getattr(world, fields["pool"]).pk

    response = client.post(reverse("billing:work_list"), fields)

    assert response.status_code == 422
    assert list(rules.unassigned()) == [line]


def test_a_line_opens_with_all_that_is_known_of_it_and_where_it_went(client):
    world = World()
    world.lines()
    periods.calculate(world.october, by=world.lone, at=NOON)
    client.force_login(world.lone)
    line = LedgerLine.objects.get(external_id="L1")

    html = client.get(reverse("billing:line", args=[line.pk])).content.decode()
    went = client.get(reverse("billing:line", args=[line.pk])).context["went"]

    assert "Atea" in html
    assert [(part.municipality.slug, part.exact_ore) for part in went.parts] == [
        ("ballerup", 1_234_567 * went.parts[0].share), ("furesoe", 1_234_567 * went.parts[1].share),
        ("egedal", 1_234_567 * went.parts[2].share),
    ]  # fmt: skip
    assert went.exact_ore == line.amount_ore


def test_a_direct_line_opens_for_its_municipality_only(client):
    from tests.factories import make_director

    world = World()
    world.lines()
    address = reverse("billing:line", args=[LedgerLine.objects.get(external_id="N1").pk])
    statuses = {}
    for name in ("ballerup", "egedal"):
        client.force_login(make_director(getattr(world, name)))
        statuses[name] = client.get(address).status_code

    assert statuses == {"ballerup": 404, "egedal": 200}


@pytest.mark.parametrize("name", ["work_list", "rules", "imports"])
def test_the_lists_take_at_most_twelve_queries(client, name):
    world = World()
    for number in range(30):
        world.line(f"L{number}", 1, vendor=str(number))
        rule(world, world.desk, vendor=f"x{number}")
    client.force_login(world.lone)

    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(f"billing:{name}")).status_code == 200

    reads = [q["sql"] for q in queries if q["sql"].startswith("SELECT") and "set_config" not in q["sql"]]
    assert len(reads) <= 12
