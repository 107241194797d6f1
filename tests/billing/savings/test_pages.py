"""The pages of the savings: read by all directors, entered by joint finance, whole or not at all."""

import pytest
from django.urls import reverse

from billing import periods
from billing.models import Baseline, BaselinePart, HomeCost, IndexSeries, IndexValue
from servicecenter.audit.models import AuditEntry
from tests.billing.savings.world import make_baseline, make_index
from tests.billing.world import NOON, World
from tests.factories import make_director

pytestmark = pytest.mark.django_db

BASELINE = "/ledelse/besparelse/egedal/"
INDICES = "/ledelse/besparelse/indeks/"


@pytest.fixture
def world():
    world = World()
    world.lines()
    periods.calculate(world.october, by=world.lone, at=NOON)
    return world


def case(world, series, **changes):
    return {
        "base_year": "2024", "promised": "2.000.000,00", "scope": "Servicedesk\nLicenser", "approved_by": "Byrådet",
        "approved_on": "2026-01-15", "reference": "Sag 7",
        "part0-name": "Løn", "part0-fixed": "9.600.000", "part0-variable": "1.200.000,50",
        "part0-driver": world.inhabitants.pk, "part0-base_volume": "40.000", "part0-series": series.pk,
        "part1-name": "", "home2026-running": "600.000", "home2026-one_off": "",
    } | changes  # fmt: skip


def test_finance_enters_a_business_case_that_everybody_reads(client, world):
    series = make_index("loen", {2024: "100", 2026: "110"})
    client.force_login(world.lone)

    response = client.post(BASELINE, case(world, series))

    assert (response.status_code, response["Location"]) == (302, reverse("billing:savings"))
    baseline = Baseline.objects.get()
    part = baseline.parts.get()
    assert (baseline.municipality, baseline.promised_ore, baseline.approved_by) == (
        world.egedal,
        200_000_000,
        "Byrådet",
    )
    assert (part.fixed_ore, part.variable_ore, part.base_volume) == (960_000_000, 120_000_050, 40_000)
    assert [(row.year, row.running_ore, row.one_off_ore) for row in HomeCost.objects.all()] == [(2026, 60_000_000, 0)]
    assert AuditEntry.objects.filter(action="baseline_changed").exists()
    client.force_login(make_director(world.furesoe))
    html = client.get(reverse("billing:savings")).content.decode()
    assert "Byrådet" in html
    assert BASELINE not in html


def test_the_form_shows_what_is_stored_and_storing_it_again_changes_nothing(client, world):
    series = make_index("loen", {2024: "100", 2026: "110"})
    client.force_login(world.lone)
    client.post(BASELINE, case(world, series))
    forms = client.get(BASELINE).context["forms"]

    shown = {
        field.html_name: field.value()
        for form in (forms.baseline, *forms.parts, *forms.homes.values())
        for field in form
    }
    again = {name: value for name, value in shown.items() if value not in (None, "")}
    client.post(BASELINE, again)

    part = BaselinePart.objects.get()
    assert (part.fixed_ore, part.variable_ore, part.base_volume, part.driver) == (
        960_000_000, 120_000_050, 40_000, world.inhabitants,
    )  # fmt: skip
    assert HomeCost.objects.get().running_ore == 60_000_000


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"promised": "to millioner"}, "promised"),
        ({"promised": "1,234"}, "promised"),
        ({"base_year": "24"}, "base_year"),
        ({"part0-series": ""}, "series"),
        ({"part0-driver": ""}, "driver"),
        ({"part0-base_volume": "0"}, "base_volume"),
        ({"part0-name": ""}, "name"),
        ({"home2026-running": "", "home2026-one_off": "5"}, "running"),
    ],
)
def test_what_cannot_be_used_is_refused_beside_its_field_and_nothing_is_stored(client, world, changes, field):
    client.force_login(world.lone)

    response = client.post(BASELINE, case(world, make_index("loen", {2024: "1"}), **changes))

    forms = response.context["forms"]
    assert response.status_code == 422
    assert any(field in form.errors for form in (forms.baseline, *forms.parts, *forms.homes.values()))
    assert not Baseline.objects.exists()
    assert not HomeCost.objects.exists()


def test_indices_are_entered_by_year_and_an_emptied_year_is_unknown(client, world):
    client.force_login(world.lone)
    client.post(INDICES, {"new_name": "Løn og priser", "new_source": "KL"})
    series = IndexSeries.objects.get()

    client.post(INDICES, {f"v{series.pk}-2026": "104,5"})
    assert [(row.year, str(row.value)) for row in IndexValue.objects.all()] == [(2026, "104.5000")]
    refused = client.post(INDICES, {f"v{series.pk}-2026": "0"})
    assert refused.status_code == 422
    assert client.post(INDICES, {"new_name": "løn og priser"}).status_code == 422
    client.post(INDICES, {})
    assert not IndexValue.objects.exists()


def test_the_overview_shows_the_saving_beside_the_naive_difference(client, world):
    series = make_index("loen", {2024: "100", 2026: "110"})
    make_baseline(world.egedal, series=series, fixed_ore=9_600_000_00)
    client.force_login(make_director(world.ballerup))

    response = client.get(reverse("billing:overview"))

    # Egedal pays 630,631.. of 9.6 m ÷ 12 × 1.1 = 880,000; the others have no baseline and are not measured.
    saved = response.context["saved"]
    assert [bool(row.savings) for row in saved.rows] == [False, False, True]
    assert saved.saved_ore == saved.rows[2].saved_ore > 0
    html = response.content.decode()
    assert "1 af 3 kommuner er målt" in html
    assert "Uden fremskrivning" in html
    assert {point.finding for point in response.context["look_at"]} >= {
        "Besparelsen i Ballerup er ikke målt", "Besparelsen i Furesoe er ikke målt",
    }  # fmt: skip


def test_without_any_baseline_the_overview_says_not_measured_and_never_nought(client, world):
    client.force_login(make_director(world.ballerup))

    response = client.get(reverse("billing:overview"))

    assert response.context["saved"].saved_ore is None
    assert response.context["savings"] is None
    assert "Besparelsen er ikke målt" in response.content.decode()


def test_the_appendix_holds_every_table(client, world):
    client.force_login(make_director(world.ballerup))

    plain = client.get(reverse("billing:overview"))
    whole = client.get(reverse("billing:overview"), {"tal": "1"})

    assert plain.context["appendix"] == []
    assert [figure.finding for figure in whole.context["appendix"]] == [
        whole.context["cost"].finding, whole.context["bill"].finding,
    ]  # fmt: skip
    assert b"sd-appendix" in whole.content
