"""Invoices of a year's settlement and of traded capacity: the amounts of their pages, to the øre, and once."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from billing import corrections, periods
from billing.capacity import exchange, market
from billing.invoicing import drafts, issuing, occasions
from billing.models import Budget, Invoice, Period, Resource
from billing.settlement import year
from billing.settlement.budget import fix_budget
from tests.billing.invoicing.community import AT, OCTOBER, Community
from tests.billing.world import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def community():
    return Community()


def a_year(community):
    """A budget of 20,000 a month for the desk; October's cost, and nothing in the other months, all closed."""
    for month in range(1, 13):
        Budget.objects.create(pool=community.desk, month=date(2026, month, 1), amount_ore=2_000_000)
    community.lines()
    fix_budget(2026, basis=periods.calculate(community.october, by=community.lone, at=NOON), by=community.lone)
    for month in range(1, 13):
        period = Period.objects.filter(month=date(2026, month, 1)).first() or community.period(date(2026, month, 1))
        shut(community, period)


def settled(member):
    return next(row for row in year.read(2026).members if row.municipality == member)


def pay_on_account(community, member):
    for month in range(1, 13):
        issuing.issue(drafts.of_instalment(member, date(2026, month, 1)), by=community.lone, at=AT)


def test_the_year_is_settled_with_the_three_parts_of_its_page(community):
    a_year(community)
    for member in community.members:
        pay_on_account(community, member)
        row, draft = settled(member), occasions.of_year(member, 2026)
        parts = [ore for ore in (row.cost_ore, row.key_ore, row.unbilled_ore) if ore]

        assert [line.amount_ore for line in draft.lines] == parts
        assert draft.amount_ore == row.settlement_ore
        invoice = issuing.issue(draft, by=community.lone, at=AT)
        assert (invoice.signed_net_ore, invoice.kind) == (row.settlement_ore, "settlement")


def test_after_the_year_everything_invoiced_is_what_was_carried(community):
    """Some instalments never sent, one month settled on its own: the year's invoice sets both right."""
    a_year(community)
    member = community.egedal
    issuing.issue(drafts.of_instalment(member, OCTOBER), by=community.lone, at=AT)
    issuing.issue(drafts.of_month(member, OCTOBER), by=community.lone, at=AT)
    given_back = issuing.issue(drafts.of_instalment(member, date(2026, 3, 1)), by=community.lone, at=AT)
    issuing.credit(given_back, by=community.lone, reason="Fejl", at=AT)

    issuing.issue(occasions.of_year(member, 2026), by=community.lone, at=AT)

    assert sum(invoice.signed_net_ore for invoice in Invoice.objects.filter(municipality=member)) == (
        settled(member).actual_ore
    )


def test_a_correction_in_a_later_year_is_counted_in_its_own(community):
    a_year(community)
    january = community.period(date(2027, 1, 1))
    member = community.egedal
    community.line("SEN", 12_345, pool=community.desk, period=january, corrects=community.october)
    corrections.correct(community.october, reason="Sen faktura", by=community.lone, at=NOON)
    shut(community, january)
    booked = drafts.of_month(member, date(2027, 1, 1))
    issuing.issue(booked, by=community.lone, at=AT)

    issuing.issue(occasions.of_year(member, 2026), by=community.lone, at=AT)

    assert booked.amount_ore != 0
    assert sum(invoice.signed_net_ore for invoice in Invoice.objects.filter(municipality=member)) == (
        settled(member).actual_ore
    )


def shut(community, period):
    periods.calculate(period, by=community.lone, at=NOON)
    periods.approve(period, by=community.per, at=NOON)
    periods.close(period, by=community.per, at=NOON)


def test_a_year_that_is_not_whole_is_looked_at_and_not_issued(client, community):
    Budget.objects.create(pool=community.desk, month=OCTOBER, amount_ore=2_000_000)
    community.lines()
    fix_budget(2026, basis=periods.calculate(community.october, by=community.lone, at=NOON), by=community.lone)
    shut(community, community.october)
    client.force_login(community.lone)
    address = reverse("billing:invoice_year", args=[2026, "egedal"])

    seen, sent = client.get(address), client.post(address)

    assert (seen.status_code, seen.context["is_early"], sent.status_code) == (200, True, 409)
    assert not Invoice.objects.exists()
    assert client.get(reverse("billing:invoice_year", args=[2031, "egedal"])).status_code == 404


def traded(community):
    storage = Resource.objects.create(code="storage", name="Lager", unit="TB")
    give = {"kind": "sale", "by": community.lone, "at": NOON, "agreement": "Aftale 7"}
    for member in community.members:
        exchange.meter(member, storage, community.october, owned=Decimal(90), used=Decimal(1), by=community.lone,
                       at=NOON)  # fmt: skip
    for seller, buyer, units, price in (
        (community.egedal, community.ballerup, "2.5", "33.3"), (community.ballerup, community.furesoe, "10", "1001"),
        (community.egedal, community.furesoe, "1", "7"),
    ):  # fmt: skip
        exchange.trade(community.october, storage, seller=seller, buyer=buyer, units=Decimal(units),
                       unit_price=Decimal(price), **give)  # fmt: skip


def test_capacity_is_invoiced_by_its_net_with_every_trade_in_sight(client, community):
    traded(community)
    community.close_october()
    net = dict(market.read(community.october).net)
    client.force_login(community.lone)

    for member in community.members:
        address = reverse("billing:invoice_capacity", args=["2026-10", member.slug])
        assert client.get(address).status_code == 200
        assert client.post(address).status_code == 302
        again = client.post(address)
        assert again.status_code == 409  # once only

    issued = {invoice.municipality: invoice for invoice in Invoice.objects.select_related("municipality")}
    # 2.5 × 33.3 = 83.25 → 83; 10 × 1,001 = 10,010; 1 × 7.
    assert {m.slug: i.signed_net_ore for m, i in issued.items()} == {
        "egedal": -90, "ballerup": 83 - 10_010, "furesoe": 10_010 + 7,
    }  # fmt: skip
    assert {m: i.signed_net_ore for m, i in issued.items()} == {m: -ore for m, ore in net.items()}
    assert sum(i.signed_net_ore for i in issued.values()) == 0
    assert [i.is_credit for i in (issued[community.egedal], issued[community.furesoe])] == [True, False]
    assert issued[community.ballerup].lines.count() == 2
    assert issued[community.egedal].kind == "capacity"


def test_capacity_of_an_open_month_waits_and_who_traded_nothing_has_no_invoice(client, community):
    traded(community)
    community.lines()
    client.force_login(community.lone)
    address = reverse("billing:invoice_capacity", args=["2026-10", "egedal"])

    assert client.post(address).status_code == 409
    assert not Invoice.objects.exists()
    assert client.get(reverse("billing:capacity", args=["2026-10"])).content.decode().count('/kapacitet/"') >= 3
    community.period(date(2026, 9, 1))
    assert client.get(reverse("billing:invoice_capacity", args=["2026-09", "egedal"])).status_code == 404


def test_the_pages_lead_to_the_drafts(client, community):
    a_year(community)
    client.force_login(community.lone)

    html = client.get(reverse("billing:year", args=[2026])).content.decode()

    assert reverse("billing:invoice_year", args=[2026, "egedal"]) in html
    assert html.count("/a-conto/") == 36
    client.force_login(community.clerk)
    assert "/kladde/" not in client.get(reverse("billing:year", args=[2026])).content.decode()
