"""The pages of service levels: who opens them, what they show, and how many questions they ask."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import openpyxl
import pytest
from django.urls import reverse

from municipalities.governance.models import Proposal
from servicecenter import time_source
from tests.factories import (
    MONDAY,
    make_agent,
    make_category,
    make_director,
    make_municipality,
    make_operator,
    make_requester,
    make_ticket,
    see,
)
from tickets import lifecycle
from tickets.levels import margins, months
from tickets.levels.calendar_months import month_of, months_on
from tickets.levels.judging import judge, margin_of
from tickets.levels.measuring import measure
from tickets.levels.models import EqualityMargin, FrozenFigure, LevelFigure, LevelMonth
from tickets.levels.sums import Sum
from tickets.models import Service, Ticket, Vendor

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NOVEMBER = date(2026, 11, 1)
DECEMBER = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
QUERY = {"maaned": "2026-11"}


@pytest.fixture(autouse=True)
def december(monkeypatch):
    monkeypatch.setattr(time_source, "now", lambda: DECEMBER)


def address(name):
    return reverse(f"tickets:{name}")


class World:
    """Nordby with a met, a broken and an open promise, Sydby with a met one; a vendor had one of Nordby's."""

    def __init__(self):
        make_operator()
        self.nordby, self.sydby = make_municipality("Nordby", code="151"), make_municipality("Sydby", code="190")
        self.sara = make_agent(self.nordby, self.sydby, role="lead", name="Sara Lindqvist")
        see(self.nordby, self.sydby)
        self.kmd = Vendor.objects.create(code="kmd", name="KMD")
        self.service = Service.objects.create(code="nexus", name="Nexus", vendor=self.kmd)
        category = make_category("nexus", service=self.service)
        self.kept, self.broken = (make_ticket(self.nordby, category=category) for _ in range(2))
        self.foreign = make_ticket(self.sydby, category=category)
        lifecycle.resolve(self.kept, by=self.sara, solution="Ok.", at=MONDAY + HOUR)
        lifecycle.wait_for_vendor(self.broken, vendor=self.kmd, by=self.sara, at=MONDAY + HOUR)
        lifecycle.resolve(self.broken, by=self.sara, solution="Ok.", at=MONDAY + 30 * HOUR)
        lifecycle.resolve(self.foreign, by=self.sara, solution="Ok.", at=MONDAY + 2 * HOUR)
        measure(first=NOVEMBER, last=date(2026, 12, 1), now=DECEMBER)
        judge(NOVEMBER, now=DECEMBER)


@pytest.fixture
def world():
    return World()


@pytest.fixture
def kirsten(client, world):
    director = make_director(world.nordby, name="Kirsten Aagaard")
    client.force_login(director)
    return director


def lines(found):
    return {line.name: (line.sum.met, line.sum.breached, line.sum.undecided) for line in found}


def test_a_director_sees_the_totals_of_all_and_the_tickets_of_the_own_only(client, world, kirsten):
    levels = client.get(address("service_levels"), QUERY).context["levels"]
    assert lines(levels.by_municipality) == {"Nordby": (1, 1, 0), "Sydby": (1, 0, 0)}
    listed = client.get(address("level_tickets"), QUERY)
    assert sorted(clock.ticket.number for clock in listed.context["page"]) == [world.kept.number, world.broken.number]
    assert str(world.foreign.number) not in listed.content.decode()
    foreign = client.get(address("level_tickets"), QUERY | {"kommune": "sydby"})
    assert list(foreign.context["page"]) == []
    assert "Printeren" not in listed.content.decode()  # no text of a ticket


def test_the_tickets_behind_a_figure_are_as_many_as_it_says(client, world, kirsten):
    found = {
        result: len(client.get(address("level_tickets"), QUERY | {"resultat": result}).context["page"])
        for result in ("opfyldt", "brudt", "uafgjort", "ikke-talt")
    }
    assert found == {"opfyldt": 1, "brudt": 1, "uafgjort": 0, "ikke-talt": 0}


def test_figures_follow_the_filters_in_the_address(client, world, kirsten):
    def shown(**wanted):
        chosen = client.get(address("service_levels"), QUERY | wanted).context["chosen"]
        return chosen.met, chosen.breached

    assert shown() == (2, 1)
    assert shown(kommune="sydby") == (1, 0)
    assert shown(service="nexus", prioritet="4") == (2, 1)
    assert shown(prioritet="1") == (0, 0)
    assert shown(ur="next_update") == (0, 0)
    assert shown(maaned="2026-13", prioritet="ni", kommune="ukendt") == (2, 1)


def test_pauses_are_told_where_they_are_known(client, world, kirsten):
    lines = client.get(address("service_levels"), QUERY).context["levels"].by_kind
    assert {line.choice[1]: line.sum.paused for line in lines if line.sum.n} == {"first_response": 0, "resolution": 0}
    found = Sum(met=1, elapsed=[60], counted_s=60)
    found.add(LevelFigure(kind="next_update", met=1, elapsed=[60], counted_s=60, waiting_planned_s=40))
    assert (found.paused, found.waits["waiting_planned"]) == (Fraction(1, 4), Fraction(1, 4))


def test_nothing_decided_is_no_data_and_never_all(client, world, kirsten):
    page = client.get(address("service_levels"), QUERY | {"prioritet": "1"})
    assert page.context["chosen"].rate is None
    assert "ingen data" in page.content.decode()


def test_pages_ask_few_questions(client, world, kirsten, asked):
    months.close(LevelMonth.objects.create(month=NOVEMBER, requested_by=world.sara, requested_at=DECEMBER), at=DECEMBER)
    for name in ("service_levels", "equality", "vendors", "level_tickets", "levels_csv"):
        with asked(at_most=12):
            assert client.get(address(name), QUERY).status_code == 200
    client.force_login(world.sara)
    for name in ("service_levels", "level_months", "phone_figures"):
        with asked(at_most=12):
            assert client.get(address(name), QUERY).status_code == 200


def test_a_restated_figure_stands_beside_the_frozen_one(client, world, kirsten):
    months.close(LevelMonth.objects.create(month=NOVEMBER, requested_by=world.sara, requested_at=DECEMBER), at=DECEMBER)
    LevelFigure.objects.filter(kind="resolution", municipality=world.sydby).update(met=0, breached=1)
    page = client.get(address("service_levels"), QUERY)
    line = page.context["levels"].month_line
    assert ((line.sum.met, line.sum.breached), (line.now.met, line.now.breached)) == ((2, 1), (1, 2))
    assert "Rettet: 33,3" in page.content.decode()


def test_the_vendor_page_has_the_waits_of_all_municipalities(client, world, kirsten):
    world_terms(world)
    (waited,) = client.get(address("vendors"), QUERY).context["vendors"]
    assert waited.vendor == world.kmd
    assert [(member.slug, found.met, found.breached) for member, found in waited.members] == [
        ("nordby", 1, 1),
        ("sydby", 1, 0),
    ]
    assert waited.waited_minutes == 60 * (2 + 10 + 1)
    listed = client.get(address("level_tickets"), QUERY | {"leverandoer": "kmd", "kommune": "sydby"})
    assert list(listed.context["page"]) == []


def world_terms(world):
    """The vendor's clocks as its promise of eight hours would have left them."""
    rows = ((world.nordby, [7200, 36000], 1, 1), (world.sydby, [3600], 1, 0))
    LevelFigure.objects.filter(kind="vendor").delete()
    for place, elapsed, met, breached in rows:
        LevelFigure.objects.create(
            municipality=place, month=NOVEMBER, kind="vendor", subject="kmd", met=met, breached=breached,
            elapsed=elapsed, counted_s=sum(elapsed), measured_at=DECEMBER,
        )  # fmt: skip


def test_the_figures_leave_as_csv_and_as_a_workbook(client, world, kirsten):
    text = client.get(address("levels_csv"), QUERY).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    found = {(row[2], row[3]): row for row in rows}
    assert found["kommune", "Nordby"][4:9] == ["50,00", "9,45", "90,55", "2", "1"]
    book = openpyxl.load_workbook(io.BytesIO(client.get(address("levels_xlsx"), QUERY).content))
    assert [cell.value for cell in book["2026-11"][1]] == rows[0]
    assert book["2026-11"].max_row == len(rows)


def test_a_lead_closes_a_month_and_a_director_does_not(client, world, django_capture_on_commit_callbacks):
    client.force_login(make_director(world.nordby))
    assert client.post(address("close_level_month"), {"maaned": "2026-11"}).status_code == 404
    client.force_login(world.sara)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(address("close_level_month"), {"maaned": "2026-11"}).status_code == 302
    row = LevelMonth.objects.get()
    assert (row.month, row.requested_by, row.closed_at) == (NOVEMBER, world.sara, DECEMBER)
    assert FrozenFigure.objects.exists()
    assert client.post(address("close_level_month"), {"maaned": "2026-11"}).status_code == 409
    assert client.post(address("close_level_month"), {"maaned": "2026-12"}).status_code == 409
    assert client.post(address("close_level_month"), {"maaned": "x"}).status_code == 404


def test_counting_anew_is_asked_for_and_done(client, world, django_capture_on_commit_callbacks):
    client.force_login(world.sara)
    LevelFigure.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address("count_levels"))
    assert LevelFigure.objects.filter(kind="resolution", month=NOVEMBER).count() == 2


MARGIN = {"points": "3,0", "valid_from": "2027-01", "reason": "Styregruppen vil se mindre forskelle."}


def test_a_margin_is_proposed_with_its_effect_and_nothing_is_stored_before(client, world):
    LevelFigure.objects.update(month=date(2026, 10, 1))  # the last whole month
    client.force_login(world.sara)
    page = client.get(address("equality_margin"))
    assert page.status_code == 200
    assert page.context["form"].initial["valid_from"] == f"{months_on(month_of(time_source.now()), 1):%Y-%m}"
    page = client.post(address("equality_margin"), MARGIN)
    goals = {member.slug: totals["goals"] for member, totals, _rows in page.context["effect"]}
    assert set(goals) == {"nordby", "sydby"}
    assert {"kind": "resolution", "now": "TOO_FEW", "then": "TOO_FEW"} in goals["nordby"]
    assert not Proposal.objects.exists()
    response = client.post(address("equality_margin"), MARGIN | {"propose": "1"})
    proposal = Proposal.objects.get()
    assert (response["Location"], proposal.kind) == (proposal.get_absolute_url(), "margin")
    assert proposal.change == {"points": "3.0", "valid_from": "2027-01-01"}
    shown = client.get(proposal.get_absolute_url()).content.decode()
    assert "3,0 procentpoint" in shown


def test_a_margin_counts_when_every_municipality_has_said_yes_and_not_before(client, world):
    client.force_login(world.sara)
    client.post(address("equality_margin"), MARGIN | {"propose": "1"})
    proposal = Proposal.objects.get()
    for number, place in enumerate((world.nordby, world.sydby), start=4):
        assert margin_of(date(2027, 1, 1)).points == EqualityMargin.DEFAULT
        client.force_login(make_director(place))
        answer = {"answer": "yes", "reference": f"Punkt {number}"}
        assert client.post(reverse("municipalities:decision", args=[proposal.pk]), answer).status_code == 302
    margin = EqualityMargin.objects.get()
    assert (margin.points, margin.valid_from, margin.reference) == (
        Decimal("3.0"),
        date(2027, 1, 1),
        "Punkt 4; Punkt 5",
    )
    assert margin.decided_by == "Nordby Kommune, Sydby Kommune"
    assert margin_of(date(2026, 12, 1)).points == EqualityMargin.DEFAULT


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"valid_from": "november"}, "valid_from"),
        ({"valid_from": "2026-11"}, "valid_from"),  # has begun
        ({"points": "0"}, "points"),
        ({"points": "51"}, "points"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_is_wrong_with_a_margin_is_told_beside_its_field(client, world, fields, field):
    client.force_login(world.sara)
    page = client.post(address("equality_margin"), MARGIN | fields | {"propose": "1"})
    assert (page.status_code, list(page.context["form"].errors)) == (422, [field])
    assert not Proposal.objects.exists()


def test_a_margin_does_not_come_before_one_decided_already(client, world):
    margins.set_margin(
        points=Decimal("4.0"), valid_from=date(2027, 1, 1), decided_by="Styregruppen", decided_on=date(2026, 10, 1),
        reference="", by=world.sara,
    )  # fmt: skip
    client.force_login(world.sara)
    page = client.post(address("equality_margin"), MARGIN)
    assert list(page.context["form"].errors) == ["valid_from"]


def test_a_director_and_a_lead_of_one_municipality_propose_no_margin(client, world):
    for person in (make_director(world.nordby), make_agent(world.nordby, role="lead")):
        client.force_login(person)
        assert client.get(address("equality_margin")).status_code == 404
        assert address("equality_margin") not in client.get(address("equality")).content.decode()


def test_an_employee_and_an_agent_of_one_municipality_open_no_report(client, world):
    for person in (make_requester(world.nordby), make_agent(world.nordby)):
        client.force_login(person)
        assert {name: client.get(address(name)).status_code for name in ("service_levels", "equality", "vendors")} == {
            "service_levels": 404, "equality": 404, "vendors": 404,
        }  # fmt: skip


def test_a_lead_of_one_municipality_sees_totals_but_closes_nothing(client, world):
    client.force_login(make_agent(world.nordby, role="lead"))
    assert client.get(address("service_levels"), QUERY).status_code == 200
    assert client.get(address("level_months")).status_code == 404
    assert set(Ticket.objects.values_list("municipality", flat=True)) == {world.nordby.pk, world.sydby.pk}
