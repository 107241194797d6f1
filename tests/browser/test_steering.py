"""A director asks what would be, and reads the overview, the savings and the account, in both languages."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

from billing import figures, periods
from billing.models import Baseline, Budget, IndexSeries
from servicecenter.tenancy.scope import tenant_scope
from tests.billing.savings.world import make_baseline, make_index
from tests.billing.world import NOON, OCTOBER, World
from tests.browser.conftest import PASSWORD
from tests.factories import make_director

COLOURS = ["#bc8734", "#17406d", "#1a7a86"]


@pytest.fixture
def world(transactional_db):
    with tenant_scope():
        world = World()
        for member, member.colour in zip(world.members, COLOURS, strict=True):
            member.save()
        world.lines()
        series = make_index("loen", {2024: "100", 2026: "110"})
        for member in world.members:
            make_baseline(member, series=series)
        Budget.objects.create(pool=world.desk, month=OCTOBER, amount_ore=1_000_000)
        periods.calculate(world.october, by=world.lone, at=NOON)
        figures.measure(now=NOON)
        world.director = make_director(world.egedal, name="Niels Thorup", password=PASSWORD)
        return world


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_director_simulates_and_shares_the_address(reader, world, language):
    reader.sign_in(world.director, PASSWORD)
    page = reader.page
    with translation.override(language):
        reader.open(reverse("billing:simulator"))

    with page.expect_response("**/simulator/?*"):
        page.select_option("#id_noegle-desk", "lige")
    page.wait_for_url(re.compile(r"/simulator/\?.*noegle-desk=lige"))
    page.locator("#sim .sd-chart:visible").first.wait_for()
    reader.check()
    with page.expect_response("**/simulator/?*"):
        page.select_option("#id_noegle-desk", "blanding")
    page.locator("#id_vaegt-desk").wait_for()
    reader.check()
    amounts = page.locator("#sim tfoot td").all_inner_texts()
    page.goto(page.url)
    assert page.locator("#sim tfoot td").all_inner_texts() == amounts
    assert amounts[0] == amounts[1]
    reader.check()


def test_pools_give_both_ways_and_the_menu_stays_as_it_was(reader, world):
    reader.sign_in(world.director, PASSWORD)
    page = reader.page
    asked = {"giver-0": "desk", "til-0": "security", "procent-0": "60", "giver-1": "security", "til-1": "desk"}
    reader.open(reverse("billing:simulator", query=asked))

    page.fill("#id_procent-1", "60")
    with page.expect_response("**/simulator/?*"):
        page.press("#id_procent-1", "Tab")
    page.locator("#sim-both-ways .sd-t").wait_for()

    reader.check()
    assert page.locator(".navigation-menu .more-option").count() == 1
    amounts = page.locator("#sim-both-ways td").all_inner_texts()
    page.goto(page.url)
    assert page.locator("#sim-both-ways td").all_inner_texts() == amounts


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_director_reads_the_overview_the_savings_and_the_account(reader, world, language):
    reader.sign_in(world.director, PASSWORD)
    with translation.override(language):
        addresses = [reverse(f"billing:{name}") for name in ("overview", "savings", "key_figures", "experience")]
    for address in addresses:
        reader.open(address)
    reader.open(f"{addresses[0]}?tal=1")
    assert reader.page.locator(".sd-appendix table").count() >= 3


def test_finance_enters_a_business_case_and_indices(reader, world):
    reader.sign_in(world.lone, "en lang adgangskode")
    reader.open(reverse("billing:baseline", args=["egedal"]))
    reader.page.fill("[name=promised]", "2.100.000,50")
    reader.press("main form.sd-form button.button-primary")
    reader.open(reverse("billing:indices"))
    with tenant_scope():
        series = IndexSeries.objects.get()
    reader.page.fill(f"[name=v{series.pk}-2025]", "104,5")
    reader.press("main form.sd-form button.button-primary")

    with tenant_scope(*(member.pk for member in world.members)):
        promised = dict(Baseline.objects.values_list("municipality__slug", "promised_ore"))
        indices = {row.year: row.value for row in series.values.all()}
    assert promised["egedal"] == 210_000_050
    assert promised["egedal"] not in (promised["furesoe"], promised["ballerup"])
    assert indices == {2024: 100, 2025: Decimal("104.5"), 2026: 110}
