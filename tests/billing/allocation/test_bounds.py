from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.allocation.bounds import bounded
from billing.allocation.errors import AllocationError
from billing.allocation.shares import in_proportion
from tests.billing.allocation.problems import quick

members = st.sampled_from([f"{code}" for code in range(101, 111)])
parts = st.dictionaries(members, st.integers(0, 20), min_size=1).filter(lambda table: any(table.values()))
bound_tables = st.dictionaries(members, st.fractions(0, Fraction(3, 10), max_denominator=40))


@quick
@given(parts, bound_tables, bound_tables)
def test_all_are_held_by_one_common_factor(parts, floor, cap):
    """Between floor and cap all have the same factor; a higher one is at its floor, a lower one at its cap."""
    shares = in_proportion({member: Fraction(part) for member, part in parts.items()})
    if impossible(parts, floor, cap):
        with pytest.raises(AllocationError) as refused:
            bounded(shares, floor=floor, cap=cap)
        assert refused.value.code == "BOUNDS"
        return

    result = bounded(shares, floor=floor, cap=cap).fractions()

    assert sum(result.values()) == 1
    assert result.keys() == parts.keys()
    low, high = Fraction(0), None
    for member, part in parts.items():
        assert floor.get(member, 0) <= result[member] <= cap.get(member, 1)
        if not part:
            assert result[member] == floor.get(member, 0)
            continue
        factor = result[member] / part
        if result[member] > floor.get(member, 0):
            low = max(low, factor)
        if member not in cap or result[member] < cap[member]:
            high = factor if high is None else min(high, factor)
    assert high is None or low <= high


def impossible(parts, floor, cap):
    if any(floor.get(member, 0) > cap.get(member, 1) for member in parts):
        return True
    lowest = sum(floor.get(member, 0) for member in parts)
    highest = sum(cap.get(member, 1) if part else floor.get(member, 0) for member, part in parts.items())
    return lowest > 1 or highest < 1


EXAMPLES = [
    ({"151": "6", "190": "1", "240": "3"}, {}, {"151": "0.4", "190": "0.4", "240": "0.4"}, "2/5 1/5 2/5"),
    ({"151": "1", "190": "1", "240": "0"}, {"240": "0.2"}, {}, "2/5 2/5 1/5"),
    ({"151": "8", "190": "1", "240": "1"}, {"190": "0.3", "240": "0.3"}, {}, "2/5 3/10 3/10"),
    ({"151": "8", "190": "1", "240": "1"}, {"190": "0.3"}, {"151": "0.5"}, "1/2 3/10 1/5"),
    ({"151": "1", "190": "1", "240": "1"}, {"151": "0.5", "190": "0.25", "240": "0.25"}, {}, "1/2 1/4 1/4"),
    ({"151": "1", "190": "1", "240": "1"}, {}, {"151": "0.5", "190": "0.3", "240": "0.2"}, "1/2 3/10 1/5"),
    ({"151": "1", "190": "1", "240": "1"}, {"151": "0.4"}, {"151": "0.4"}, "2/5 3/10 3/10"),
    ({"151": "1", "190": "1", "240": "1"}, {}, {"151": "0", "190": "5"}, "0 1/2 1/2"),
]


@pytest.mark.parametrize(("weights", "floor", "cap", "expected"), EXAMPLES)
def test_bounds_in_examples(weights, floor, cap, expected):
    exact = [{member: Fraction(value) for member, value in table.items()} for table in (weights, floor, cap)]

    result = bounded(in_proportion(exact[0]), floor=exact[1], cap=exact[2])

    assert " ".join(str(result.of(member)) for member in ("151", "190", "240")) == expected
