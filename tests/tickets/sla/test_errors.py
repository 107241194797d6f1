import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils.translation import override

import tickets.sla.errors
from servicecenter.errors import RuleBroken
from tickets.sla.errors import MESSAGES, SlaError

FOLDER = Path(tickets.sla.errors.__file__).parent
ROOT = FOLDER.parent.parent


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


CODES = {
    "NAIVE_TIME", "BAD_TIME", "BAD_ZONE", "BAD_INTERVAL", "OVERLAP", "UNKNOWN_CALENDAR", "UNKNOWN_POLICY", "NO_OPENING",
    "BAD_TARGET", "BAD_PRIORITY", "BAD_ORDER", "BAD_EVENT", "BAD_TABLE",
}  # fmt: skip


def test_every_code_is_told():
    assert {key.partition(".")[0] for key in MESSAGES} == CODES


@pytest.mark.parametrize("key", MESSAGES)
def test_a_sentence_is_danish_for_danes_and_says_what_it_is_about(key):
    code, _, reason = key.partition(".")
    error = SlaError(code, reason=reason, value="X7")
    with override("en"):
        english = error.message
    with override("da"):
        danish = error.message
    assert danish != english
    assert ("X7" in danish) == ("X7" in english)
    assert danish.endswith(".")


def test_an_error_has_a_code_for_programs_and_is_told_to_the_user_as_a_broken_rule():
    error = SlaError("BAD_TARGET", value=0, field="target_minutes")

    assert isinstance(error, RuleBroken)
    assert (error.code, error.where) == ("BAD_TARGET", {"value": 0, "field": "target_minutes"})
    with override("en"):
        assert str(error) == error.message
        assert error.message == (
            "“0” is not a target. Write whole minutes, at least 1, or leave it empty to promise nothing."
        )


def test_without_django_an_error_says_its_code():
    program = "from tickets.sla.errors import SlaError; print(SlaError('BAD_TARGET', value=0))"
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}

    printed = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout

    assert printed == "BAD_TARGET {'value': 0}\n"
