"""A new key of a pool: checked, its effect to the øre, decided together, and in force from its day."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from billing import periods
from billing.allocation.errors import FAULTS, AllocationError
from billing.keys.proposals import KEY, as_in_the_end, takes_effect
from billing.models import KeyVersion
from billing.plans import KeyChangesInside
from municipalities.governance import proposals, refusals
from municipalities.governance.models import Proposal
from servicecenter.tenancy.scope import Scope, enter
from tests.billing.world import CODES, NOON, World
from tests.factories import make_director

pytestmark = pytest.mark.django_db
JANUARY = date(2027, 1, 1)
MIXED = {
    "type": "mix", "on_zero": "reject",
    "parts": [
        {"weight": "0.3", "key": {"type": "equal"}},
        {"weight": "0.7", "key": {"type": "driver", "driver": "inhabitants"}},
    ],
}  # fmt: skip


@pytest.fixture
def world():
    """October closed: 1,984,568 øre at the desk by inhabitants, the rest as in World."""
    world = World()
    world.lines()
    periods.calculate(world.october, by=world.lone, at=NOON)
    periods.approve(world.october, by=world.per, at=NOON)
    periods.close(world.october, by=world.per, at=NOON)
    world.directors = [make_director(member) for member in world.members]
    return world


def propose(world, definition=MIXED, *, pool="desk", day=JANUARY, **fields):
    change = {"definition": definition, "label": "Blandet", "valid_from": day.isoformat()}
    arguments = {
        "subject": pool, "title": "Servicedesk", "change": change, "takes_effect_at": takes_effect(day),
        "municipalities": world.members, "by": world.lone, "reason": "Faste udgifter deles lige.",
        "at": NOON + timedelta(hours=1),
    }  # fmt: skip
    return proposals.propose(KEY, **(arguments | fields))


def adopt(world, proposal, *, at=NOON + timedelta(hours=2)):
    for member, director in zip(world.members, world.directors, strict=True):
        proposal = proposals.decide(
            proposal, municipality=member, by=director, is_yes=True, reference=f"Punkt {member.code}", at=at
        )
    return proposal


def test_the_effect_is_exact_and_the_differences_cancel_out(world):
    proposal = propose(world)

    now = {code: totals["now_ore"] for code, totals in proposal.effect.items()}
    difference = {code: totals["difference_ore"] for code, totals in proposal.effect.items()}
    booked = {
        member.code: sum(world.october.allocations.filter(municipality=member).values_list("amount_ore", flat=True))
        for member in world.members
    }
    assert now == booked
    assert sum(difference.values()) == 0
    # 1,984,568 by inhabitants is 744,213 · 589,169 · 651,186; mixed it is 719,406 · 610,875 · 654,287. What the
    # overhead of 333,333 adds follows the cost each carries.
    assert list(difference) == CODES
    desk = {"151": 719_406 - 744_213, "190": 610_875 - 589_169, "240": 654_287 - 651_186}
    overhead = {code: difference[code] - desk[code] for code in CODES}
    assert sum(overhead.values()) == 0
    assert max(abs(ore) for ore in overhead.values()) < 1000
    assert proposal.effect["151"]["months"] == ["2026-10"]


def test_the_last_yes_makes_the_new_key_with_its_decision(world):
    proposal = propose(world)
    adopted = adopt(world, proposal)

    assert adopted.state == "adopted"
    before, new = KeyVersion.objects.filter(pool=world.desk).order_by("valid_from")
    assert (before.valid_to, new.valid_from, new.valid_to) == (JANUARY, JANUARY, None)
    assert (new.definition, new.label) == (MIXED, "Blandet")
    assert new.sentence.replace("\N{NO-BREAK SPACE}", " ") == "Deles 30 % ligeligt, 70 % efter indbyggere."
    assert (new.decided_by, new.reference) == ("Ballerup, Furesoe, Egedal", "Punkt 151; Punkt 190; Punkt 240")
    assert new.decided_on == date(2026, 11, 9)


def test_a_director_gives_force_within_the_own_scope(world):
    proposal = propose(world)
    for member, director in zip(world.members, world.directors, strict=True):
        enter(Scope((member.pk,), director.pk))
        proposal = proposals.decide(
            proposal, municipality=member, by=director, is_yes=True, reference="Punkt 1", at=NOON + timedelta(hours=2)
        )
    assert proposal.state == "adopted"
    assert KeyVersion.objects.filter(pool=world.desk, valid_from=JANUARY).exists()


def test_a_closed_month_keeps_its_key(world):
    with pytest.raises(refusals.Backwards):
        propose(world, day=date(2026, 10, 1))
    adopt(world, propose(world))
    assert [v.valid_from for v in KeyVersion.objects.in_force(date(2026, 10, 1), date(2026, 11, 1)).filter(
        pool=world.desk)] == [date(2014, 1, 1)]  # fmt: skip


def test_a_key_decided_earlier_for_a_later_day_keeps_its_day(world):
    adopt(world, propose(world, day=date(2027, 7, 1)))
    adopt(world, propose(world, {"type": "equal"}))
    spans = KeyVersion.objects.filter(pool=world.desk).order_by("valid_from").values_list("valid_from", "valid_to")
    assert list(spans) == [
        (date(2014, 1, 1), JANUARY),
        (JANUARY, date(2027, 7, 1)),
        (date(2027, 7, 1), None),
    ]


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        ({"type": "magic"}, "BAD_KEY"),
        ({"type": "percent", "percent": {"151": "40", "190": "30", "240": "20"}}, "BAD_PERCENT"),
        ({"type": "driver", "driver": "cars"}, "MISSING_DRIVER"),
        ({"type": "fixed", "ratio": {"151": "3"}}, "MISSING_DRIVER"),
        ({"type": "bounded", "key": {"type": "equal"}, "floor": {"151": "0.6", "190": "0.6"}}, "BOUNDS"),
    ],
)
def test_what_the_allocation_refuses_is_never_proposed(world, definition, code):
    with pytest.raises(AllocationError) as refused:
        propose(world, definition)
    assert (refused.value.code, Proposal.objects.count()) == (code, 0)


def test_two_keys_never_begin_on_one_day(world):
    adopt(world, propose(world))
    with pytest.raises(AllocationError) as refused:
        propose(world, {"type": "equal"})
    assert refused.value.code == "OVERLAP"


def test_overhead_changes_on_a_first_only(world):
    with pytest.raises(KeyChangesInside):
        propose(world, {"type": "equal"}, pool="overhead", day=date(2027, 1, 15))
    assert propose(world, {"type": "equal"}, pool="overhead").state == "proposed"


def test_only_joint_finance_proposes_a_key(world):
    for person in (world.directors[0], make_director(world.egedal)):
        with pytest.raises(refusals.MayNotPropose):
            propose(world, by=person)


def test_steps_are_looked_at_as_after_the_last(world):
    old, new = {"type": "equal"}, {"type": "driver", "driver": "inhabitants"}
    steps = {"type": "transition", "old": old, "new": new}
    assert as_in_the_end(steps | {"steps": [{"from": "2027-01-01", "t": "1"}]}) == new
    half = as_in_the_end(steps | {"steps": [{"from": "2028-01-01", "t": "1/2"}, {"from": "2027-01-01", "t": "0"}]})
    assert half == {"type": "mix", "parts": [{"weight": "1/2", "key": old}, {"weight": "1/2", "key": new}]}


# On the page


def in_a_month():
    return (timezone.localdate().replace(day=1) + timedelta(days=40)).replace(day=1)


def address(kind):
    return reverse("billing:key_new", args=["desk"]) + f"?type={kind}"


def a_form(**fields):
    return {"valid_from": in_a_month().isoformat(), "label": "Ny nøgle", "reason": "Aftalt."} | fields


@pytest.fixture
def finance(client, world):
    client.force_login(world.lone)
    return world.lone


FORMS = {
    "equal": ({}, {"type": "equal"}),
    "driver": (
        {"driver": "inhabitants", "tier_bound_0": "40.000", "tier_rate_0": "100", "tier_rate_1": "50"},
        {
            "type": "driver", "driver": "inhabitants",
            "tiers": [{"up_to": "40000", "rate": "1"}, {"up_to": None, "rate": "0.5"}],
        },
    ),
    "fixed": (
        {"fixed_151": "3", "fixed_190": "2", "fixed_240": "2"},
        {"type": "fixed", "ratio": {"151": "3", "190": "2", "240": "2"}},
    ),
    "percent": (
        {"percent_151": "40", "percent_190": "32,5", "percent_240": "27,5"},
        {"type": "percent", "percent": {"151": "40", "190": "32.5", "240": "27.5"}},
    ),
    "mix": (
        {"part_weight_0": "30", "part_key_0": "equal", "part_weight_1": "70", "part_key_1": "driver:inhabitants",
         "on_zero": "reject"},
        MIXED,
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FORMS)
def test_each_kind_of_key_is_proposed_by_a_form(client, world, finance, kind):
    fields, definition = FORMS[kind]
    assert client.get(address(kind)).status_code == 200
    shown = client.post(address(kind), a_form(preview="1", **fields))
    assert (shown.status_code, Proposal.objects.count()) == (200, 0)
    assert sum(totals["difference_ore"] for _member, totals, _rows in shown.context["effect"]) == 0
    sent = client.post(address(kind), a_form(propose="1", **fields))
    proposal = Proposal.objects.get()
    assert (sent.url, proposal.change["definition"]) == (proposal.get_absolute_url(), definition)
    assert client.get(proposal.get_absolute_url()).status_code == 200
    assert client.get(reverse("billing:key", args=["desk"])).context["waiting"] == proposal


def test_bounds_and_steps_go_round_any_key(client, world, finance):
    first, second = in_a_month(), in_a_month().replace(year=in_a_month().year + 1)
    fields = {
        "floor_240": "20", "cap_151": "45,5", "step_day_0": first.isoformat(), "step_part_0": "50",
        "step_day_1": second.isoformat(), "step_part_1": "100",
    }  # fmt: skip
    client.post(address("equal"), a_form(propose="1", **fields))
    assert Proposal.objects.get().change["definition"] == {
        "type": "transition",
        "old": {"type": "driver", "driver": "inhabitants"},
        "new": {
            "type": "bounded", "key": {"type": "equal"}, "floor": {"240": "0.2"}, "cap": {"151": "0.455"},
        },
        "steps": [{"from": first.isoformat(), "t": "0.5"}, {"from": second.isoformat(), "t": "1"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("percent", {"percent_151": "40", "percent_190": "30"}, "percent_151"),  # BAD_PERCENT
        ("percent", {"percent_151": "halvdelen"}, "percent_151"),
        ("fixed", {"fixed_151": "3", "fixed_190": "2"}, "fixed_240"),  # MISSING_DRIVER
        ("mix", {"part_weight_0": "30", "part_key_0": "equal", "on_zero": "drop"}, "part_weight_0"),  # BAD_WEIGHTS
        ("mix", {"part_weight_0": "100", "on_zero": "drop"}, "part_weight_0"),
        ("mix", {"part_weight_0": "100", "part_key_0": "driver:cars", "on_zero": "drop"}, "part_key_0"),
        ("equal", {"floor_151": "60", "floor_190": "60"}, "floor_151"),  # BOUNDS
        ("equal", {"floor_190": "60", "cap_190": "50"}, "cap_190"),
        ("driver", {"driver": "inhabitants", "tier_bound_0": "5", "tier_rate_0": "100", "tier_bound_1": "4",
                    "tier_rate_1": "50"}, "tier_bound_0"),  # BAD_KEY, tiers
        ("driver", {"driver": "inhabitants", "tier_bound_0": "5"}, "tier_rate_0"),
        ("equal", {"step_day_0": "2027-03-01"}, "step_part_0"),
        ("equal", {"step_day_0": "2027-03-01", "step_part_0": "120"}, "step_part_0"),  # BAD_WEIGHTS, step
        ("equal", {"step_day_0": "2027-03-01", "step_part_0": "50", "step_day_1": "2027-03-01", "step_part_1": "60"},
         "step_day_0"),  # DUPLICATE
        ("equal", {"valid_from": "2020-01-01"}, "valid_from"),
        ("equal", {"valid_from": "2026-02-30"}, "valid_from"),  # BAD_DATE
        ("equal", {"reason": ""}, "reason"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_beside_its_field_and_nothing_is_stored(client, finance, kind, fields, field):
    page = client.post(address(kind), a_form(propose="1") | fields)
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert f'id="id_{field}_error"' in page.content.decode()
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("kind", ["equal", "driver", "fixed", "percent", "mix"])
def test_whatever_the_allocation_refuses_of_the_whole_has_a_field_to_stand_beside(client, finance, kind):
    form = client.get(address(kind)).context["form"]
    form = type(form)(a_form(), pool=form.pool, kind=kind, base=form.base, members=form.members)
    form.is_valid()
    for named in FAULTS:
        code, _dot, reason = named.partition(".")
        form.refuse(AllocationError(code, reason, found="x"))
    assert form.non_field_errors() == []


def test_a_quantity_nobody_measured_is_said_with_pool_driver_and_day(client, world, finance):
    from billing.models import Driver

    Driver.objects.create(code="cars", name="Biler", nature="stock", unit="biler")
    page = client.post(address("driver"), a_form(propose="1", driver="cars"))
    (text,) = page.context["form"].errors["driver"]
    assert "Desk" in text
    assert "Biler" in text


def test_a_second_key_of_one_day_is_said_beside_the_day(client, world, finance):
    day = in_a_month()
    KeyVersion.objects.filter(pool=world.desk).update(valid_to=day)
    KeyVersion.objects.create(pool=world.desk, valid_from=day, definition={"type": "equal"}, label="x", sentence="x",
                              decided_by="x")  # fmt: skip
    page = client.post(address("equal"), a_form(propose="1"))
    assert list(page.context["form"].errors) == ["valid_from"]


def test_directors_read_keys_and_do_not_propose_them(client, world):
    client.force_login(world.directors[0])
    page = client.get(reverse("billing:key", args=["desk"]))
    assert (page.status_code, page.context["may_propose"]) == (200, False)
    assert client.get(address("equal")).status_code == 404
    assert client.post(address("equal"), a_form(propose="1")).status_code == 404
    assert client.get(reverse("billing:key", args=["nexus"])).status_code == 404  # a direct pool has no key


@pytest.mark.parametrize(("name", "args"), [("keys", []), ("key", ["desk"])])
def test_the_pages_stay_within_their_queries(client, finance, name, args, asked):
    with asked(at_most=12):
        assert client.get(reverse(f"billing:{name}", args=args)).status_code == 200
