"""Keys within keys on the form: entered, read back, and refused where the fault stands."""

from datetime import date
from fractions import Fraction

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation

from billing import periods
from billing.keys.fields import outermost
from billing.keys.inputs import ExactField, figure
from billing.models import Driver, DriverValue, KeyVersion
from municipalities.governance.models import Proposal
from tests.billing.keys.test_key_proposals import a_form, address, finance, world  # noqa: F401
from tests.billing.world import NOON, World

pytestmark = pytest.mark.django_db

TIERED = {
    "type": "driver", "driver": "inhabitants",
    "tiers": [{"up_to": "40000", "rate": "1"}, {"up_to": None, "rate": "0.5"}],
}  # fmt: skip
STEPS = [{"from": "2026-01-01", "t": "0.25"}, {"from": "2028-01-01", "t": "1"}]
HELD = {
    "type": "bounded", "key": {"type": "fixed", "ratio": {"151": "3", "190": "2", "240": "2"}},
    "floor": {"190": "0.3"}, "cap": {"151": "0.425"},
}  # fmt: skip
INNER = {
    "type": "mix", "on_zero": "drop",
    "parts": [
        {"weight": "0.6", "key": TIERED},
        {"weight": "0.4", "key": {"type": "percent", "percent": {"151": "40", "190": "32.5", "240": "27.5"}}},
    ],
}  # fmt: skip
EVERYTHING = {
    "type": "mix", "on_zero": "reject",
    "parts": [
        {"weight": "0.2", "key": {"type": "equal"}},
        {"weight": "0.125", "key": {"type": "driver", "driver": "inhabitants"}},
        {"weight": "0.175", "key": HELD},
        {"weight": "0.1", "key": {"type": "direct", "member": "240"}},
        {"weight": "0.4", "key": {"type": "transition", "old": {"type": "equal"}, "new": INNER, "steps": STEPS}},
    ],
}  # fmt: skip


def test_a_mixture_of_every_kind_of_key_is_entered_and_proposed(client, world, finance):  # noqa: F811
    kind, fields = outermost(EVERYTHING)

    shown = client.post(address(kind), a_form(preview="1", **fields))
    client.post(address(kind), a_form(propose="1", **fields))

    assert sum(totals["difference_ore"] for _member, totals, _rows in shown.context["effect"]) == 0
    assert Proposal.objects.get().change["definition"] == EVERYTHING
    told = shown.context["sentence"].replace("\N{NO-BREAK SPACE}", " ")
    assert "20 % ligeligt, 12,5 % efter indbyggere, 17,5 % (i forholdet" in told
    assert "op til 40.000 tæller 100 %" in told


@pytest.mark.parametrize("definition", [TIERED, HELD, INNER, EVERYTHING, {"type": "direct", "member": "151"},
    {"type": "transition", "old": HELD, "new": INNER, "steps": STEPS},
    {"type": "bounded", "key": EVERYTHING, "floor": {"151": "0.1"}, "cap": {}}], ids=lambda d: d["type"])  # fmt: skip
def test_the_form_begins_with_the_key_in_force_and_sends_it_unchanged(client, world, finance, definition):  # noqa: F811
    KeyVersion.objects.filter(pool=world.desk).update(valid_to=date(2026, 11, 1))
    KeyVersion.objects.create(pool=world.desk, valid_from=date(2026, 11, 1), definition=definition, label="x",
                              sentence="x", decided_by="x")  # fmt: skip
    kind, fields = outermost(definition)
    form = client.get(reverse("billing:key_new", args=["desk"])).context["form"]

    assert (form.kind, {name: form[name].value() for name in fields}) == (kind, fields)
    client.post(address(kind), a_form(propose="1", **fields))
    assert Proposal.objects.get().change["definition"] == definition


def test_the_fields_of_a_chosen_kind_are_shown_without_faults_and_nothing_written_is_lost(client, finance):  # noqa: F811
    written = {"part_weight_0": "30", "part_key_0": "mix", "part_weight_1": "70", "part_key_1": "bounded"}

    page = client.post(address("mix"), a_form(fields="1", **written))

    html = page.content.decode()
    assert (page.status_code, Proposal.objects.count()) == (200, 0)
    assert "form-error-message" not in html
    for name in ("part_key_0-part_weight_0", "part_key_0-on_zero", "part_key_1-inner_key", "part_key_1-cap_240"):
        assert f'name="{name}"' in html
    assert page.context["form"]["part_weight_1"].value() == "70"


def test_a_form_that_is_full_offers_one_row_more(client, finance):  # noqa: F811
    full = {f"part_key_{n}": "equal" for n in range(4)} | {f"part_weight_{n}": "25" for n in range(4)}

    html = client.post(address("mix"), a_form(fields="1", **full)).content.decode()

    assert 'name="part_weight_4"' in html
    assert 'name="part_weight_5"' not in html


FAULTS = [
    ({"part_key_0": "percent", "part_key_0-percent_151": "90"}, "part_key_0-percent_151"),
    ({"part_key_0": "fixed", "part_key_0-fixed_151": "3"}, "part_key_0-fixed_190"),
    ({"part_key_0": "driver", "part_key_0-driver": "inhabitants", "part_key_0-tier_bound_0": "5",
      "part_key_0-tier_rate_0": "100", "part_key_0-tier_bound_1": "4", "part_key_0-tier_rate_1": "1"},
     "part_key_0-tier_bound_0"),
    ({"part_key_0": "driver", "part_key_0-driver": "cars"}, "part_key_0-driver"),
    ({"part_key_0": "mix", "part_key_0-on_zero": "drop", "part_key_0-part_weight_0": "30",
      "part_key_0-part_key_0": "equal"}, "part_key_0-part_weight_0"),
    ({"part_key_0": "mix", "part_key_0-on_zero": "drop", "part_key_0-part_weight_0": "100",
      "part_key_0-part_key_0": "percent"}, "part_key_0-part_key_0-percent_151"),
    ({"part_key_0": "bounded", "part_key_0-inner_key": "equal", "part_key_0-floor_151": "60",
      "part_key_0-floor_190": "60"}, "part_key_0-floor_151"),
    ({"part_key_0": "bounded", "part_key_0-inner_key": "equal"}, "part_key_0-floor_151"),
    ({"part_key_0": "bounded", "part_key_0-cap_151": "60"}, "part_key_0-inner_key"),
    ({"part_key_0": "transition", "part_key_0-old_key": "equal", "part_key_0-new_key": "driver:inhabitants"},
     "part_key_0-step_day_0"),
    ({"part_key_0": "transition", "part_key_0-old_key": "equal", "part_key_0-new_key": "driver:inhabitants",
      "part_key_0-step_day_0": "2027-01-01", "part_key_0-step_part_0": "101"}, "part_key_0-step_part_0"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "field"), FAULTS, ids=[field for _fields, field in FAULTS])
def test_a_fault_inside_is_said_beside_its_field(client, world, finance, fields, field):  # noqa: F811
    Driver.objects.create(code="cars", name="Biler", nature="stock", unit="biler")
    rest = {"part_weight_0": "50", "part_weight_1": "50", "part_key_1": "equal", "on_zero": "reject"}

    page = client.post(address("mix"), a_form(propose="1", **rest, **fields))

    assert (page.status_code, Proposal.objects.count()) == (422, 0)
    assert list(page.context["form"].errors) == [field]
    assert f'id="id_{field}_error"' in page.content.decode()


def test_what_only_a_closed_month_shows_is_said_of_the_innermost_key(client):
    """A quantity of zero for all: the tiers deep inside are to blame, not the mixture."""
    own = World()
    own.lines()
    cars = Driver.objects.create(code="cars", name="Biler", nature="stock", unit="biler")
    for member in own.members:
        DriverValue.objects.create(municipality=member, period=own.october, driver=cars, value=0, measured_at=NOON)
    KeyVersion.objects.create(pool=own.nexus, valid_from=date(2014, 1, 1), label="x", sentence="x", decided_by="x",
                              definition={"type": "driver", "driver": "cars"})  # fmt: skip
    periods.calculate(own.october, by=own.lone, at=NOON)
    periods.approve(own.october, by=own.per, at=NOON)
    periods.close(own.october, by=own.per, at=NOON)
    client.force_login(own.lone)
    _kind, fields = outermost({"type": "mix", "parts": [
        {"weight": "0.5", "key": {"type": "equal"}},
        {"weight": "0.5", "key": {"type": "mix", "parts": [
            {"weight": "1", "key": {"type": "driver", "driver": "cars", "tiers": [{"up_to": None, "rate": "1"}]}},
        ]}},
    ]})  # fmt: skip

    page = client.post(address("mix"), a_form(propose="1", **fields))

    assert list(page.context["form"].errors) == ["part_key_1-part_key_0-driver"]


def test_keys_nest_to_a_depth_that_can_be_followed(client, finance):  # noqa: F811
    path, fields = "", {}
    for _level in range(7):
        fields |= {f"{path}part_weight_0": "100", f"{path}part_key_0": "mix", f"{path}on_zero": "drop"}
        path += "part_key_0-"

    page = client.post(address("mix"), a_form(propose="1", **fields))

    (field,) = page.context["form"].errors
    assert (page.status_code, field) == (422, "part_key_0-" * 5 + "part_key_0")


def test_overhead_follows_the_cost_that_is_chosen(client, world, finance):  # noqa: F811
    url = reverse("billing:key_new", args=["overhead"])
    start = client.get(url)
    assert start.context["kind"] == "on_cost"

    refused = client.post(f"{url}?type=on_cost", a_form(propose="1"))
    client.post(f"{url}?type=on_cost", a_form(propose="1", of=["direct", "security"]))

    assert list(refused.context["form"].errors) == ["of"]
    assert Proposal.objects.get().change["definition"] == {"type": "on_cost", "of": ["direct", "security"]}
    assert start.context["form"]["of"].value() == KeyVersion.objects.get(pool__code="overhead").definition["of"]


def third(part="1/3"):
    """Of everything that takes numbers, something no decimals hold."""
    rest = str(1 - Fraction(part))
    return {
        "type": "mix", "on_zero": "reject",
        "parts": [
            {"weight": part, "key": {"type": "fixed", "ratio": {"151": part, "190": "2", "240": "0.125"}}},
            {"weight": rest, "key": {
                "type": "bounded", "floor": {"240": "1/7"}, "cap": {},
                "key": {"type": "percent", "percent": {"151": "100/3", "190": "100/3", "240": "100/3"}},
            }},
        ],
    }  # fmt: skip


@pytest.mark.parametrize("definition", [third(), third("2/7"), {
    "type": "transition", "old": TIERED, "new": {"type": "equal"}, "steps": [{"from": "2028-01-01", "t": "5/6"}],
}], ids=["third", "seventh", "step"])  # fmt: skip
@pytest.mark.parametrize("language", ["da", "en"])
def test_a_proposal_that_begins_with_fractions_loses_nothing(client, world, finance, definition, language):  # noqa: F811
    KeyVersion.objects.filter(pool=world.desk).update(valid_to=date(2026, 11, 1))
    KeyVersion.objects.create(pool=world.desk, valid_from=date(2026, 11, 1), definition=definition, label="x",
                              sentence="x", decided_by="x")  # fmt: skip
    with translation.override(language):
        page, kind = reverse("billing:key_new", args=["desk"]), definition["type"]
    form = client.get(page).context["form"]
    fields = {name: form[name].value() for name in form.fields if form[name].value() and name != "valid_from"}

    client.post(f"{page}?type={kind}", a_form(propose="1") | fields)

    assert Proposal.objects.get().change["definition"] == definition


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1/3", "1/3"),
        ("33 1/3", "100/3"),
        (" 33  1/3 ", "100/3"),
        ("2/8", "1/4"),
        ("12,5", "25/2"),
        ("1.234,5", "2469/2"),
    ],
)
def test_an_exact_number_is_read_as_it_is_written(written, value):
    with translation.override("da"):
        assert ExactField().clean(written) == Fraction(value)


@pytest.mark.parametrize("written", ["1/0", "1/3/4", "1,5/3", "-1/3", "1/", "33 1/3 2"])
def test_what_is_no_fraction_is_refused(written):
    with pytest.raises(ValidationError, match="1/3"):
        ExactField().clean(written)


def test_figures_are_written_in_the_readers_language():
    texts = ("1/3", "29/80", "150000", "0.5", "100/3")
    with translation.override("da"):
        assert [figure(Fraction(text)) for text in texts] == ["1/3", "0,3625", "150000", "0,5", "100/3"]
    with translation.override("en"):
        assert [figure(Fraction(text)) for text in texts] == ["1/3", "0.3625", "150000", "0.5", "100/3"]
