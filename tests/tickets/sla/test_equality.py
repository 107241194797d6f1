import json
from fractions import Fraction
from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from tickets.sla import equality
from tickets.sla.errors import SlaError

THREE = {
    "incident/2": {"151": [88, 100], "190": [70, 75], "240": [60, 80]},
    "incident/3": {"151": [180, 200], "190": [110, 120], "240": [118, 140]},
    "request/4": {"151": [240, 250], "190": [150, 155], "240": [150, 170]},
}
ALL_MET = {"a": {"151": [40, 40], "190": [60, 60]}}
ALONE = {"a": {"151": [5, 10]}, "b": {"190": [5, 10]}}

unhurried = settings(deadline=None, max_examples=15)
counts = st.integers(0, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
tables = st.dictionaries(
    st.sampled_from("ABCD"),
    st.fixed_dictionaries(dict.fromkeys(("151", "190", "240"), counts)),
    min_size=1,
)


def close(one, other):
    return one == other or isclose(one, other, abs_tol=1e-9)


def test_with_two_municipalities_all_at_once_is_each_against_the_other():
    table = {name: {code: stratum[code] for code in ("151", "240")} for name, stratum in THREE.items()}

    together, apart = equality.gcmh(table), equality.cmh(table, "240")

    assert together.df == 1
    assert close(together.chi2, apart.chi2)
    assert close(together.p, apart.p)


def test_what_nobody_can_compare_says_nothing():
    assert equality.gcmh(ALONE) == (0.0, 0, 1.0)
    assert equality.cmh(ALONE, "151") == (0.0, 1.0, 0.0)
    assert equality.mh_rd(ALONE, "151") == (None, None, None)
    assert equality.standardised(ALONE).as_dict() == {
        "rates": {"151": None, "190": None},
        "strata_used": [],
        "covered": "0/1",
        "index": None,
    }


def test_where_everybody_met_everything_nothing_differs_but_the_interval_is_honest():
    assert equality.gcmh(ALL_MET) == (0.0, 0, 1.0)
    assert equality.cmh(ALL_MET, "151") == (0.0, 1.0, 0.0)
    rd, low, high = equality.mh_rd(ALL_MET, "151")
    assert rd == 0.0
    # Newcombe: sqrt of the squared distances to the two Wilson limits, 1 - n/(n + z²).
    z2 = equality.Z95**2
    assert close(low, -z2 / (40 + z2))
    assert close(high, z2 / (60 + z2))


def test_groups_that_share_no_stratum_are_compared_within_themselves():
    table = {"a": {"1": [5, 10], "2": [9, 10]}, "b": {"3": [5, 10], "4": [9, 10]}}

    assert equality.gcmh(table).df == 2


def test_a_single_clock_informs_nobody():
    assert equality.gcmh({"a": {"1": [1, 1], "2": [0, 0]}}) == (0.0, 0, 1.0)


def test_holm_keeps_the_order_it_was_asked_in():
    assert equality.holm([]) == []
    assert equality.holm([0.04]) == [0.04]
    assert [round(p, 9) for p in equality.holm([0.9, 0.01, 0.5])] == [1.0, 0.03, 1.0]


def test_holm_agrees_with_statsmodels():
    p = [0.2, 0.01, 0.04, 0.04, 1.0, 0.0, 0.03]

    assert all(map(close, equality.holm(p), multipletests(p, method="holm")[1]))


@pytest.mark.parametrize("p", [[-0.1], [1.1], ["0.5"], [None], [True], [float("nan")], 0.5, None])
def test_probabilities_lie_between_zero_and_one(p):
    with pytest.raises(SlaError) as refused:
        equality.holm(p)

    assert refused.value.code == "BAD_TABLE"


def test_the_same_for_everyone_is_equal_only_when_there_is_enough_of_it():
    def word(n):
        table = {"a": {"151": [n * 9 // 10, n], "190": [n * 9 // 10, n]}}
        return equality.verdict(table).municipalities["151"]

    assert [word(n).verdict for n in (20, 30, 100, 1000)] == ["TOO_FEW", "UNDECIDED", "UNDECIDED", "EQUAL"]
    assert [word(n).more_needed > 0 for n in (20, 30, 100, 1000)] == [True, True, True, False]
    assert word(20).more_needed == 10


def test_what_is_said_to_be_needed_is_enough():
    n = 100
    more = equality.verdict({"a": {"151": [90, n], "190": [90, n]}}).municipalities["151"].more_needed
    total = (n + more + 9) // 10 * 10

    table = {"a": {"151": [total * 9 // 10, total], "190": [total * 9 // 10, total]}}

    assert equality.verdict(table).municipalities["151"].verdict == "EQUAL"


def test_a_difference_within_the_margin_is_equal_even_when_significant():
    table = {"a": {"151": [9800, 10000], "190": [9700, 10000]}}

    judgement = equality.verdict(table).municipalities["151"]

    assert judgement.p_holm < 0.001
    assert judgement.verdict == "EQUAL"


def test_the_margin_is_for_the_municipalities_to_decide():
    table = {"a": {"151": [9800, 10000], "190": [9700, 10000]}}

    words = {code: j.verdict for code, j in equality.verdict(table, margin=0.001).municipalities.items()}

    assert words == {"151": "BETTER", "190": "WORSE"}


def test_a_significant_difference_on_too_thin_a_table_is_undecided():
    """Mantel–Fleiss below 5: the test's approximation does not hold."""
    table = {"a": {"151": [26, 30], "190": [1000, 1000]}}

    judgement = equality.verdict(table).municipalities["151"]

    assert judgement.p_holm < 0.05
    assert equality.cmh(table, "151").mantel_fleiss < 5
    assert judgement.verdict == "UNDECIDED"


def test_a_margin_may_be_as_narrow_or_as_wide_as_can_be():
    table = {"a": {"151": [90, 100], "190": [90, 100]}}

    none, all_of_it = (equality.verdict(table, margin=margin).municipalities["151"] for margin in (0, 1))

    assert (none.verdict, none.more_needed) == ("UNDECIDED", 0)
    assert (all_of_it.verdict, all_of_it.more_needed) == ("EQUAL", 0)


@pytest.mark.parametrize("margin", [-0.05, 1.01, 5, "0.05", None, True, float("nan")])
def test_a_margin_is_a_share(margin):
    with pytest.raises(SlaError) as refused:
        equality.verdict(THREE, margin=margin)

    assert refused.value.code == "BAD_TABLE"


def test_standardised_rates_take_only_what_everybody_has():
    table = {"a": {"151": [5, 10], "190": [10, 10]}, "b": {"151": [0, 20], "190": [0, 0]}}

    result = equality.standardised(table)

    assert result.rates == {"151": 0.5, "190": 1.0}
    assert (result.strata_used, result.covered, result.index) == (["a"], Fraction(20, 40), 50.0)


def test_an_index_of_nothing_is_none():
    assert equality.standardised({"a": {"151": [0, 10], "190": [0, 10]}}).index is None


BAD_TABLES = [
    None,
    [],
    {},
    {"a": None},
    {"a": {"151": [1, 2]}},
    {"a": {"151": [3, 2], "190": [1, 2]}},
    {"a": {"151": [-1, 2], "190": [1, 2]}},
    {"a": {"151": [1], "190": [1, 2]}},
    {"a": {"151": 1, "190": [1, 2]}},
    {"a": {"151": [1.5, 2], "190": [1, 2]}},
    {"a": {"151": [True, 2], "190": [1, 2]}},
    {"a": {"151": [1, 10**400], "190": [1, 2]}},
]


@pytest.mark.parametrize("table", BAD_TABLES, ids=json.dumps)
@pytest.mark.parametrize(
    "ask",
    [
        equality.gcmh,
        lambda table: equality.cmh(table, "151"),
        lambda table: equality.mh_rd(table, "151"),
        equality.standardised,
        equality.verdict,
    ],
)
def test_a_table_that_cannot_be_is_refused(ask, table):
    with pytest.raises(SlaError) as refused:
        ask(table)

    assert refused.value.code == "BAD_TABLE"


@pytest.mark.parametrize("municipality", ["999", None, ["151"]])
def test_a_municipality_outside_the_table_is_refused(municipality):
    with pytest.raises(SlaError) as refused:
        equality.cmh(THREE, municipality)

    assert refused.value.code == "BAD_TABLE"


@unhurried
@given(tables, st.permutations(("151", "190", "240")))
def test_j11_other_names_permute_the_figures_and_change_nothing_else(table, names):
    rename = dict(zip(("151", "190", "240"), names, strict=True))
    renamed = {name: {rename[code]: pair for code, pair in stratum.items()} for name, stratum in table.items()}

    assert close(equality.gcmh(renamed).p, equality.gcmh(table).p)
    before, after = equality.verdict(table).municipalities, equality.verdict(renamed).municipalities
    for code, judgement in before.items():
        other = after[rename[code]]
        assert (other.verdict, other.more_needed) == (judgement.verdict, judgement.more_needed)
        assert all(close(x, y) for x, y in zip(judgement.as_dict().values(), other.as_dict().values(), strict=True))
    rates, renamed_rates = equality.standardised(table).rates, equality.standardised(renamed).rates
    assert {rename[code]: rate for code, rate in rates.items()} == renamed_rates


@unhurried
@given(tables)
def test_any_table_is_answered_within_bounds(table):
    result = equality.verdict(table)

    assert 0 <= result.overall_p <= 1
    for judgement in result.municipalities.values():
        assert 0 <= judgement.p <= judgement.p_holm <= 1
        if judgement.rd is not None:
            assert -1 <= judgement.rd <= 1
            assert judgement.low <= judgement.rd + 1e-9
            assert judgement.rd - 1e-9 <= judgement.high


@unhurried
@given(tables)
def test_the_generalised_test_does_not_depend_on_who_is_left_out(table):
    backwards = {"151": "3", "190": "2", "240": "1"}
    turned = {name: {backwards[code]: pair for code, pair in stratum.items()} for name, stratum in table.items()}

    one, other = equality.gcmh(table), equality.gcmh(turned)

    assert one.df == other.df
    assert isclose(one.chi2, other.chi2, rel_tol=1e-7, abs_tol=1e-9)
