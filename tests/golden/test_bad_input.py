"""Whatever is spoilt in an input, the answer is a result or a code, never a traceback."""

import copy
import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.golden import sla
from tests.golden.__main__ import answer
from tickets.sla.errors import MESSAGES

DOCUMENT = json.loads((Path(__file__).parent / "sla.json").read_text("utf-8"))
CODES = {key.partition(".")[0] for key in MESSAGES}
JUNK = [
    None, True, False, 0, 1, -1, 7, 1.5, float("nan"), float("inf"), 10**30, "", "x", "24:00", "é\x00", "2026-03-02",
    "2026-03-02T08:00:00", "9999-12-31T23:59:59-12:00", [], [[]], [None], {}, {"x": None}, ["2026-03-02"],
    "NEVER", "NIGHT",
]  # fmt: skip


def places(value, path=()):
    """Every place inside an input."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def in_full(case):
    """The input with the calendars and the agreement that it names, so that these can be spoilt too."""
    given = copy.deepcopy(case["input"])
    calendar, policy = given.get("calendar"), given.get("policy")
    if policy in DOCUMENT["policies"]:
        given["policy"] = copy.deepcopy(DOCUMENT["policies"][policy])
        calendar = "HELPDESK"
    if calendar in DOCUMENT["calendars"]:
        given["calendars"] = {calendar: copy.deepcopy(DOCUMENT["calendars"][calendar])}
    for own in (given.get("calendars") or {}).values():
        for version in own["versions"]:
            # One of many dates is as good as any, and leaves room for spoiling something else.
            del version["holidays"][1:]
    return given


@st.composite
def spoilt(draw):
    case = draw(st.sampled_from(DOCUMENT["cases"]))
    given = in_full(case)
    *path, last = draw(st.sampled_from(list(places(given))))
    parent = given
    for key in path:
        parent = parent[key]
    if draw(st.booleans()) and isinstance(parent, dict):
        del parent[last]
    else:
        parent[last] = draw(st.sampled_from(JUNK))
    return {**case, "input": given}


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(spoilt())
def test_a_spoilt_input_gets_a_result_or_a_code(case):
    result = answer(sla, case, DOCUMENT)

    json.dumps(result)
    if set(result) == {"error"}:
        assert result["error"] in CODES
