"""Imports point one way: municipalities <- tickets <- billing; the ground names no app."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = {
    "municipalities": {"municipalities", "servicecenter"},
    "tickets": {"tickets", "municipalities", "servicecenter"},
    "billing": {"billing", "tickets", "municipalities", "servicecenter"},
}
GROUND = [
    *(f"servicecenter/{name}" for name in ("tenancy", "audit", "charts", "ui", "outbox", "local")),
    *(f"servicecenter/{name}.py" for name in ("errors", "spreadsheets", "time_source", "every_second", "side_by_side")),
]
APPS = set(ALLOWED)


def imported(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            yield node.module


def modules(place):
    root = ROOT / place
    return [root] if root.is_file() else sorted(root.rglob("*.py"))


@pytest.mark.parametrize("app", sorted(ALLOWED))
def test_an_app_imports_only_from_below(app):
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(app)
        for name in imported(path)
        if name.split(".")[0] in APPS - ALLOWED[app]
    ]
    assert wrong == []


@pytest.mark.parametrize("place", GROUND)
def test_the_ground_names_no_app(place):
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(place)
        for name in imported(path)
        if name.split(".")[0] in APPS
    ]
    assert wrong == []


@pytest.mark.parametrize("module", ["calendar", "clock", "course", "stopwatch", "agreement", "events", "attainment"])
def test_the_calculation_of_clocks_knows_no_database(module):
    names = set(imported(ROOT / "tickets" / "sla" / f"{module}.py"))
    assert not {name for name in names if name.startswith(("django.db", "tickets.models", "tickets.sla.models"))}
