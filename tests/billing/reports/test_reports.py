"""Unit costs, who pays for whom, better off than alone, and the account since the start."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from billing import overview, periods
from billing.models import Driver, DriverValue, Lesson
from billing.reports import experience, key_figures
from servicecenter.audit.models import AuditEntry
from tests.billing.savings.world import make_baseline, make_index
from tests.billing.world import NOON, OCTOBER, World
from tests.factories import make_agent, make_director
from tickets.levels.models import LevelFigure

pytestmark = pytest.mark.django_db

SEPTEMBER = date(2026, 9, 1)
EXPERIENCE = "/ledelse/beretning/"


@pytest.fixture
def world():
    world = World()
    tickets = Driver.objects.create(code="tickets", name="Sager", nature="flow", unit="sager", source="tickets")
    september = world.period(SEPTEMBER)
    world.lines(september, prefix="9")
    world.lines()
    for period, counts in ((september, (10, 20, 0)), (world.october, (30, 20, 0))):
        for member, value in zip(world.members, counts, strict=True):
            DriverValue.objects.create(
                municipality=member, period=period, driver=tickets, value=Decimal(value), measured_at=NOON
            )
    for period in (september, world.october):
        periods.calculate(period, by=world.lone, at=NOON)
    return world


def charges(world, month=OCTOBER):
    seen = overview.read(f"{month:%Y-%m}")
    return {owner.code: seen.of_month(month, owner.pk) for owner in world.members}


def test_a_unit_costs_what_is_carried_by_its_units_and_nothing_without_units(world):
    seen = overview.read("2026-10")

    found = {cost.driver.code: cost for cost in key_figures.read(seen, [OCTOBER]).unit_costs}

    carried = charges(world)
    tickets = found["tickets"]
    assert tickets.by_member_ore == {
        "151": round(carried["151"] / 30), "190": round(carried["190"] / 20), "240": None,
    }  # fmt: skip
    assert tickets.joint_ore == round((carried["151"] + carried["190"]) / 50)
    assert found["inhabitants"].by_member_ore["240"] == round(carried["240"] / 42_000)
    assert float(tickets.ratio) == pytest.approx((carried["190"] / 20) / (carried["151"] / 30))


def test_over_a_year_a_flow_is_summed_and_a_stock_averaged(world):
    seen = overview.read("2026-10")

    found = {cost.driver.code: cost for cost in key_figures.read(seen, seen.year).unit_costs}

    both = {code: ore + charges(world, SEPTEMBER)[code] for code, ore in charges(world).items()}
    assert found["tickets"].by_member_ore["151"] == round(both["151"] / 40)
    assert found["inhabitants"].by_member_ore["151"] == round(both["151"] / 48_000)


def test_the_cross_subsidy_is_of_the_shared_pools_and_adds_up_to_nothing(world):
    found = key_figures.read(overview.read("2026-10"), [OCTOBER], consumption="inhabitants")

    by_code = {row.municipality.code: row for row in found.subsidies}
    assert sum(row.charge_ore for row in found.subsidies) == 1_984_568 + 10_000 + 333_333
    assert sum(row.difference_ore for row in found.subsidies) == 0
    # Egedal carries the overhead of its own Nexus, so it pays for the others by inhabitants.
    assert by_code["240"].difference_ore > 0 > by_code["151"].difference_ore


def test_use_is_measured_by_tickets_unless_another_driver_is_named(world):
    seen = overview.read("2026-10")

    assert key_figures.read(seen, [OCTOBER]).consumption.code == "tickets"
    assert key_figures.read(seen, [OCTOBER], consumption="nonsens").consumption.code == "tickets"
    assert key_figures.read(seen, [OCTOBER], consumption="inhabitants").consumption.code == "inhabitants"


def test_better_off_than_alone_is_told_only_where_it_is_measured(world):
    series = make_index("loen", {2024: "1", 2026: "1"})
    make_baseline(world.egedal, series=series, fixed_ore=12_000_000_00)
    make_baseline(world.ballerup, series=series, fixed_ore=12_00)

    found = key_figures.read(overview.read("2026-10"), [OCTOBER])

    assert [(row.municipality.code, row.is_no_worse_off) for row in found.alone] == [
        ("151", False), ("190", None), ("240", True),
    ]  # fmt: skip


def test_the_account_adds_its_years(world):
    make_baseline(world.egedal, series=make_index("loen", {2024: "1", 2026: "1"}))
    for kind, met, breached in (("resolution", 95, 5), ("first_response", 20, 5)):
        LevelFigure.objects.create(
            municipality=world.egedal, month=OCTOBER, kind=kind, met=met, breached=breached, measured_at=NOON
        )

    found = experience.read()

    (year,) = found.years
    assert (found.month_count, year.total_ore, found.first, found.last) == (2, 2 * 64_202_401, SEPTEMBER, OCTOBER)
    assert (year.solved.met, year.solved.n) == (95, 100)
    # 12 m ÷ 12 for each of two months, against what Egedal carried.
    assert found.saved_ore == 2 * 1_000_000_00 - charges(world)["240"] - charges(world, SEPTEMBER)["240"]
    assert {d.code: ore for d, ore in year.per_unit_ore}["tickets"] == round(2 * 64_202_401 / 80)


def test_the_page_and_its_exports_name_no_person_and_tell_no_small_numbers(client, world):
    director = make_director(world.egedal, name="Niels Thorup")
    Lesson.objects.create(
        municipality=world.egedal, title="Start med få kategorier", text="=Vi begyndte med for mange.",
        created_by=director, created_at=NOON,
    )  # fmt: skip
    LevelFigure.objects.create(
        municipality=world.egedal, month=OCTOBER, kind="resolution", met=28, breached=1, measured_at=NOON
    )
    client.force_login(make_director(world.ballerup, name="Kirsten Aagaard"))

    page = client.get(EXPERIENCE).content.decode()
    csv = client.get(f"{EXPERIENCE[:-1]}.csv").content.decode("utf-8-sig")
    xlsx = client.get(f"{EXPERIENCE[:-1]}.xlsx")

    assert "Start med få kategorier" in page
    for text in (page.split("<main")[1], csv):
        assert "Niels Thorup" not in text
        assert "for få sager" in text.lower()
    assert "'=Vi begyndte med for mange." in csv
    assert xlsx.content[:2] == b"PK"


def test_a_director_writes_a_lesson_and_the_own_municipality_takes_it_out(client, world):
    client.force_login(make_director(world.egedal))
    client.post(f"{EXPERIENCE}erfaring/", {"title": "Mål tidligt", "text": "Uden basisår er der ingen besparelse."})
    lesson = Lesson.objects.get()
    withdrawal = reverse("billing:lesson_withdrawal", args=[lesson.pk])

    assert lesson.municipality == world.egedal
    client.force_login(make_director(world.ballerup))
    assert client.post(withdrawal).status_code == 404
    client.force_login(make_director(world.egedal))
    assert client.post(withdrawal).status_code == 302
    lesson.refresh_from_db()
    assert lesson.is_withdrawn
    assert "Mål tidligt" not in client.get(EXPERIENCE).context["table"]
    assert [entry.action for entry in AuditEntry.objects.filter(action__startswith="lesson").order_by("id")] == [
        "lesson_written", "lesson_withdrawn",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["Ring til 010190-1234.", "Skriv til mette@egedal.dk", ""])
def test_a_lesson_that_points_at_a_person_or_says_nothing_is_refused(client, world, text):
    client.force_login(make_director(world.egedal))

    response = client.post(f"{EXPERIENCE}erfaring/", {"title": "Kort", "text": text})

    assert response.status_code == 422
    assert response.context["form"].errors["text"]
    assert not Lesson.objects.exists()


def test_who_reads_no_totals_writes_no_lessons(client, world):
    client.force_login(make_agent(*world.members))

    assert client.post(f"{EXPERIENCE}erfaring/", {"title": "x", "text": "y"}).status_code == 404


@pytest.mark.parametrize("address", ["/ledelse/noegletal/", EXPERIENCE])
def test_a_report_without_any_month_says_so(client, address):
    client.force_login(make_director(World().egedal))

    assert "Ingen måned er beregnet endnu" in client.get(address).content.decode()
