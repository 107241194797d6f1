import ast
import re
from pathlib import Path

import pytest

import tickets.sla.errors
from servicecenter.errors import RuleBroken
from tickets.sla.errors import MESSAGES, SlaError

FOLDER = Path(tickets.sla.errors.__file__).parent


def raised():
    """(code, reason) of every SlaError that the calculations raise, read from their source."""
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "SlaError":
                reason = next((word.value.value for word in node.keywords if word.arg == "reason"), "")
                yield node.args[0].value, reason


def test_everything_that_is_refused_has_its_sentence():
    keys = {f"{code}.{reason}" if reason else code for code, reason in raised()}

    assert keys - set(MESSAGES) == set()


def test_no_sentence_is_left_over():
    keys = {f"{code}.{reason}" if reason else code for code, reason in raised()}

    assert {key for key in MESSAGES if "." in key} - keys == set()


@pytest.mark.parametrize("key", MESSAGES)
def test_a_sentence_needs_nothing_but_the_value(key):
    places = re.findall(r"%\((\w+)\)s", MESSAGES[key]._args[0])

    assert set(places) <= {"value"}


def test_an_error_has_a_code_for_programs_and_is_told_to_the_user_as_a_broken_rule():
    error = SlaError("BAD_TARGET", value=0, field="target_minutes")

    assert isinstance(error, RuleBroken)
    assert (error.code, error.where) == ("BAD_TARGET", {"value": 0, "field": "target_minutes"})
    assert str(error) == "BAD_TARGET {'value': 0, 'field': 'target_minutes'}"
