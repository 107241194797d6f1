import pytest
from django.urls import reverse
from django.utils import translation

from billing import figures, periods
from billing.models import Budget
from servicecenter.tenancy.scope import tenant_scope
from tests.billing.world import NOON, OCTOBER, World
from tests.browser.conftest import PASSWORD
from tests.factories import make_director

COLOURS = ["#bc8734", "#17406d", "#1a7a86"]


@pytest.fixture
def world(transactional_db):
    """September and October calculated, October approved; a director of Egedal and the centre's finance people."""
    with tenant_scope():
        world = World()
        for member, member.colour in zip(world.members, COLOURS, strict=True):
            member.save()
        september = world.period(OCTOBER.replace(month=9))
        world.lines(september, prefix="9")
        world.lines()
        world.line("L9", 640_000, world.desk, vendor="KMD", text="Ekstra bemanding")
        for pool, ore in ((world.desk, 2_500_000), (world.security, 12_000), (world.nexus, 61_000_000)):
            Budget.objects.create(pool=pool, month=OCTOBER, amount_ore=ore)
        for period in (september, world.october):
            periods.calculate(period, by=world.lone, at=NOON)
        figures.measure(now=NOON)
        periods.approve(world.october, by=world.per, at=NOON)
        world.director = make_director(world.egedal, name="Kirsten Aagaard", password=PASSWORD)
        return world


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_director_opens_the_statement_and_traces_a_total(reader, world, language):
    reader.sign_in(world.director, PASSWORD)
    with translation.override(language):
        overview, statements = reverse("billing:overview"), reverse("billing:statements")
        statement = reverse("billing:statement", args=["2026-10", "egedal"])
        keys = reverse("billing:keys")
    reader.open(overview)
    reader.open(statements)
    reader.press(f"main a[href='{statement}']")
    amount = reader.page.locator(".sd-sums-value").first.inner_text()
    assert amount == ("630.632,06" if language == "da" else "630,632.06")

    reader.press("main tbody th a")

    assert reader.page.url.endswith("/poster/#desk")
    desk = reader.page.locator("#desk")
    assert desk.locator("tbody tr").count() == 5  # four lines and the rounding
    assert desk.locator("tfoot td").last.inner_text() == ("8.611,86" if language == "da" else "8,611.86")
    reader.open(keys)


def test_finance_opens_the_month_and_the_import(reader, world):
    reader.sign_in(world.lone, "en lang adgangskode")
    for name, arguments in (("imports", []), ("periods", []), ("period", ["2026-09"])):
        reader.open(reverse(f"billing:{name}", args=arguments))
    reader.open(reverse("billing:imports"))
    reader.page.set_input_files(
        "[name=file]",
        {"name": "nov.csv", "mimeType": "text/csv", "buffer": "Id;Dato;Beløb\nA;02-11-2026;1.234,56\nB;x;1\n".encode()},
    )
    reader.press("main form button.button-primary")
    assert reader.page.get_by_text("»x«").count() == 1
