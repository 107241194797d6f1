import pytest

from tickets.sla.errors import SlaError
from tickets.sla.priority import priority


def test_priority_is_impact_plus_urgency_minus_one():
    table = {(impact, urgency): priority(impact, urgency) for impact in (1, 2, 3) for urgency in (1, 2, 3)}

    assert table == {(impact, urgency): impact + urgency - 1 for impact in (1, 2, 3) for urgency in (1, 2, 3)}


def test_a_matrix_of_the_community_replaces_the_rule():
    matrix = [[1, 1, 2], [2, 3, 4], [3, 4, 5]]

    assert [priority(1, 2, matrix=matrix), priority(2, 1, matrix=matrix)] == [1, 2]


@pytest.mark.parametrize(
    ("impact", "urgency"), [(0, 1), (4, 1), (1, 0), (1, 4), ("1", 1), (1.0, 1), (True, 1), (None, 1), (1, None)]
)
def test_levels_that_do_not_exist_are_refused(impact, urgency):
    with pytest.raises(SlaError) as refused:
        priority(impact, urgency)

    assert refused.value.code == "BAD_PRIORITY"


@pytest.mark.parametrize(
    "matrix",
    [
        [],
        [[1, 2, 3]],
        [[1, 2], [2, 3], [3, 4]],
        [[1, 2, 3], [2, 3, 4], [3, 4, 6]],
        [[0, 2, 3], [2, 3, 4], [3, 4, 5]],
        [[1, 2, 3], [2, 3, 4], [3, 4, "5"]],
        "123",
        None,
        {"1": [1, 2, 3]},
    ],
)
def test_a_matrix_that_is_none_is_refused(matrix):
    with pytest.raises(SlaError) as refused:
        priority(1, 1, matrix=matrix)

    assert refused.value.code == "BAD_PRIORITY"
