"""Every amount opens down to its lines and adds up exactly, as does every share down to its driver values."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from billing.allocation.cascade import Step
from billing.allocation.drivers import Drivers
from billing.allocation.errors import AllocationError
from billing.allocation.explanations import Reason, explain
from billing.allocation.ledger import Line
from billing.allocation.pools import read_terms
from billing.allocation.rounding import apportion
from billing.allocation.runs import read_plan, run
from billing.allocation.spans import read_period
from billing.allocation.trace import trace, trace_step
from tests.billing.allocation.problems import MEMBERS, amounts, numbers, problems, quick

weights = st.fixed_dictionaries({"151": numbers, "190": numbers, "240": st.just("3")})


@quick
@given(st.lists(amounts, min_size=1), weights)
def test_lines_and_rounding_add_up_to_the_amount(amounts, weights):
    lines = [Line(str(number), amount) for number, amount in enumerate(amounts)]
    split = apportion(sum(amounts), weights)

    for member in (*weights, "999"):
        traced = trace(split, lines, member)

        assert traced.amount_ore == split.amounts.get(member, 0)
        assert traced.exact_ore == sum(line.exact_ore for line in traced.lines)
        assert traced.amount_ore == traced.exact_ore + traced.rounding_ore
        assert abs(traced.rounding_ore) < 1


def test_a_total_of_zero_has_no_share_and_exact_parts_of_zero():
    traced = trace(apportion(0, {"151": "1"}), [Line("a", 5), Line("b", -5)], "151")

    assert (traced.share, traced.amount_ore, [line.exact_ore for line in traced.lines]) == (None, 0, [0, 0])


def test_a_trace_tells_that_the_code_decided_about_the_last_ore():
    split = apportion(10, {"151": "1", "190": "1", "240": "1"})

    assert [trace(split, [Line("a", 10)], member).is_tied for member in ("151", "190")] == [True, True]


POOLS = {
    "PREMISES": {"weights": {"DESK": "3", "NETWORK": "2", "151": "1"}},
    "DESK": {"weights": {"151": "4", "190": "2", "NETWORK": "1"}, "is_mutual": True},
    "NETWORK": {"weights": {"151": "1", "240": "1", "DESK": "1"}, "is_mutual": True},
    "STORAGE": {"weights": {"151": "1", "240": "2"}},
}


@quick
@given(st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from(list(POOLS))), min_size=1))
def test_a_run_can_be_traced_from_every_member_back_to_every_posted_line(posted):
    lines = [{"id": str(number), "amount_ore": amount, "pool": pool} for number, (amount, pool) in enumerate(posted)]
    plan = read_plan({"order": list(POOLS), "pools": POOLS, "lines": lines})

    for step in run(plan).cascade.steps:
        for receiver, amount in step.split.amounts.items():
            traced = trace_step(step, plan.lines, receiver)

            assert traced.amount_ore == amount == traced.exact_ore + traced.rounding_ore
            assert traced.exact_ore == sum(line.exact_ore for line in traced.lines)
            assert sum(line.amount_ore for line in traced.lines) == step.split.total_ore


def test_received_cost_is_a_line_that_names_its_giver():
    posted = [
        {"id": "rent", "amount_ore": 600, "pool": "PREMISES"},
        {"id": "disks", "amount_ore": 90, "pool": "STORAGE"},
    ]
    pools = {"PREMISES": {"weights": {"STORAGE": "1"}}, "STORAGE": POOLS["STORAGE"]}
    plan = read_plan({"order": list(pools), "pools": pools, "lines": posted})
    storage: Step = run(plan).cascade.steps[1]

    traced = trace_step(storage, plan.lines, "240")

    assert [(line.id, line.amount_ore, line.exact_ore, line.is_received) for line in traced.lines] == [
        ("disks", 90, 60, False),
        ("PREMISES", 600, 400, True),
    ]


@quick
@given(problems)
def test_reasons_add_up_to_the_share(problem):
    terms = read_terms(problem["participation"], problem["key_versions"])
    period, drivers = read_period(problem["period"]), Drivers(problem["drivers"])
    try:
        shares = terms.shares(period, drivers)
    except AllocationError:
        return

    for member in MEMBERS:
        reasons = explain(terms, period, drivers, member)

        assert sum(stretch.weight * stretch.reason.share for stretch in reasons) == shares.of(member)
        assert sum(stretch.weight for stretch in reasons) == 1
        assert all(adds_up(stretch.reason) for stretch in reasons)


def adds_up(reason: Reason) -> bool:
    if reason.kind in ("equal", "driver", "fixed", "percent"):
        counted = reason.value if reason.counted is None else reason.counted
        return reason.total * reason.share == (counted or 0)
    if reason.kind in ("mix", "transition"):
        assert sum(part.weight for part in reason.below) == 1
        assert sum(part.weight * part.share for part in reason.below) == reason.share
    return all(adds_up(part) for part in reason.below)


def test_an_explanation_tells_key_parts_values_and_who_was_ignored():
    key = {
        "type": "mix",
        "parts": [
            {"weight": "0.3", "key": {"type": "equal"}},
            {"weight": "0.7", "key": {"type": "driver", "driver": "inhabitants"}},
        ],
    }
    values = {"151": "48000", "190": "38000", "240": "42000", "201": "25000"}
    always = [{"from": "2014-01-01", "to": None}]
    terms = read_terms(dict.fromkeys(("151", "190", "240"), always), [{"from": "2014-01-01", "to": None, "key": key}])
    period = read_period({"from": "2026-04-01", "to": "2026-05-01"})

    (stretch,) = explain(terms, period, Drivers({"inhabitants": {"nature": "stock", "values": values}}), "240")

    equal, driver = stretch.reason.below
    assert stretch.members == ("151", "190", "240")
    assert stretch.ignored == {"inhabitants": ("201",)}
    assert stretch.reason.share == Fraction(211, 640)
    assert (equal.weight, equal.share) == (Fraction(3, 10), Fraction(1, 3))
    assert (driver.weight, driver.value, driver.total) == (Fraction(7, 10), 42000, 128000)
