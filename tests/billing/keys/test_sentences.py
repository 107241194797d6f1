"""A key in words, in both languages, made from nothing but its definition."""

import pytest
from django.utils import translation

from billing.keys.sentences import Names, sentence

NAMES = Names(
    {"inhabitants": "Indbyggertal", "licences": "Licenser"},
    {"151": "Ballerup", "190": "Furesø", "240": "Egedal"},
    {"desk": "Servicedesk"},
)
EQUAL = {"type": "equal"}
PEOPLE = {"type": "driver", "driver": "inhabitants"}
MIXED = {"type": "mix", "parts": [{"weight": "0.3", "key": EQUAL}, {"weight": "0.7", "key": PEOPLE}]}
TIERS = PEOPLE | {"tiers": [{"up_to": "150000", "rate": "1"}, {"up_to": None, "rate": "0.5"}]}
STEPS = {
    "type": "transition", "old": EQUAL, "new": PEOPLE,
    "steps": [{"from": "2028-01-01", "t": "1"}, {"from": "2027-01-01", "t": "0.5"}],
}  # fmt: skip
BOUNDED = {"type": "bounded", "key": MIXED, "floor": {"240": "0.2"}, "cap": {"151": "0.455"}}
WORDS = [
    (EQUAL, "Deles ligeligt.", "Shared equally."),
    (PEOPLE, "Deles efter indbyggertal.", "Shared by indbyggertal."),
    (MIXED, "Deles 30 % ligeligt, 70 % efter indbyggertal.", "Shared 30% equally, 70% by indbyggertal."),
    (
        TIERS,
        "Deles efter indbyggertal (op til 150.000 tæller 100 %; det derover tæller 50 %).",
        "Shared by indbyggertal (up to 150,000 counts 100%; what lies above counts 50%).",
    ),
    (
        {"type": "fixed", "ratio": {"151": "3", "190": "2", "240": "2"}},
        "Deles i forholdet Ballerup 3 : Furesø 2 : Egedal 2.",
        "Shared in the ratio Ballerup 3 : Furesø 2 : Egedal 2.",
    ),
    (
        {"type": "percent", "percent": {"151": "40", "190": "32.5", "240": "27.5"}},
        "Deles efter aftalte andele: Ballerup 40 %, Furesø 32,5 %, Egedal 27,5 %.",
        "Shared by agreed parts: Ballerup 40%, Furesø 32.5%, Egedal 27.5%.",
    ),
    (
        {"type": "mix", "parts": [{"weight": "1/3", "key": EQUAL}, {"weight": "2/3", "key": PEOPLE}]},
        "Deles 1/3 ligeligt, 2/3 efter indbyggertal.",
        "Shared 1/3 equally, 2/3 by indbyggertal.",
    ),
    (
        {"type": "fixed", "ratio": {"151": "1/3", "190": "2"}},
        "Deles i forholdet Ballerup 1/3 : Furesø 2.",
        "Shared in the ratio Ballerup 1/3 : Furesø 2.",
    ),
    (
        STEPS,
        "Deles i trin fra »ligeligt« til »efter indbyggertal«: 50 % fra 1. januar 2027, 100 % fra 1. januar 2028.",
        "Shared in steps from “equally” to “by indbyggertal”: 50% from 1 January 2027, 100% from 1 January 2028.",
    ),
    (
        BOUNDED,
        "Deles 30 % ligeligt, 70 % efter indbyggertal, dog Egedal mindst 20 %, Ballerup højst 45,5 %.",
        "Shared 30% equally, 70% by indbyggertal, but Egedal at least 20%, Ballerup at most 45.5%.",
    ),
    (
        MIXED | {"on_zero": "drop"},
        "Deles 30 % ligeligt, 70 % efter indbyggertal; en del helt uden mængde falder bort.",
        "Shared 30% equally, 70% by indbyggertal; a part without any quantity falls away.",
    ),
    (
        {"type": "on_cost", "of": ["direct", "desk"]},
        "Følger det, hver kommune betaler for direkte udgifter, Servicedesk.",
        "Follows what each municipality pays for the direct cost, Servicedesk.",
    ),
    (
        {"type": "direct", "member": "190"},
        "Deles så Furesø bærer det alene.",
        "Shared so that Furesø carries it alone.",
    ),
]


@pytest.mark.parametrize(("definition", "danish", "english"), WORDS, ids=[words[0]["type"] for words in WORDS])
def test_a_key_is_told_in_both_languages(definition, danish, english):
    def told(language):
        with translation.override(language):
            return sentence(definition, NAMES).replace("\N{NO-BREAK SPACE}", " ")

    assert (told("da"), told("en")) == (danish, english)
