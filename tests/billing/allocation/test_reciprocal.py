"""Pools that serve each other, against the sum of what goes round and round."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.allocation.cascade import reciprocal
from billing.allocation.errors import AllocationError
from tests.billing.allocation.problems import quick

POOLS = ["A", "B", "C"]
weights = st.dictionaries(st.sampled_from([*POOLS, "151", "190", "240"]), st.integers(0, 9), min_size=1)


@st.composite
def rings(draw):
    """Every pool gives something to a member, so that cost always finds a way out."""
    return {
        pool: {
            "own_ore": draw(st.integers(0, 10**9)),
            "weights": {
                name: str(weight)
                for name, weight in (draw(weights) | {draw(st.sampled_from(["151", "190"])): 3}).items()
            },
        }
        for pool in POOLS
    }


def shares(pool):
    exact = {receiver: Fraction(weight) for receiver, weight in pool["weights"].items()}
    return {receiver: weight / sum(exact.values()) for receiver, weight in exact.items()}


@quick
@given(rings())
def test_gross_amounts_solve_the_equations_exactly(pools):
    ring = reciprocal(pools).ring

    for pool, table in pools.items():
        received = sum(ring.gross[giver] * shares(pools[giver]).get(pool, 0) for giver in pools)
        assert ring.gross[pool] == table["own_ore"] + received
    for member, exact in ring.exact.items():
        assert exact == sum(ring.gross[pool] * shares(pools[pool]).get(member, 0) for pool in pools)


@quick
@given(rings())
def test_one_rounding_for_the_whole_ring(pools):
    step = reciprocal(pools)
    own = sum(table["own_ore"] for table in pools.values())

    assert sum(step.ring.exact.values()) == own
    assert sum(step.split.amounts.values()) == own
    assert all(abs(amount - step.ring.exact.get(member, 0)) < 1 for member, amount in step.split.amounts.items())


def pool(own, **weights):
    return {"own_ore": own, "weights": {name.removeprefix("m"): weight for name, weight in weights.items()}}


def test_a_pool_may_serve_itself():
    assert reciprocal({"A": pool(90, A="1", m151="2")}).ring.gross == {"A": 135}


def test_a_pool_without_cost_reads_nothing_until_another_gives_to_it():
    idle = {"A": pool(100, m151="1"), "B": pool(0, A="1", m190=None)}
    assert reciprocal(idle).split.amounts == {"151": 100, "190": 0}
    assert reciprocal(idle).ring.gross == {"A": 100, "B": 0}

    served = {"A": pool(100, B="1", m151="1"), "B": pool(0, A="1", m190=None)}
    with pytest.raises(AllocationError) as refused:
        reciprocal(served)
    assert (refused.value.code, refused.value.where) == ("MISSING_DRIVER", {"pool": "B", "member": "190"})


def test_nothing_to_share_gives_everybody_zero():
    assert reciprocal({"A": pool(0, B="1"), "B": pool(0, A="1", m151="1")}).split.amounts == {"151": 0}
    assert reciprocal({}).split.amounts == {}


@pytest.mark.parametrize(
    ("code", "pools"),
    [
        ("NO_EXIT", {"A": pool(100, B="1"), "B": pool(0, A="1")}),
        ("NO_EXIT", {"A": pool(0, B="1"), "B": pool(0, A="1")}),
        ("NO_EXIT", {"A": pool(100, A="1")}),
        ("NO_EXIT", {"A": pool(100, B="1", m151="1"), "B": pool(0, C="1"), "C": pool(0, B="1")}),
        ("NO_EXIT", {"A": pool(100, B="1", m151="0"), "B": pool(0, A="1")}),
        ("NEGATIVE_BASIS", {"A": pool(-1, m151="1"), "B": pool(5, m151="1")}),
        ("EMPTY", {"A": pool(1)}),
        ("ZERO_DRIVER", {"A": pool(1, m151="0")}),
        ("BAD_KEY", {"A": pool(1, UNHEARD="1")}),
        ("BAD_KEY", {"A": ["151"]}),
        ("NOT_INTEGER", {"A": pool(0.5, m151="1")}),
        ("NOT_INTEGER", {"A": pool(2**63 - 1, m151="1"), "B": pool(1, m151="1")}),
    ],
)
def test_a_ring_that_cannot_be_solved_is_refused(code, pools):
    with pytest.raises(AllocationError) as refused:
        reciprocal(pools)

    assert refused.value.code == code
