"""What a pool gives, as a joint decision: form, effect on everybody, and the relation in force from its day."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.allocation.errors import AllocationError
from billing.giving.proposals import NothingToEnd
from billing.keys.proposals import GIVING, takes_effect
from billing.models import Giving
from municipalities.governance import proposals
from municipalities.governance.models import Proposal
from tests.billing.giving.test_giving_months import give
from tests.billing.keys.test_key_proposals import adopt
from tests.billing.test_corrections import close
from tests.billing.world import NOON, World
from tests.factories import make_director

pytestmark = pytest.mark.django_db
JANUARY = date(2027, 1, 1)
TEN = {"capacity": "100", "own": "90", "units": {"security": "10"}, "idle": None}


@pytest.fixture
def world():
    world = World()
    world.lines()
    close(world, world.october)
    world.directors = [make_director(member) for member in world.members]
    return world


def propose(world, gives=TEN, *, pool="desk", day=JANUARY):
    change = {"valid_from": day.isoformat(), "basis": "percent", "unit": "", "gives": gives}
    return proposals.propose(
        GIVING, subject=pool, title="Servicedesk", change=change, takes_effect_at=takes_effect(day),
        municipalities=world.members, by=world.lone, reason="Sikkerhed bruger servicedesken.",
        at=NOON + timedelta(hours=1),
    )  # fmt: skip


def test_the_effect_is_told_for_everybody_and_cancels_out(world):
    proposal = propose(world)

    differences = [totals["difference_ore"] for totals in proposal.effect.values()]
    assert sum(differences) == 0
    assert any(differences)


def test_the_last_yes_gives_it_force_from_its_day(world):
    adopt(world, propose(world))

    giving = Giving.objects.get()
    assert (giving.giver, giving.valid_from, giving.valid_to) == (world.desk, JANUARY, None)
    assert [(part.receiver.code, part.units) for part in giving.parts.all()] == [("security", 10)]
    assert "Punkt 151" in giving.reference


def test_an_adopted_end_closes_the_relation(world):
    give(world.desk, {"security": "10"}, since=date(2026, 11, 1))

    adopt(world, propose(world, TEN | {"units": {}, "own": "100"}))

    assert Giving.objects.get().valid_to == JANUARY


@pytest.mark.parametrize(("gives", "pool", "day", "code"), [
    ({"units": {"desk": "10"}, "own": "90"}, "security", JANUARY, "CYCLE"),
    ({"units": {"security": "10"}, "own": "90"}, "security", JANUARY, "CYCLE"),
    ({"units": {"nexus": "10"}, "own": "90"}, "desk", JANUARY, "BAD_KEY"),
    ({"units": {"security": "10"}, "own": "95"}, "desk", JANUARY, "NEGATIVE_DRIVER"),
    ({"units": {"security": "10"}, "own": "80"}, "desk", JANUARY, "BAD_KEY"),
    ({"units": {"security": "10"}, "own": "90"}, "desk", date(2027, 1, 15), "BAD_DATE"),
])  # fmt: skip
def test_what_a_bill_would_refuse_is_refused_before_anybody_decides(world, gives, pool, day, code):
    with pytest.raises(AllocationError) as refused:
        propose(world, TEN | gives, pool=pool, day=day)

    assert refused.value.code == code
    assert refused.value.where["pool"] == pool
    assert not Proposal.objects.exists()


def test_there_must_be_something_to_end(world):
    with pytest.raises(NothingToEnd):
        propose(world, TEN | {"units": {}, "own": "100"})


def ahead():
    return (timezone.localdate().replace(day=1) + timedelta(days=70)).replace(day=1)


def test_finance_sees_the_effect_first_and_then_sends_the_proposal(client, world):
    client.force_login(world.lone)
    address = reverse("billing:giving_new", args=["desk"])
    data = {"valid_from": ahead().isoformat(), "to_security": "10", "reason": "Fordi"}

    seen = client.post(address, data | {"preview": "1"})
    assert seen.status_code == 200
    assert seen.context["effect"]
    assert not Proposal.objects.exists()
    client.post(address, data | {"propose": "1"})

    proposal = Proposal.objects.get()
    assert proposal.change["gives"] == TEN
    assert client.get(proposal.get_absolute_url()).status_code == 200
    page = client.get(reverse("billing:key", args=["desk"])).content.decode()
    assert proposal.get_absolute_url() in page


def test_units_of_a_capacity_need_somebody_for_what_is_idle(client, world):
    client.force_login(world.lone)
    address = reverse("billing:giving_new", args=["desk"]) + "?type=units"
    data = {
        "valid_from": ahead().isoformat(), "capacity": "400", "unit": "TB", "own": "300", "to_security": "60",
        "reason": "Fordi", "preview": "1",
    }  # fmt: skip

    refused = client.post(address, data)
    assert refused.status_code == 422
    assert "40" in str(refused.context["form"].errors["idle"])
    assert client.post(address, data | {"idle": "overhead"}).status_code == 200
    assert client.post(address, data | {"capacity": ""}).context["form"].errors.keys() == {"capacity"}


def test_too_much_and_a_day_inside_a_month_are_told_beside_the_field(client, world):
    client.force_login(world.lone)
    address = reverse("billing:giving_new", args=["desk"])

    much = client.post(address, {"valid_from": ahead().isoformat(), "to_security": "101", "reason": "Fordi"})
    inside = client.post(address, {"valid_from": ahead().replace(day=2), "to_security": "1", "reason": "Fordi"})

    assert much.context["form"].errors.keys() == {"to_security"}
    assert inside.context["form"].errors.keys() == {"valid_from"}


def test_a_director_reads_what_pools_give_and_proposes_nothing(client, world):
    give(world.desk, {"security": "10"}, since=date(2026, 11, 1))
    client.force_login(world.directors[0])

    assert client.get(reverse("billing:giving_new", args=["desk"])).status_code == 404
    assert "10" in client.get(reverse("billing:key", args=["desk"])).content.decode()
    assert client.get(reverse("billing:keys")).status_code == 200
