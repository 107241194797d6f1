"""Joining and leaving are participations; contracts that run on are a proposal."""

from datetime import date

import pytest
from django.urls import reverse

from billing import periods
from billing.models import Contract, Participation
from billing.settlement import membership
from municipalities import roles
from tests.billing.test_corrections import close
from tests.billing.world import NOON, OCTOBER, World
from tests.factories import make_municipality

pytestmark = pytest.mark.django_db
JANUARY = date(2027, 1, 1)


def contract(world, number, pool=None, **fields):
    return Contract.objects.create(
        number=number, vendor="Atea", name=number, pool=pool or world.security, **{"monthly_ore": 30_000} | fields
    )


def test_a_fourth_municipality_joins_in_the_middle_of_a_month():
    world = World()
    fourth = make_municipality("Fredensborg", code="210")
    membership.join(fourth, [world.security], on=date(2026, 10, 16), by=world.lone)
    world.line("S1", 31_000, world.security)

    run = periods.calculate(world.october, by=world.lone, at=NOON)

    # 16 of 31 days in four; the others also bear the 15 days in three.
    shares = {row.municipality.slug: str(row.exact_share) for row in run.allocations.filter(pool=world.security)}
    assert shares["fredensborg"] == "4/31"
    assert shares["egedal"] == "9/31"


def test_who_takes_part_cannot_join_again():
    world = World()

    with pytest.raises(membership.TakesPartAlready, match="Security"):
        membership.join(world.egedal, [world.security], on=OCTOBER, by=world.lone)


def test_nobody_joins_or_leaves_inside_an_approved_month():
    world = World()
    world.lines()
    close(world, world.october)

    with pytest.raises(membership.ApprovedMonth):
        membership.leave(world.egedal, on=date(2026, 10, 20), by=world.lone)
    with pytest.raises(membership.ApprovedMonth):
        membership.join(make_municipality("Fredensborg", code="210"), [world.desk], on=OCTOBER, by=world.lone)
    assert len(membership.leave(world.egedal, on=date(2026, 11, 1), by=world.lone)) == 3


def test_a_pool_can_be_left_later_than_another():
    world = World()

    membership.leave(world.egedal, on=JANUARY, pools=[world.desk], by=world.lone)
    membership.leave(world.egedal, on=date(2027, 7, 1), by=world.lone)

    ends = dict(Participation.objects.filter(municipality=world.egedal).values_list("pool__code", "valid_to"))
    assert ends == {"desk": JANUARY, "security": date(2027, 7, 1), "overhead": date(2027, 7, 1)}
    with pytest.raises(membership.TakesNoPart):
        membership.leave(world.egedal, on=date(2028, 1, 1), by=world.lone)


def test_contracts_that_run_on_are_proposed_by_the_share_carried_so_far():
    world = World()
    world.lines()
    periods.calculate(world.october, by=world.lone, at=NOON)
    fixed = contract(world, "A", valid_to=date(2027, 4, 1))
    noticed = contract(world, "B", notice_months=6)
    sooner = contract(world, "C", valid_to=date(2030, 1, 1), notice_months=2)
    contract(world, "D", valid_to=JANUARY)
    begun = contract(world, "E", valid_to=date(2027, 1, 15), pool=world.desk)

    found = membership.commitments(world.egedal, on=JANUARY)

    assert [(row.contract, row.months, str(row.share), row.amount_ore) for row in found] == [
        (fixed, 3, "1/3", 30_000), (noticed, 6, "1/3", 60_000), (sooner, 2, "1/3", 20_000),
        (begun, 1, "21/64", 9_844),
    ]  # fmt: skip


def test_the_page_shows_what_would_remain_before_anybody_leaves(client):
    world = World()
    world.lines()
    periods.calculate(world.october, by=world.lone, at=NOON)
    contract(world, "A", valid_to=date(2027, 4, 1))
    client.force_login(world.lone)
    asked = {"municipality": world.egedal.pk, "on": "2027-01-01"}

    page = client.get(reverse("billing:members"), asked)
    assert [row.amount_ore for row in page.context["commitments"]] == [30_000]
    assert not Participation.objects.exclude(valid_to=None).exists()
    assert client.post(reverse("billing:leaving"), asked).status_code == 302
    assert Participation.objects.filter(valid_to=JANUARY).count() == 3


def test_joining_and_a_contract_are_entered_on_the_page(client):
    world = World()
    fourth = make_municipality("Fredensborg", code="210")
    roles.give(world.lone, "finance", municipalities=[fourth])
    client.force_login(world.lone)

    joined = client.post(
        reverse("billing:joining"), {"municipality": fourth.pk, "pools": [world.desk.pk], "on": "2026-11-01"}
    )
    stored = client.post(
        reverse("billing:contract"),
        {"number": "K-1", "vendor": "KMD", "name": "Nexus", "pool": world.desk.pk, "monthly_ore": "1.000,50",
         "notice_months": "3"},
    )  # fmt: skip

    assert (joined.status_code, stored.status_code) == (302, 302)
    assert Contract.objects.get().monthly_ore == 100_050
    assert client.post(reverse("billing:joining"), {"municipality": fourth.pk}).status_code == 422
