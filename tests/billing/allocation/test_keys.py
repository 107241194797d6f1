"""What each type of key does on one day, and what it refuses."""

from datetime import date
from fractions import Fraction

import pytest

from billing.allocation.drivers import Drivers
from billing.allocation.errors import AllocationError
from billing.allocation.key_definitions import read_key
from billing.allocation.keys import Situation

THREE = ("151", "190", "240")
DRIVERS = {
    "inhabitants": {"nature": "stock", "values": {"151": "48000", "190": "38000", "240": "42000"}},
    "none": {"nature": "stock", "values": {"151": "0", "190": "0", "240": "0"}},
    "gap": {"nature": "stock", "values": {"151": "1", "190": None}},
    "credit": {"nature": "stock", "values": {"151": "1", "190": "-1", "240": "1"}},
    "odd": {"nature": "sometimes", "values": {}},
    "tickets": {"nature": "flow", "values": {"151": "3", "190": "1", "201": "1", "240": "0"}},
}
EQUAL = {"type": "equal"}
BY_NONE = {"type": "driver", "driver": "none"}
BY_GAP = {"type": "driver", "driver": "gap"}
BY_INHABITANTS = {"type": "driver", "driver": "inhabitants"}
RATIO = {"type": "fixed", "ratio": {"151": "3", "190": "2", "240": "2"}}


def shares(definition, *, members=THREE, counted=None, day="2026-04-01"):
    first = date(2014, 1, 1)
    at = Situation(date.fromisoformat(day), members, counted or members, version_from=first, drivers=Drivers(DRIVERS))
    return {member: str(share) for member, share in read_key(definition).shares(at).fractions().items()}


def mix(*parts, **more):
    return {"type": "mix", "parts": [{"weight": weight, "key": key} for weight, key in parts], **more}


def transition(*steps, old=EQUAL, new=RATIO):
    return {"type": "transition", "old": old, "new": new, "steps": [{"from": day, "t": t} for day, t in steps]}


def tiered(*tiers):
    return {**BY_INHABITANTS, "tiers": [{"up_to": up_to, "rate": rate} for up_to, rate in tiers]}


RESULTS = [
    (RATIO, {"151": "3/7", "190": "2/7", "240": "2/7"}),
    ({"type": "percent", "percent": {"151": "60", "190": "40"}}, {"151": "3/5", "190": "2/5", "240": "0"}),
    ({"type": "percent", "percent": {"151": "100", "999": "25"}}, {"151": "1", "190": "0", "240": "0"}),
    ({"type": "direct", "member": "999"}, {"999": "1"}),
    ({"type": "driver", "driver": "tickets"}, {"151": "3/4", "190": "1/4", "240": "0"}),
    (tiered(("40000", "1"), (None, "0.5")), {"151": "44/123", "190": "38/123", "240": "1/3"}),
    (tiered(("40000", "1")), {"151": "20/59", "190": "19/59", "240": "20/59"}),
    (tiered(("40000", "0"), (None, "1")), {"151": "4/5", "190": "0", "240": "1/5"}),
    ({**BY_INHABITANTS, "tiers": []}, {"151": "3/8", "190": "19/64", "240": "21/64"}),
    (mix(("0.5", BY_NONE), ("0.5", RATIO), on_zero="drop"), {"151": "3/7", "190": "2/7", "240": "2/7"}),
    (
        mix(("0.5", BY_NONE), ("0.25", EQUAL), ("0.25", {"type": "direct", "member": "151"}), on_zero="drop"),
        {"151": "2/3", "190": "1/6", "240": "1/6"},
    ),
    (mix(("0.5", mix(("1", BY_NONE), on_zero="drop")), ("0.5", EQUAL), on_zero="drop"), dict.fromkeys(THREE, "1/3")),
    (mix(("0", BY_GAP), ("1", EQUAL)), dict.fromkeys(THREE, "1/3")),
    (transition(), dict.fromkeys(THREE, "1/3")),
    (transition(("2026-04-02", "1")), dict.fromkeys(THREE, "1/3")),
    (transition(("2026-04-01", "1")), {"151": "3/7", "190": "2/7", "240": "2/7"}),
    (transition(("2026-04-01", "1"), ("2020-01-01", "0.5")), {"151": "3/7", "190": "2/7", "240": "2/7"}),
    (transition(("2026-01-01", "0.5")), {"151": "8/21", "190": "13/42", "240": "13/42"}),
    (transition(("2026-01-01", "1"), old=BY_GAP), {"151": "3/7", "190": "2/7", "240": "2/7"}),
    (transition(("2026-01-01", "0"), new=BY_GAP), dict.fromkeys(THREE, "1/3")),
    (
        {"type": "bounded", "key": {"type": "direct", "member": "151"}, "floor": {"190": "0.1", "999": "0.5"}},
        {"151": "9/10", "190": "1/10"},
    ),
    (
        {"type": "bounded", "key": transition(("2026-01-01", "1")), "cap": {"151": "0.4"}},
        {"151": "2/5", "190": "3/10", "240": "3/10"},
    ),
]


@pytest.mark.parametrize(("definition", "expected"), RESULTS)
def test_a_key_gives_exact_shares(definition, expected):
    assert shares(definition) == expected


def test_a_flow_counts_all_who_took_part_under_the_key_version():
    by_tickets = {"type": "driver", "driver": "tickets"}

    assert shares(by_tickets, members=("151",), counted=("151", "201")) == {"151": "3/4", "201": "1/4"}


def test_a_direct_key_needs_nobody_who_takes_part():
    assert shares({"type": "direct", "member": "151"}, members=()) == {"151": "1"}


REFUSALS = [
    (None, "BAD_KEY"),
    ("equal", "BAD_KEY"),
    ({}, "BAD_KEY"),
    ({"type": "median"}, "BAD_KEY"),
    ({"type": ["equal"]}, "BAD_KEY"),
    ({"type": "driver"}, "BAD_KEY"),
    ({"type": "driver", "driver": ""}, "BAD_KEY"),
    ({"type": "driver", "driver": 7}, "BAD_KEY"),
    ({"type": "driver", "driver": "unheard of"}, "MISSING_DRIVER"),
    ({"type": "driver", "driver": "odd"}, "BAD_KEY"),
    (BY_GAP, "MISSING_DRIVER"),
    (BY_NONE, "ZERO_DRIVER"),
    ({"type": "driver", "driver": "credit"}, "NEGATIVE_DRIVER"),
    (tiered((None, "1"), ("40000", "1")), "BAD_KEY"),
    (tiered(("40000", "1"), ("40000", "1")), "BAD_KEY"),
    (tiered(("0", "1")), "BAD_KEY"),
    (tiered((None, "-1")), "BAD_KEY"),
    (tiered((None, None)), "BAD_NUMBER"),
    (tiered((None, "0")), "ZERO_DRIVER"),
    ({**BY_INHABITANTS, "tiers": "40000"}, "BAD_KEY"),
    ({**BY_INHABITANTS, "tiers": [40000]}, "BAD_KEY"),
    ({"type": "fixed", "ratio": {"151": "1", "190": "1"}}, "MISSING_DRIVER"),
    ({"type": "fixed", "ratio": {"151": "1", "190": "1", "240": None}}, "MISSING_DRIVER"),
    ({"type": "fixed", "ratio": {"151": "1", "190": "1", "240": "-1"}}, "NEGATIVE_DRIVER"),
    ({"type": "fixed", "ratio": {"151": "0", "190": "0", "240": "0"}}, "ZERO_DRIVER"),
    ({"type": "fixed", "ratio": {"151": 0.5, "190": "1", "240": "1"}}, "BAD_NUMBER"),
    ({"type": "fixed", "ratio": ["1", "1", "1"]}, "BAD_KEY"),
    ({"type": "percent", "percent": {"151": "60", "190": "30", "999": "10"}}, "BAD_PERCENT"),
    ({"type": "percent", "percent": {"151": "100.0000001"}}, "BAD_PERCENT"),
    ({"type": "percent", "percent": {"151": "150", "190": "-50"}}, "BAD_PERCENT"),
    ({"type": "percent"}, "BAD_PERCENT"),
    ({"type": "direct"}, "BAD_KEY"),
    ({"type": "direct", "member": 151}, "BAD_KEY"),
    ({"type": "mix"}, "BAD_WEIGHTS"),
    ({"type": "mix", "parts": {"weight": "1"}}, "BAD_KEY"),
    (mix(("1.5", EQUAL), ("-0.5", RATIO)), "BAD_WEIGHTS"),
    (mix(("0.3", EQUAL), ("0.69999", RATIO)), "BAD_WEIGHTS"),
    (mix((0.5, EQUAL), (0.5, RATIO)), "BAD_NUMBER"),
    (mix((None, EQUAL), ("1", RATIO)), "BAD_NUMBER"),
    (mix(("1", EQUAL), on_zero="ignore"), "BAD_KEY"),
    (mix(("0.5", EQUAL), ("0.5", BY_NONE)), "ZERO_DRIVER"),
    (mix(("0.5", BY_NONE), ("0.5", BY_NONE), on_zero="drop"), "ZERO_DRIVER"),
    (mix(("0.5", EQUAL), ("0.5", BY_GAP), on_zero="drop"), "MISSING_DRIVER"),
    (mix(("1", BY_NONE), ("0", EQUAL), on_zero="drop"), "ZERO_DRIVER"),
    (transition(("2026-01-01", "1.1")), "BAD_WEIGHTS"),
    (transition(("2026-01-01", "-0.1")), "BAD_WEIGHTS"),
    (transition(("2026-01-01", None)), "BAD_NUMBER"),
    (transition(("January", "1")), "BAD_DATE"),
    (transition(("2026-01-01", "1"), ("2026-01-01", "0.5")), "DUPLICATE"),
    (transition(old=None), "BAD_KEY"),
    (transition(old=BY_GAP), "MISSING_DRIVER"),
    ({"type": "bounded", "key": EQUAL, "cap": {"151": "0.3", "190": "0.3", "240": "0.3"}}, "BOUNDS"),
    ({"type": "bounded", "key": EQUAL, "floor": {"151": "0.5", "190": "0.51"}}, "BOUNDS"),
    ({"type": "bounded", "key": EQUAL, "floor": {"151": "0.5"}, "cap": {"151": "0.4"}}, "BOUNDS"),
    ({"type": "bounded", "key": EQUAL, "floor": {"151": "-0.1"}}, "BOUNDS"),
    ({"type": "bounded", "key": EQUAL, "floor": {"151": None}}, "BAD_NUMBER"),
    ({"type": "bounded", "key": BY_NONE}, "ZERO_DRIVER"),
    ({"type": "bounded"}, "BAD_KEY"),
]


@pytest.mark.parametrize(("definition", "code"), REFUSALS)
def test_a_key_that_cannot_be_used_is_refused(definition, code):
    with pytest.raises(AllocationError) as refused:
        shares(definition)

    assert refused.value.code == code


@pytest.mark.parametrize(
    "definition",
    [
        EQUAL,
        RATIO,
        BY_INHABITANTS,
        {"type": "percent", "percent": {}},
        {"type": "driver", "driver": "tickets"},
        mix(("1", EQUAL)),
    ],
)
def test_a_key_over_nobody_is_refused(definition):
    with pytest.raises(AllocationError) as refused:
        shares(definition, members=())

    assert refused.value.code == "EMPTY"


@pytest.mark.parametrize("tiers", [[], [{"up_to": None, "rate": "1"}]])
def test_a_driver_of_zeros_is_named(tiers):
    with pytest.raises(AllocationError) as refused:
        shares({**BY_NONE, "tiers": tiers})

    assert (refused.value.code, refused.value.where) == ("ZERO_DRIVER", {"driver": "none"})


def test_keys_may_nest_but_not_without_end():
    nested = EQUAL
    for _ in range(15):
        nested = {"type": "bounded", "key": nested}
    assert shares(nested) == dict.fromkeys(THREE, "1/3")

    for _ in range(1000):
        nested = {"type": "bounded", "key": nested}
    with pytest.raises(AllocationError) as refused:
        read_key(nested)
    assert refused.value.code == "BAD_KEY"


def test_a_refusal_names_member_and_driver():
    with pytest.raises(AllocationError) as refused:
        shares(BY_GAP)

    assert refused.value.where == {"member": "190", "driver": "gap"}


def test_exactness_survives_deep_mixtures():
    key = mix(("1/3", EQUAL), ("2/3", mix(("1/7", RATIO), ("6/7", BY_INHABITANTS))))

    total = sum(map(Fraction, shares(key).values()))

    assert total == 1
