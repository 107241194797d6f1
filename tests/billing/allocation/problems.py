"""Hypothesis builds small pools: members that come and go, keys that change and nest, drivers of both natures."""

from datetime import date, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

MEMBERS = ("151", "190", "201", "240")
PERIOD = {"from": "2026-04-01", "to": "2026-05-01"}
FIRST = date(2026, 4, 1)

# No deadline: a busy machine makes no rule wrong.
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

amounts = st.integers(min_value=-(10**12), max_value=10**12)
numbers = st.one_of(
    st.integers(0, 5).map(str),
    st.integers(0, 10**6).map(str),
    st.decimals(0, 1000, places=3).map(str),
    st.builds("{}/{}".format, st.integers(0, 50), st.integers(1, 12)),
)
positive = st.builds("{}/{}".format, st.integers(1, 50), st.integers(1, 12))
days = st.integers(-3, 33).map(lambda number: (FIRST + timedelta(days=number)).isoformat())


@st.composite
def spans(draw):
    """One or two spans that do not overlap, most often the whole period."""
    if draw(st.booleans()):
        return [{"from": "2014-01-01", "to": None}]
    edges = sorted(draw(st.sets(days, min_size=2, max_size=4)))
    pairs = zip(edges[::2], [*edges[1::2], None], strict=False)
    return [{"from": first, "to": end} for first, end in pairs]


participations = st.fixed_dictionaries({"151": st.just([{"from": "2014-01-01", "to": None}])}).flatmap(
    lambda base: st.dictionaries(st.sampled_from(MEMBERS[1:]), spans()).map(lambda others: base | others)
)


def tables(values):
    return st.fixed_dictionaries(dict.fromkeys(MEMBERS, values))


@st.composite
def drivers(draw):
    flow = {"nature": "flow", "values": draw(tables(numbers))}
    if draw(st.booleans()):
        flow["values_by_from"] = {"2014-01-01": draw(tables(numbers))}
    return {
        "inhabitants": {"nature": "stock", "values": draw(tables(positive))},
        "licences": {"nature": "stock", "values": draw(tables(st.just("0") | numbers))},
        "tickets": flow,
    }


tiers = st.sampled_from(
    [
        [{"up_to": "10", "rate": "1"}, {"up_to": None, "rate": "0.5"}],
        [{"up_to": "2.5", "rate": "0"}, {"up_to": "7", "rate": "2"}, {"up_to": "40", "rate": "1/3"}],
    ]
)
simple_keys = st.one_of(
    st.just({"type": "equal"}),
    st.builds(
        lambda driver: {"type": "driver", "driver": driver}, st.sampled_from(["inhabitants", "licences", "tickets"])
    ),
    st.builds(lambda tiers: {"type": "driver", "driver": "inhabitants", "tiers": tiers}, tiers),
    st.builds(lambda ratio: {"type": "fixed", "ratio": ratio}, tables(numbers)),
    st.just({"type": "percent", "percent": {"151": "100"}}),
    st.just({"type": "percent", "percent": {"151": "40", "190": "30", "240": "30"}}),
    st.builds(lambda member: {"type": "direct", "member": member}, st.sampled_from(MEMBERS)),
)


def _mix(weight, first, second, on_zero):
    parts = [{"weight": f"{weight}/10", "key": first}, {"weight": f"{10 - weight}/10", "key": second}]
    return {"type": "mix", "parts": parts, "on_zero": on_zero}


def _transition(old, new, steps):
    return {
        "type": "transition",
        "old": old,
        "new": new,
        "steps": [{"from": day, "t": t} for day, t in sorted(steps.items())],
    }


bounds = st.dictionaries(st.sampled_from(MEMBERS), st.builds("{}/20".format, st.integers(0, 20)))


def compound(inner):
    return st.one_of(
        st.builds(_mix, st.integers(1, 9), inner, inner, st.sampled_from(["reject", "drop"])),
        st.builds(_transition, inner, inner, st.dictionaries(days, st.sampled_from(["0", "0.25", "2/3", "1"]))),
        st.builds(
            lambda key, floor, cap: {"type": "bounded", "key": key, "floor": floor, "cap": cap}, inner, bounds, bounds
        ),
    )


keys = st.recursive(simple_keys, compound, max_leaves=4)


@st.composite
def key_versions(draw):
    edges = sorted(draw(st.sets(days, max_size=2)))
    firsts, ends = ["2014-01-01", *edges], [*edges, None]
    return [{"from": first, "to": end, "key": draw(keys)} for first, end in zip(firsts, ends, strict=True)]


problems = st.fixed_dictionaries(
    {"participation": participations, "key_versions": key_versions(), "drivers": drivers(), "total_ore": amounts}
).map(lambda problem: {"period": PERIOD, **problem})
