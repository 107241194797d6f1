"""Every golden case whose type is built gives the expected answer. GOLDEN_DIR names another folder of golden files."""

import json
import os
import subprocess
import sys
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest

from tests.golden.__main__ import answer, load, run

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FILES = sorted(Path(os.environ.get("GOLDEN_DIR") or HERE).glob("*.json"))
TOLERANCE = 1e-6


def cases():
    for path in FILES:
        document = json.loads(path.read_text("utf-8"))
        domain = load(document["domain"])
        for case in document["cases"]:
            if case["type"] in getattr(domain, "RUNNERS", {}):
                yield pytest.param(domain, document, case, id=f"{path.stem}:{case['id']}")


@pytest.mark.parametrize(("domain", "document", "case"), list(cases()))
def test_the_product_gives_the_golden_answer(domain, document, case):
    result = json.loads(json.dumps(answer(domain, case, document)))

    assert differences(result, case["expect"]) == []


def test_there_is_something_to_compare():
    assert FILES
    assert list(cases())


def test_every_type_of_the_clocks_is_built():
    document = json.loads((HERE / "sla.json").read_text("utf-8"))

    assert {case["type"] for case in document["cases"]} == set(load("sla").RUNNERS)


def test_the_command_prints_every_answer_without_django_being_set_up():
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-m", "tests.golden", str(HERE / "sla.json")]

    printed = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout

    assert json.loads(printed) == json.loads(json.dumps(run(json.loads((HERE / "sla.json").read_text("utf-8")))))


def test_a_type_that_is_not_built_is_left_out():
    document = {"domain": "sla", "cases": [{"id": "X", "type": "tarot", "input": {}}]}

    assert run(document) == {}


def test_a_domain_that_is_not_built_gives_no_answers():
    assert run({"domain": "weather", "cases": [{"id": "X", "type": "rain", "input": {}}]}) == {}


@pytest.mark.parametrize(
    ("result", "expect"),
    [
        ({"due_at": "2026-03-02T08:00:00Z"}, {"due_at": "2026-03-02T10:00:00+01:00"}),
        ({"seconds": 1}, {"seconds": 2}),
        ({"seconds": True}, {"seconds": 1}),
        ({"rate": "1/2"}, {"rate": "1/3"}),
        ({"rate": 0.50001}, {"rate": 0.5}),
        ({"rate": None}, {"rate": 0.0}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ([1, 2], [1]),
        ({"error": "BAD_TIME"}, {"seconds": 5}),
    ],
)
def test_the_comparison_sees_differences(result, expect):
    assert len(differences(result, expect)) == 1


@pytest.mark.parametrize(
    ("result", "expect"),
    [
        ({"due_at": "2026-03-02T08:00:00Z"}, {"due_at": "2026-03-02T09:00:00+01:00"}),
        ({"start": "2026-03-02T08:00:00Z"}, {"start": "2026-03-02T09:00:00+01:00"}),
        ({"rate": "2/4"}, {"rate": "1/2"}),
        ({"rate": 0.5000001}, {"rate": 0.5}),
        ({"low": 1}, {"low": 1.0}),
    ],
)
def test_the_comparison_knows_what_is_equal(result, expect):
    assert differences(result, expect) == []


def differences(result, expect, *, place=""):
    """Where a result departs from the expected one, by the rules of the golden files."""
    if isinstance(expect, dict) and isinstance(result, dict):
        if result.keys() != expect.keys():
            return [f"{place}: {sorted(result)} instead of {sorted(expect)}"]
        return [text for key in expect for text in differences(result[key], expect[key], place=f"{place}.{key}")]
    if isinstance(expect, list) and isinstance(result, list):
        if len(result) != len(expect):
            return [f"{place}: {len(result)} instead of {len(expect)} entries"]
        pairs = enumerate(zip(result, expect, strict=True))
        return [text for i, pair in pairs for text in differences(*pair, place=f"{place}[{i}]")]
    return [] if is_same(result, expect, place.rpartition(".")[2]) else [f"{place}: {result!r} instead of {expect!r}"]


def is_same(result, expect, name):
    if is_number(expect) and is_number(result) and isinstance(result + expect, float):
        return abs(result - expect) <= TOLERANCE
    if isinstance(expect, str) and isinstance(result, str):
        if name.partition("[")[0] in ("at", "start") or name.endswith("_at"):
            return instant(result) == instant(expect)
        if "/" in expect:
            return fraction(result) == fraction(expect)
    return type(result) is type(expect) and result == expect


def is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def instant(text):
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo, f"{text} has no zone"
    return moment


def fraction(text):
    try:
        return Fraction(text)
    except ValueError:
        return text
