import pytest

from tickets.sla.errors import SlaError
from tickets.sla.funnel import funnel_limits


def test_the_limits_close_in_on_the_joint_rate_as_clocks_are_added():
    limits = funnel_limits(0.9, [50, 200, 1000, 10000])

    for narrow, wide in zip(limits[1:], limits, strict=False):
        assert wide.low_998 < narrow.low_998 < narrow.low_95 < 0.9 < narrow.high_95 < narrow.high_998 <= wide.high_998


def test_the_limits_come_near_the_normal_ones_for_many_clocks():
    (limits,) = funnel_limits(0.9, [100_000])

    spread = (0.9 * 0.1 / 100_000) ** 0.5
    assert [round(limit, 4) for limit in limits[1:]] == [
        round(0.9 + z * spread, 4) for z in (-3.0902, -1.96, 1.96, 3.0902)
    ]


@pytest.mark.parametrize(("rate", "limit"), [(0, 0.0), (1, 1.0)])
def test_a_rate_without_chance_has_no_width(rate, limit):
    assert funnel_limits(rate, [30]) == [(30, limit, limit, limit, limit)]


def test_nobody_to_draw_needs_no_limits():
    assert funnel_limits(0.9, []) == []


@pytest.mark.parametrize(("rate", "counts"), [(1.1, [30]), (-0.1, [30]), (0.9, [0]), (0.9, [1.5]), (0.9, ["30"])])
def test_what_cannot_be_drawn_is_refused(rate, counts):
    with pytest.raises(SlaError) as refused:
        funnel_limits(rate, counts)

    assert refused.value.code == "BAD_TABLE"
