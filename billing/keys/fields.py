"""A stored key as the fields of a form would hold it, so that a new key can begin with the one in force.

A share without finite decimals is a fraction, so that nothing of the key is lost: a third is 100/3 %.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from billing.keys.inputs import figure
from billing.keys.nodes import BOUNDED, DIRECT, DRIVER, EQUAL, FIXED, MIX, PERCENT, TRANSITION

Definition = Mapping[str, Any]
Fields = dict[str, str]


def fields_of(definition: Definition, path: str = "") -> Fields:
    """The fields of the key's own kind; the kind itself is the asker's to note."""
    return {f"{path}{name}": text for name, text in _WRITERS[definition["type"]](definition).items() if text}


def outermost(definition: Definition) -> tuple[str, Fields]:
    """(kind, fields) of a key as the outermost of a form, where bounds stand beside the fields of the kind."""
    bounds: Fields = {}
    if definition["type"] == BOUNDED:
        bounds, definition = _bounds(definition), definition["key"]
    if definition["type"] == BOUNDED:  # bounds within bounds: as a mixture of one
        definition = {"type": MIX, "parts": [{"weight": "1", "key": definition}]}
    return definition["type"], fields_of(definition) | bounds


def chosen(name: str, definition: Definition) -> Fields:
    """The field that asks for the kind of a key, and the fields of the key itself."""
    kind = definition["type"]
    if kind == DRIVER and not definition.get("tiers"):
        return {name: f"{DRIVER}:{definition['driver']}"}
    return {name: kind} | fields_of(definition, f"{name}-")


def _equal(definition: Definition) -> Fields:
    return {}


def _driver(definition: Definition) -> Fields:
    found = {"driver": definition["driver"]}
    for n, tier in enumerate(definition.get("tiers") or ()):
        bound = tier.get("up_to")
        found[f"tier_bound_{n}"] = "" if bound is None else figure(Fraction(str(bound)))
        found[f"tier_rate_{n}"] = percent(tier["rate"])
    return found


def _fixed(definition: Definition) -> Fields:
    return {f"{FIXED}_{code}": figure(Fraction(str(v))) for code, v in definition["ratio"].items() if v is not None}


def _percent(definition: Definition) -> Fields:
    values = definition["percent"].items()
    return {f"{PERCENT}_{code}": figure(Fraction(str(value))) for code, value in values if value is not None}


def _direct(definition: Definition) -> Fields:
    return {"member": definition["member"]}


def _mix(definition: Definition) -> Fields:
    found = {"on_zero": definition.get("on_zero") or "reject"}
    for n, part in enumerate(definition["parts"]):
        found |= {f"part_weight_{n}": percent(part["weight"])} | chosen(f"part_key_{n}", part["key"])
    return found


def _transition(definition: Definition) -> Fields:
    found = chosen("old_key", definition["old"]) | chosen("new_key", definition["new"])
    for n, step in enumerate(sorted(definition["steps"], key=lambda step: step["from"])):
        found |= {f"step_day_{n}": step["from"], f"step_part_{n}": percent(step["t"])}
    return found


def _bounded(definition: Definition) -> Fields:
    return chosen("inner_key", definition["key"]) | _bounds(definition)


def _bounds(definition: Definition) -> Fields:
    return {
        f"{side}_{code}": percent(value)
        for side in ("floor", "cap") for code, value in (definition.get(side) or {}).items() if value is not None
    }  # fmt: skip


def percent(value: Any) -> str:
    """ "0.3" as "30"."""
    return figure(Fraction(str(value)) * 100)


_WRITERS: dict[str, Callable[[Definition], Fields]] = {
    EQUAL: _equal,
    DRIVER: _driver,
    FIXED: _fixed,
    PERCENT: _percent,
    DIRECT: _direct,
    MIX: _mix,
    TRANSITION: _transition,
    BOUNDED: _bounded,
}
