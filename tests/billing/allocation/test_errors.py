"""A refusal tells the finance officer where, what and how to mend it, in the reader's language."""

import ast
from datetime import date
from pathlib import Path

import pytest
from django.utils import translation

import billing.allocation
from billing.allocation.errors import FAULTS, AllocationError, located
from billing.allocation.rounding import apportion

NAMES = {"pool": {"DESK": "Service desk"}, "member": {"190": "Furesø"}, "driver": {"devices": "Devices"}}


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def test_a_sentence_names_the_pool_the_member_the_driver_and_the_day():
    error = AllocationError("MISSING_DRIVER", pool="DESK", member="190", driver="devices", day=date(2026, 4, 1))

    sentence = error.sentence(NAMES)

    assert sentence.startswith("Pool Service desk, municipality Furesø, driver Devices, ")
    assert "2026" in sentence
    assert sentence.endswith(": A value is missing, and missing is not zero. Enter it, or end the participation.")


def test_without_names_the_codes_stand_in_the_sentence():
    error = AllocationError("ZERO_DRIVER", pool="DESK")

    assert error.message.startswith("Pool DESK: All values are zero")


def test_without_a_place_the_fault_stands_alone():
    assert AllocationError("BAD_COUNT", found=0).message.startswith("“0” is not a number of instalments.")


def test_places_are_added_from_the_inside_outwards():
    with (
        pytest.raises(AllocationError) as refused,
        located(pool="DESK", day=date(2026, 4, 1)),
        located(pool="NETWORK", line=None),
    ):
        apportion(5, {"151": None})

    assert refused.value.where == {"pool": "NETWORK", "day": date(2026, 4, 1), "member": "151"}


def test_what_was_found_is_shortened():
    message = AllocationError("BAD_NUMBER", found="9" * 500).message

    assert "9" * 59 + "…" in message
    assert "9" * 60 not in message
    assert "…" in AllocationError("NOT_INTEGER", "range", found=10**5000, pool=10**5000).message


@pytest.mark.parametrize("kind", FAULTS)
def test_every_sentence_can_be_written(kind):
    code, _, reason = kind.partition(".")

    error = AllocationError(code, reason, found="100 %")

    assert error.message
    assert str(error).startswith(kind)


def test_every_refusal_in_the_code_has_its_sentence_and_every_sentence_its_refusal():
    folder = Path(billing.allocation.__file__).parent
    calls = [
        node
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("AllocationError", "_numbers")
    ]
    raised = {".".join(kind) for call in calls for kind in kinds(call)}

    assert raised == set(FAULTS)


def kinds(call):
    """The codes, with their reasons, that a call may raise; a code may be chosen between two."""
    code = call.args[1:] if call.func.id == "_numbers" else call.args
    if not code or isinstance(code[0], ast.Name):
        return []
    choices = [code[0].body, code[0].orelse] if isinstance(code[0], ast.IfExp) else [code[0]]
    return [[choice.value, *(reason.value for reason in code[1:])] for choice in choices]
