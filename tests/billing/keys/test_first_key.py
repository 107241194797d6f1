"""A new pool and its first key: made in the product, begun in the running month, and never inside an approved one."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from billing import cycle, periods
from billing.allocation.errors import AllocationError
from billing.keys.beginnings import earliest_first
from billing.keys.creation import create_pool
from billing.models import KeyVersion, Participation, Pool
from municipalities.governance import refusals
from municipalities.governance.models import Proposal
from servicecenter.audit.models import AuditEntry
from tests.billing.keys.test_key_proposals import adopt, propose
from tests.billing.world import NOON, OCTOBER, World
from tests.factories import make_director

pytestmark = pytest.mark.django_db
NOVEMBER, LATER = date(2026, 11, 1), NOON + timedelta(hours=1)
EQUAL = {"type": "equal"}


@pytest.fixture
def world():
    """October closed, November open, and a new pool with 300.00 kr. in November."""
    world = World()
    world.lines()
    periods.calculate(world.october, by=world.lone, at=NOON)
    periods.approve(world.october, by=world.per, at=NOON)
    periods.close(world.october, by=world.per, at=NOON)
    world.directors = [make_director(member) for member in world.members]
    world.november = world.period(NOVEMBER)
    world.backup = create_pool(
        name="Backup", code="backup", is_direct=False, before="overhead", members=world.members, since=NOVEMBER,
        by=world.lone, at=NOON,
    )  # fmt: skip
    world.line("B1", 30_001, world.backup, period=world.november)
    return world


def first_key(world, *, day=NOVEMBER, **fields):
    return propose(world, EQUAL, pool="backup", day=day, at=LATER, title="Backup", **fields)


def test_a_first_key_shares_the_running_month_and_leaves_what_is_closed(world):
    closed = list(world.october.allocations.order_by("pk").values())
    with pytest.raises(AllocationError) as refused:
        periods.calculate(world.november, by=world.lone, at=LATER)
    assert refused.value.where["pool"] == "backup"

    adopt(world, first_key(world), at=LATER + timedelta(hours=1))
    periods.calculate(world.november, by=world.lone, at=LATER + timedelta(hours=2))

    shared = world.november.allocations.filter(pool=world.backup, run__is_current=True)
    assert dict(shared.values_list("municipality__code", "amount_ore")) == {"151": 10_001, "190": 10_000, "240": 10_000}
    assert list(world.october.allocations.order_by("pk").values()) == closed


def test_a_first_key_never_begins_inside_a_frozen_month(world):
    assert earliest_first(date(2026, 11, 25)) == NOVEMBER
    for day in (OCTOBER, date(2026, 10, 31)):
        with pytest.raises(refusals.Backwards):
            first_key(world, day=day)
    with pytest.raises(IntegrityError), transaction.atomic():
        KeyVersion.objects.create(
            pool=world.backup, valid_from=date(2026, 10, 31), definition=EQUAL, label="x", sentence="x", decided_by="x"
        )


def test_a_pool_that_has_a_key_gets_no_other_for_days_that_have_been(world):
    with pytest.raises(refusals.Backwards):
        propose(world, EQUAL, pool="desk", day=NOVEMBER, at=LATER)
    adopt(world, first_key(world), at=LATER + timedelta(hours=1))
    for day in (NOVEMBER, date(2026, 11, 2)):
        with pytest.raises(refusals.Backwards):
            first_key(world, day=day)


def test_a_first_key_before_one_that_is_decided_for_later_ends_where_that_begins(world):
    adopt(world, first_key(world, day=date(2027, 1, 1)), at=LATER + timedelta(hours=1))
    adopt(world, first_key(world), at=LATER + timedelta(hours=1))
    spans = world.backup.key_versions.order_by("valid_from").values_list("valid_from", "valid_to")
    assert list(spans) == [(NOVEMBER, date(2027, 1, 1)), (date(2027, 1, 1), None)]


def test_a_first_key_waits_for_the_last_yes_until_its_month_is_approved(world):
    proposal = first_key(world)
    much_later = LATER + timedelta(days=40)
    assert proposal.state_at(much_later) == "proposed"
    assert list(Proposal.objects.open(at=much_later)) == [proposal]
    world.november.lines.update(pool=world.desk)
    periods.calculate(world.november, by=world.lone, at=much_later)
    periods.approve(world.november, by=world.per, at=much_later)
    with pytest.raises(refusals.TooLate):
        adopt(world, proposal, at=much_later)

    again = first_key(world, day=date(2026, 12, 1))  # what came too late makes room

    proposal.refresh_from_db()
    assert (proposal.state, again.state) == ("lapsed", "proposed")


def test_the_database_lets_only_a_first_proposal_begin_on_a_day_that_has_been(world):
    proposal = first_key(world)
    fields = {
        "kind": "key", "subject": "desk", "title": "x", "reason": "x", "change": {}, "effect_digest": "x",
        "takes_effect_at": proposal.takes_effect_at, "proposed_by": world.lone, "proposed_by_name": "x",
        "proposed_at": LATER,
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.create(**fields)


def test_the_month_names_the_pool_without_a_key_and_its_proposal_when_there_is_one(world):
    def told():
        return [(found.text, found.address) for found in cycle.read(world.november).missing]

    assert told() == [
        (
            "»Backup« har udgifter og ingen nøgle fra 1. november 2026. Foreslå en.",
            reverse("billing:key", args=["backup"]),
        )
    ]
    proposal = first_key(world)
    assert told() == [("Nøglen til »Backup« venter på kommunernes afgørelse.", proposal.get_absolute_url())]
    adopt(world, proposal, at=LATER + timedelta(hours=1))
    assert told() == []


def test_overhead_can_follow_a_pool_that_was_made_after_it(world):
    order = list(Pool.objects.order_by("position").values_list("code", flat=True))
    assert order == ["desk", "security", "nexus", "backup", "overhead"]
    entry = AuditEntry.objects.get(action="pool_created")
    assert (entry.actor_id, entry.data["members"]) == (world.lone.pk, ["151", "190", "240"])


# On the pages


def create(client, **fields):
    data = {
        "name": "Fælles netværk", "code": "", "kind": "shared", "before": "overhead", "since": "2026-11-01",
        "members": list(Participation.objects.filter(pool__code="desk").values_list("municipality_id", flat=True)),
    }  # fmt: skip
    return client.post(reverse("billing:pool_new"), data | fields)


def test_joint_finance_makes_a_pool_and_goes_on_to_its_first_key(client, world):
    client.force_login(world.lone)
    assert client.get(reverse("billing:pool_new")).context["form"]["since"].value() == NOVEMBER

    answer = create(client)

    assert answer.url == reverse("billing:key_new", args=["faelles-netvaerk"])
    pool = Pool.objects.get(code="faelles-netvaerk")
    assert list(pool.participations.order_by("municipality__code").values_list("municipality__code", "valid_from")) == [
        (code, NOVEMBER) for code in ("151", "190", "240")
    ]
    page = client.get(answer.url)
    assert page.context["form"]["valid_from"].value() == NOVEMBER
    form = {"valid_from": "2026-11-01", "label": "Lige", "reason": "Aftalt.", "propose": "1"}
    sent = client.post(f"{answer.url}?type=equal", form)
    proposal = Proposal.objects.get(subject="faelles-netvaerk")
    assert (sent.url, proposal.is_first) == (proposal.get_absolute_url(), True)
    assert client.get(reverse("billing:key", args=[pool.code])).context["waiting"] == proposal


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "backup"}, "name"),
        ({"code": "simulator"}, "code"),
        ({"code": "151"}, "code"),
        ({"code": "desk"}, "code"),
        ({"since": "2026-10-01"}, "since"),
        ({"members": []}, "members"),
    ],
)
def test_what_cannot_be_a_pool_is_said_beside_its_field(client, world, fields, field):
    client.force_login(world.lone)
    before = Pool.objects.count()
    page = create(client, **fields)
    assert (page.status_code, list(page.context["form"].errors), Pool.objects.count()) == (422, [field], before)


def test_a_direct_pool_has_nobody_taking_part(client, world):
    client.force_login(world.lone)
    assert create(client, kind="direct", members=[]).url == reverse("billing:keys")
    pool = Pool.objects.get(code="faelles-netvaerk")
    assert (pool.is_direct, pool.participations.count()) == (True, 0)


def test_a_first_key_in_an_approved_month_is_refused_beside_its_day(client, world):
    client.force_login(world.lone)
    form = {"valid_from": "2026-10-01", "label": "Lige", "reason": "Aftalt.", "propose": "1"}
    page = client.post(reverse("billing:key_new", args=["backup"]) + "?type=equal", form)
    assert page.context["form"].errors == {
        "valid_from": ["Måneder før 1. november 2026 er godkendt. Vælg den dag eller en senere."]
    }


def test_directors_make_no_pools(client, world):
    client.force_login(world.directors[0])
    assert client.get(reverse("billing:pool_new")).status_code == 404
    assert create(client).status_code == 404
    assert b"ny-pulje" not in client.get(reverse("billing:keys")).content


def test_while_no_month_is_approved_a_first_key_begins_with_the_earliest():
    World()
    assert earliest_first(date(2026, 11, 25)) == OCTOBER
    assert earliest_first(date(2026, 9, 25)) == date(2026, 9, 1)
