from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from billing.capacity import exchange
from billing.models import CapacityTrade, CriticalSystem, DataCentre, Dependence, Holding, Resource
from tests.billing.world import NOON, World
from tests.factories import make_director

pytestmark = pytest.mark.django_db
OCTOBER = "/ledelse/kapacitet/2026-10/"


@pytest.fixture
def world():
    return World()


@pytest.fixture
def storage(world):
    return Resource.objects.create(code="storage", name="Lager", unit="TB", pool=world.desk)


@pytest.fixture
def director(world, client):
    client.force_login(make_director(world.egedal))
    return client


@pytest.fixture
def finance(world, client):
    client.force_login(world.lone)
    return client


def metered(world, storage):
    exchange.meter(
        world.furesoe, storage, world.october, owned=Decimal(10), used=Decimal("4.5"), by=world.lone, at=NOON
    )


FORM = {"kind": "loan", "units": "2,5", "price": "410,50", "agreement": "Aftale 7"}


def test_a_director_reads_the_exchange_and_may_not_change_it(world, storage, director, django_assert_max_num_queries):
    metered(world, storage)
    exchange.trade(
        world.october, storage, kind="sale", seller=world.furesoe, buyer=world.egedal, units=Decimal(2),
        unit_price=Decimal(41050), agreement="Aftale 7", by=world.lone, at=NOON,
    )  # fmt: skip
    with django_assert_max_num_queries(26):
        page = director.get("/ledelse/kapacitet/").content.decode()

    assert "Egedal betaler Furesoe <b>821,00\N{NO-BREAK SPACE}kr.</b>" in page
    assert "410,50" in page
    assert OCTOBER + "handel/" not in page
    assert director.get(OCTOBER + "handel/").status_code == 404


def test_another_month_is_chosen_by_its_name(world, storage, director):
    metered(world, storage)
    world.period(date(2026, 9, 1))

    page = director.get("/ledelse/kapacitet/?periode=2026-09").content.decode()

    assert '<option value="2026-09" selected>september 2026</option>' in page
    assert "ikke målt" in page


def test_finance_enters_a_trade_in_kroner(world, storage, finance):
    metered(world, storage)
    people = {"seller": world.furesoe.pk, "buyer": world.egedal.pk, "resource": storage.pk}

    response = finance.post(OCTOBER + "handel/", FORM | people)

    assert response.headers["Location"] == OCTOBER
    trade = CapacityTrade.objects.get()
    assert (trade.units, trade.unit_price, trade.amount_ore) == (Decimal("2.5"), 41050, 102625)


def test_a_refused_trade_says_why_beside_the_field_and_keeps_what_was_written(world, storage, finance):
    metered(world, storage)
    people = {"seller": world.furesoe.pk, "buyer": world.egedal.pk, "resource": storage.pk}

    response = finance.post(OCTOBER + "handel/", FORM | people | {"units": "10,5"})

    page = response.content.decode()
    assert response.status_code == 422
    assert "Furesoe har kun 10 TB af Lager at give af. Angiv først, hvad kommunen ejer." in page
    assert 'value="10,5"' in page
    assert not CapacityTrade.objects.exists()


def test_nothing_for_nobody_is_refused(world, storage, finance):
    metered(world, storage)
    same = {"seller": world.furesoe.pk, "buyer": world.furesoe.pk, "resource": storage.pk, "units": "0"}

    page = finance.post(OCTOBER + "handel/", FORM | same).content.decode()

    assert "En kommune kan ikke handle med sig selv. Vælg en anden." in page
    assert "Skriv, hvor mange enheder; det skal være mere end 0." in page


def test_finance_meters_and_cancels(world, storage, finance):
    data = {"municipality": world.furesoe.pk, "resource": storage.pk, "owned": "1.200,25", "used": "800"}
    assert finance.post(OCTOBER + "maaling/", data).status_code == 302
    assert Holding.objects.get().owned == Decimal("1200.25")
    trade = exchange.trade(
        world.october, storage, kind="sale", seller=world.furesoe, buyer=world.egedal, units=Decimal(2),
        unit_price=Decimal(100), agreement="Aftale 7", by=world.lone, at=NOON,
    )  # fmt: skip

    address = reverse("billing:cancellation", args=["2026-10", trade.pk])
    assert finance.post(address, {"reason": "Tastefejl"}).status_code == 302

    assert "Annulleret: Tastefejl" in finance.get(OCTOBER).content.decode()


def test_a_system_tells_where_it_stands_who_needs_it_and_how_soon_it_is_back(world, director):
    north = DataCentre.objects.create(name="Nord", operated_by="Fællesskabet")
    system = CriticalSystem.objects.create(
        code="nexus", name="Nexus", purpose="Omsorg", data_centre=north, recovery_hours=4, data_loss_minutes=15,
        agreed_on=date(2025, 1, 1), reference="Driftsaftale",
    )  # fmt: skip
    Dependence.objects.create(municipality=world.furesoe, system=system, duty="Sundhedsloven")

    page = director.get("/ledelse/systemer/").content.decode()

    for words in ("Nord", "4 timer", "15 minutter", "Sundhedsloven", "aldrig"):
        assert words in page
