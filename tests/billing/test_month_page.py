"""The month as one page of steps: what is done, what is missing and where it is mended."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing import cycle, periods
from billing.comparison import compare
from billing.models import Budget, Correction, DriverCorrection, DriverValue, RunRequest
from tests.billing.test_corrections import close, late
from tests.billing.world import NOON, OCTOBER, World
from tests.factories import make_director

pytestmark = pytest.mark.django_db
SEPTEMBER = date(2026, 9, 1)


def states(period):
    return {step.code: str(step.state) for step in cycle.read(period).steps}


def page(client, world, month="2026-10"):
    client.force_login(world.lone)
    return client.get(reverse("billing:period", args=[month]))


def test_an_empty_month_begins_with_its_lines():
    world = World()

    seen = cycle.read(world.october)

    assert [(missing.text, missing.address) for missing in seen.missing] == [
        ("Der er ikke bogført nogen linje i måneden.", reverse("billing:imports")),
    ]
    assert states(world.october)["lines"] == "next"
    assert set(states(world.october).values()) == {"next", "later"}


def test_what_is_missing_is_listed_with_the_page_that_mends_it():
    world = World()
    world.lines()
    world.line("U1", 100)
    DriverValue.objects.filter(municipality__in=[world.egedal, world.ballerup], driver=world.inhabitants).delete()
    world.line("K1", 100, world.security, corrects=world.period(SEPTEMBER))

    missing = [(found.text, found.address) for found in cycle.read(world.october).missing]

    assert missing == [
        ("1 linje har ingen pulje endnu.", reverse("billing:work_list")),
        ("Sene linjer fra 2026-09 venter på deres korrektion.", reverse("billing:correction", args=["2026-09"])),
        ("Indbyggere mangler for Ballerup Kommune, Egedal Kommune.", "/ledelse/periode/2026-10/#quantities"),
    ]


def test_a_quantity_that_no_key_reads_is_not_missed():
    world = World()
    world.lines()
    world.desk.key_versions.update(definition={"type": "equal"})
    DriverValue.objects.all().delete()

    assert cycle.read(world.october).missing == []


def test_the_steps_follow_each_other_to_the_end():
    world = World()
    world.lines()
    assert states(world.october)["calculation"] == "next"
    periods.calculate(world.october, by=world.lone, at=NOON)
    assert states(world.october)["approval"] == "next"
    world.line("L9", 1, world.desk)
    assert (states(world.october)["calculation"], cycle.read(world.october).is_old) == ("next", True)
    close(world, world.october)
    world.october.refresh_from_db()
    assert list(states(world.october).values()) == ["done"] * 6 + ["next"]


def test_a_calculation_under_way_shows_how_far_it_is_and_asks_again_by_itself(client):
    world = World()
    world.lines()
    RunRequest.objects.create(
        period=world.october, requested_by=world.lone, requested_at=NOON, stage=RunRequest.MEASURING
    )

    html = page(client, world).content.decode()

    assert 'hx-trigger="every 2s"' in html
    assert '<progress class="sd-progress" id="how-far" max="100" value="35">' in html
    RunRequest.objects.update(settled_at=NOON)
    assert "hx-trigger" not in page(client, world).content.decode().split('id="progress"')[1][:200]


def test_the_task_says_what_it_is_doing(client, django_capture_on_commit_callbacks):
    world = World()
    world.lines()
    with django_capture_on_commit_callbacks(execute=True):
        request = periods.request_run(world.october, by=world.lone, at=NOON)

    request.refresh_from_db()
    assert (request.stage, request.run.period, request.fault) == (RunRequest.CALCULATING, world.october, None)


def test_quantities_stay_measured_when_the_calculation_is_refused(django_capture_on_commit_callbacks):
    from billing.models import Driver

    world = World()
    world.lines()
    tickets = Driver.objects.create(code="tickets", name="Sager", nature="flow", unit="sager", source="tickets")
    DriverValue.objects.filter(driver=world.inhabitants).delete()
    with django_capture_on_commit_callbacks(execute=True):
        request = periods.request_run(world.october, by=world.lone, at=NOON)

    request.refresh_from_db()
    assert request.fault["code"] == "MISSING_DRIVER"
    assert tickets.values.count() == 3


def test_a_month_is_compared_with_the_one_before_and_with_its_budget():
    world = World()
    september = world.period(SEPTEMBER)
    world.line("S9", 9_000, world.security, period=september)
    periods.calculate(september, by=world.lone, at=NOON)
    world.lines()
    Budget.objects.create(pool=world.security, month=OCTOBER, amount_ore=12_000)

    compared = compare(periods.calculate(world.october, by=world.lone, at=NOON))

    rows = {row.name: (row.now_ore, row.before_ore, row.change_ore, row.over_budget_ore) for row in compared.pools}
    assert rows["Security"] == (10_000, 9_000, 1_000, -2_000)
    assert rows["Desk"] == (1_984_568, 0, 1_984_568, None)
    assert (compared.before, compared.total.now_ore, compared.total.before_ore) == (september, 64_202_401, 9_000)
    assert {row.name: row.before_ore for row in compared.members}["Egedal Kommune"] == 3_000


def test_a_january_is_compared_with_december():
    world = World()
    for month in (date(2026, 12, 1), date(2027, 1, 1)):
        period = world.period(month)
        world.line(f"{month}", 300, world.security, period=period)
        run = periods.calculate(period, by=world.lone, at=NOON)

    assert compare(run).before.month == date(2026, 12, 1)


def test_evidence_opens_from_the_page(client):
    world = World()
    world.lines()
    value = world.inhabitants.values.get(municipality=world.egedal, period=world.october)
    client.force_login(world.lone)

    response = client.get(reverse("billing:evidence", args=["2026-10", value.pk]))

    assert (response.status_code, response.context["value"]) == (200, value)
    client.force_login(make_director(world.egedal))
    assert client.get(reverse("billing:evidence", args=["2026-10", value.pk])).status_code == 404


def test_a_closed_month_is_corrected_from_its_page_and_the_statement_shows_it(client):
    world = World()
    world.lines()
    close(world, world.october)
    november = world.period(date(2026, 11, 1))
    world.lines(november, prefix="11")
    late(world, "K1;09-12-2026;100,00;2026-10;;;Atea;K-1;Efterregning;security;\n")
    client.force_login(world.lone)
    value = {
        "driver": world.inhabitants.pk, "municipality": world.egedal.pk, "value": "45.000", "reason": "Talt igen",
    }  # fmt: skip

    assert client.post(reverse("billing:value_correction", args=["2026-10"]), value).status_code == 302
    assert client.post(reverse("billing:correction_booking", args=["2026-10"]), {"reason": "Sent"}).status_code == 302
    assert client.get(reverse("billing:correction", args=["2026-10"])).status_code == 200
    again = client.post(reverse("billing:correction_booking", args=["2026-10"]), {"reason": "Igen"}, follow=True)

    assert (Correction.objects.count(), DriverCorrection.objects.get().value) == (1, 45_000)
    assert "Der er ingen forskel" in again.content.decode()
    periods.calculate(november, by=world.lone, at=NOON)
    client.force_login(make_director(world.egedal))
    response = client.get(reverse("billing:statement", args=["2026-11", "egedal"]))
    statement = response.context["statement"]
    assert {row.correction.corrected for row in statement.corrections} == {world.october}
    assert statement.payable_ore == statement.amount_ore + statement.corrections_ore != statement.amount_ore
    assert "Oktober 2026" in response.content.decode()


@pytest.mark.parametrize("name", ["correction_booking", "value_correction"])
def test_an_open_month_is_not_corrected(client, name):
    world = World()
    client.force_login(world.lone)
    fields = {
        "reason": "Sent", "driver": world.inhabitants.pk, "municipality": world.egedal.pk, "value": "1",
    }  # fmt: skip

    assert client.post(reverse(f"billing:{name}", args=["2026-10"]), fields).status_code == 409
    assert not Correction.objects.exists()
    assert not DriverCorrection.objects.exists()


def test_the_page_does_not_ask_more_when_there_are_more_lines(client):
    world = World()
    world.lines()
    periods.calculate(world.october, by=world.lone, at=NOON)

    def reads():
        with CaptureQueriesContext(connection) as queries:
            assert page(client, world).status_code == 200
        return sum(query["sql"].startswith("SELECT") and "set_config" not in query["sql"] for query in queries)

    before = reads()
    for number in range(20):
        world.line(f"X{number}", 1)
    assert reads() <= before
