from fractions import Fraction

from tickets.levels.models import LevelFigure
from tickets.levels.sums import Sum, summed


def figure(**counts):
    return LevelFigure(kind="resolution", **counts)


def test_medians_and_percentiles_of_several_cells_are_those_of_all_their_clocks():
    cells = [figure(met=3, elapsed=[10, 20, 900]), figure(met=1, breached=1, elapsed=[30, 5000])]
    found = summed(cells)[None]
    assert (found.n, found.rate) == (5, Fraction(4, 5))
    assert (found.median_s, found.p90_s) == (30, 5000)


def test_between_two_middle_ones_the_median_is_their_mean():
    assert Sum(elapsed=[10, 21]).median_s == Fraction(31, 2)


def test_nine_of_ten_is_the_ninth_of_ten():
    assert [Sum(elapsed=list(range(1, n + 1))).p90_s for n in (1, 9, 10, 11, 20)] == [1, 9, 9, 10, 18]


def test_shares_are_exact_and_nothing_is_no_share():
    found = Sum(
        met=8, breached=2, excluded=2, undecided=3, voided=1, reopened=1, by_priority_change=1, counted_s=600,
        waiting_requester_s=300, waiting_planned_s=100,
    )  # fmt: skip
    assert (found.all, found.voided_share, found.reopened_share) == (15, Fraction(1, 15), Fraction(1, 10))
    assert (found.by_priority_change_share, found.paused) == (Fraction(1, 10), Fraction(2, 5))
    assert (found.waits["waiting_requester"], found.waits["waiting_vendor"]) == (Fraction(3, 10), 0)
    empty = Sum()
    assert empty.interval == (None, None)
    assert {empty.rate, empty.median_s, empty.p90_s, empty.paused} == {None}
