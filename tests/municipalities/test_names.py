import pytest

from municipalities.names import initials, sort_key


def test_danish_names_sort_with_æ_ø_å_last_and_aa_as_å():
    names = ["Ågård", "Zoffmann", "Aabenraa", "Østergaard", "Ærø", "Andersen", "Éclair", "Dahl"]
    assert sorted(names, key=sort_key) == [
        "Andersen",
        "Dahl",
        "Éclair",
        "Zoffmann",
        "Ærø",
        "Østergaard",
        "Aabenraa",
        "Ågård",
    ]


@pytest.mark.parametrize(
    ("name", "letters"), [("Sara Lindqvist", "SL"), ("Mette Holm Kristensen", "MK"), ("Bo", "B"), ("", "")]
)
def test_initials(name, letters):
    assert initials(name) == letters
