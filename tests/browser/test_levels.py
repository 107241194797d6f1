"""A director reads the service levels, a lead enters, decides and closes: at both widths, in both languages."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from servicecenter.tenancy.scope import tenant_scope
from tests.browser.conftest import PASSWORD
from tests.factories import make_agent, make_agreement, make_director, make_municipality, make_requester, make_site
from tickets import lifecycle
from tickets.levels import margins
from tickets.levels.calendar_months import begins, month_of, months_on
from tickets.levels.judging import judge
from tickets.levels.measuring import measure
from tickets.levels.models import LevelMonth
from tickets.levels.months import everybody
from tickets.models import Category, Queue, Vendor
from tickets.proximity import phone, ratings, visits


class World:
    """Nordby and Sydby, a month ago: thirty-two tickets each, some late, with visits, ratings, calls and a vendor."""

    def __init__(self):
        make_agreement()
        self.places = [
            make_municipality(name, colour=colour) for name, colour in (("Nordby", "#17406d"), ("Sydby", "#1a7a86"))
        ]
        self.lone = make_agent(*self.places, role="lead", name="Lone Vestergaard", password=PASSWORD)
        self.director = make_director(self.places[0], name="Kirsten Aagaard", password=PASSWORD)
        self.requester = make_requester(self.places[0], name="Mette Holm", password=PASSWORD)
        self.month = months_on(month_of(timezone.now()), -1)
        category = Category.objects.create(code="print", name="Print", queue=Queue.objects.get())
        kmd = Vendor.objects.create(code="kmd", name="KMD")
        for place in self.places:
            requester = self.requester if place == self.places[0] else make_requester(place)
            self.fill(place, requester, category, kmd)
        margins.set_margin(
            points=Decimal("5.0"), valid_from=months_on(self.month, -2), decided_by="Styregruppen",
            decided_on=date(2025, 1, 1), reference="Punkt 4", by=self.lone,
        )  # fmt: skip
        with tenant_scope(*everybody()):
            measure(first=self.month, last=self.month, now=timezone.now())
            judge(self.month, now=timezone.now(), with_times=False)

    def fill(self, place, requester, category, kmd):
        site = make_site(place)
        for number in range(32):
            at = begins(self.month) + timedelta(days=2 + number % 20, hours=9)
            ticket = lifecycle.file(
                requester=requester, subject="Printeren", description="Rødt.", category=category, impact=3, urgency=2,
                at=at,
            )  # fmt: skip
            if number == 0:
                lifecycle.wait_for_vendor(ticket, vendor=kmd, by=self.lone, at=at + timedelta(minutes=5))
                visits.register_visit(ticket, site=site, arrived_at=at + timedelta(hours=1), left_at=None, by=self.lone)
            done_at = at + timedelta(hours=1 if number % 8 else 100)
            lifecycle.resolve(ticket, by=self.lone, solution="Ok.", at=done_at)
            ratings.rate(ticket, stars=5 - number % 3, by=requester, at=done_at)
            self.ticket = ticket if place == self.places[0] and number == 8 else getattr(self, "ticket", ticket)
        phone.enter(phone.Line(place, self.month, 100, 88), source="Telefonsystem", by=self.lone)


@pytest.fixture
def world(transactional_db):
    with tenant_scope():
        return World()


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_director_reads_what_was_kept_and_whether_it_was_equal(reader, world, language):
    reader.sign_in(world.director, PASSWORD)
    with translation.override(language):
        pages = {
            name: reverse(f"tickets:{name}") for name in ("service_levels", "equality", "vendors", "level_tickets")
        }
    for address in pages.values():
        reader.open(address)
    reader.open(pages["service_levels"] + f"?maaned={world.month:%Y-%m}&kommune=nordby")
    assert reader.page.locator(".sd-kpi-value").first.inner_text() in ("87,5\N{NO-BREAK SPACE}%", "87.5%")
    reader.open(pages["equality"])
    assert reader.page.locator("figure").count() >= 4
    reader.page.locator(".sd-numbers summary").first.click()
    assert reader.page.locator(".sd-numbers table").first.is_visible()


def test_a_lead_enters_calls_proposes_a_margin_and_closes_the_month(reader, world):
    reader.sign_in(world.lone, PASSWORD)
    reader.open(reverse("tickets:phone_figures"))
    reader.page.set_input_files(
        "[name=file]",
        {
            "name": "opkald.csv",
            "mimeType": "text/csv",
            "buffer": f"k;m;o;i\nNordby;{world.month:%Y-%m};90;80\n".encode(),
        },
    )
    reader.page.fill("[name=source]", "Telefonsystem")
    reader.press("main form button.button-primary")
    reader.open(reverse("tickets:equality_margin"))
    for name, value in (("points", "4"), ("valid_from", f"{months_on(world.month, 2):%Y-%m}"), ("reason", "Ens.")):
        reader.page.fill(f"[name={name}]", value)
    reader.press("main form button[name=preview]")
    reader.press("main form button[name=propose]")
    assert reader.page.get_by_text("4,0 procentpoint").count() >= 1
    reader.open(reverse("tickets:level_months"))
    reader.press(f"main form:has(input[value='{world.month:%Y-%m}']) button")
    with tenant_scope(world.lone.municipality_id):
        assert LevelMonth.objects.get().requested_by == world.lone
    reader.open(reverse("tickets:console_delay", args=[world.ticket.number]))


def test_a_requester_sees_where_the_time_went_and_rates_the_help(reader, world):
    reader.sign_in(world.requester, PASSWORD)
    reader.open(reverse("tickets:delay", args=[world.ticket.number]))
    reader.open(reverse("tickets:rate", args=[world.ticket.number]))
    reader.page.check("input[name=stars][value='4']", force=True)
    reader.press("main form button.button-primary")
    reader.open(reverse("tickets:ticket", args=[world.ticket.number]))
    assert reader.page.get_by_text("Du gav 4 af 5").count() == 1
