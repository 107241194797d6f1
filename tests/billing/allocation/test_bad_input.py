"""Whatever stands in the wrong place is refused with a code, never with a traceback and never with a wrong amount."""

import copy
import json
from pathlib import Path

import pytest

from billing.allocation.errors import FAULTS, AllocationError
from tests.golden import allocation

GOLDEN = Path(allocation.__file__).with_name("allocation.json")
CASES = json.loads(GOLDEN.read_text("utf-8"))["cases"]
GONE = object()
NUMBERS = [True, -1, 1.5, float("nan"), 10**5000]
TEXTS = ["", "x", "-1", "1/0", "2026-04-16", "DESK"]
RUBBISH = [GONE, None, *NUMBERS, *TEXTS, [], [["151"]], {}, {"151": None}]


def places(value, path=()):
    """Every place in the input, as the way to it."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(item, (*path, key))


def replaced(value, path, rubbish):
    value = copy.deepcopy(value)
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    if rubbish is GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = rubbish
    return value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_rubbish_anywhere_in_the_input_is_refused_or_harmless(case):
    for path in places(case["input"]):
        for rubbish in RUBBISH:
            try:
                json.dumps(allocation.RUNNERS[case["type"]](replaced(case["input"], path, rubbish)), allow_nan=False)
            except AllocationError as error:
                kind, line_of_the_log = f"{error.code}.{error.reason}".rstrip("."), str(error)
                assert kind in FAULTS
                assert line_of_the_log.startswith(kind)
