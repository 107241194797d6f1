"""A key and the keys within it as fields of one form, without scripts.

Each key is a node with its own fields; where a key holds others, a list asks for the kind of each, and what needs
fields of its own becomes a node with a longer path: "part_key_0-part_weight_1". Which nodes there are is read from what
the fields hold, so a form that is sent again shows the fields of the kinds that were chosen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.allocation.errors import AllocationError
from billing.allocation.key_definitions import read_key
from billing.keys.inputs import day, exact, figure, plain, share

EQUAL, DRIVER, FIXED, PERCENT, DIRECT = "equal", "driver", "fixed", "percent", "direct"
MIX, TRANSITION, BOUNDED = "mix", "transition", "bounded"
TIERS, PARTS, STEPS, MOST_ROWS = 3, 4, 4, 20
DEEPEST = 5  # so many keys inside each other; the arithmetic allows more, no reader follows them
Plain = dict[str, Any]


@dataclass(frozen=True)
class Terms:
    """What every node of a form knows: municipalities, quantities and pools by code, and what the fields hold."""

    members: Sequence[tuple[str, str]]
    drivers: Sequence[tuple[str, str]]
    source: Mapping[str, Any]
    pools: Sequence[tuple[str, Any]] = ()


class KeyNode:
    """One key. `path` stands before the names of its fields, `depth` says how many keys it lies within."""

    kind: ClassVar[str]

    def __init__(self, form: forms.Form, terms: Terms, *, path: str = "", depth: int = 0):
        self.form, self.terms, self.path, self.depth = form, terms, path, depth
        self.children: dict[str, KeyNode] = {}
        self.add_fields()

    def add_fields(self) -> None:
        """Add the fields of this kind to the form."""

    def definition(self) -> Plain:
        """The key as plain data, once the form's fields are clean."""
        return {"type": self.kind}

    def check_fields(self) -> None:
        """Say of a figure without its other half that it is a slip."""

    def check(self) -> None:
        """Raise what could never be used, whoever takes part."""
        read_key(self.definition())

    def field_of(self, error: AllocationError) -> str:
        """The field that the error is about."""
        return ""

    # For the template

    @property
    def name(self) -> Any:
        return NESTED[self.kind]

    def __getitem__(self, name: str) -> forms.BoundField:
        return self.form[self.path + name]

    def with_child(self, name: str) -> tuple[forms.BoundField, "KeyNode | None"]:
        return self[name], self.children.get(name)

    # For the whole tree

    def deepest_first(self) -> Iterator["KeyNode"]:
        for child in self.children.values():
            yield from child.deepest_first()
        yield self

    def refuse(self, error: AllocationError, names: Mapping[str, Mapping[str, str]]) -> None:
        """Say it beside the field that it is about; beside the first day when it is about none of this key's."""
        field = self.path + self.field_of(error)
        self.form.add_error(field if field in self.form.fields else "valid_from", error.sentence(names))

    # For the kinds

    def add(self, name: str, field: forms.Field) -> None:
        self.form.fields[self.path + name] = field

    def add_child(self, name: str, label, *, required: bool = True) -> None:
        """A list of kinds, and the node of the kind that is chosen."""
        chosen = forms.ChoiceField(
            label=label, choices=self._choices(), required=required, error_messages={"required": _("Choose a key.")}
        )
        self.add(name, chosen)
        chosen.hides_optional = True
        node = NODES.get(str(self.terms.source.get(self.path + name) or ""))
        if node and node.kind != EQUAL and self.depth < DEEPEST:
            self.children[name] = node(self.form, self.terms, path=f"{self.path}{name}-", depth=self.depth + 1)

    def _choices(self) -> list:
        simple = [("", "–"), (EQUAL, KINDS[EQUAL]), *((f"{DRIVER}:{code}", name) for code, name in self.terms.drivers)]
        if self.depth >= DEEPEST:
            return simple
        return [
            *simple,
            (_("With fields of its own"), [(kind, name) for kind, name in NESTED.items() if kind != EQUAL]),
        ]

    def value(self, name: str) -> Any:
        return self.form.cleaned_data.get(self.path + name)

    def child(self, name: str) -> Plain | None:
        """The definition of the key chosen there."""
        if name in self.children:
            return self.children[name].definition()
        kind, _colon, driver = (self.value(name) or "").partition(":")
        if not kind:
            return None
        return {"type": DRIVER, "driver": driver} if kind == DRIVER else {"type": kind}

    def of_members(self, name: str) -> dict[str, Fraction]:
        values = {code: self.value(f"{name}_{code}") for code, _name in self.terms.members}
        return {code: value for code, value in values.items() if value is not None}

    def rows(self, name: str, least: int) -> range:
        """So many rows of a list as are filled, with an empty one to go on."""
        filled = [n for n in range(MOST_ROWS) if self.terms.source.get(f"{self.path}{name}_{n}")]
        return range(min(MOST_ROWS, max(least, filled[-1] + 2 if filled else 0)))

    def need_both(self, one: str, other: str, text) -> None:
        if (self.value(one) in (None, "")) != (self.value(other) in (None, "")):
            self.form.add_error(self.path + other, text)


class EqualNode(KeyNode):
    kind = EQUAL


class DriverNode(KeyNode):
    """By a quantity, whose units may count with the rate of their tier."""

    kind = DRIVER

    def add_fields(self):
        self.add("driver", forms.ChoiceField(label=_("Quantity"), choices=self.terms.drivers))
        self.tier_rows = self.rows("tier_rate", TIERS)
        for n in self.tier_rows:
            self.add(f"tier_bound_{n}", exact(_("Up to")))
            self.add(f"tier_rate_{n}", exact(_("counts, %")))

    def tiers(self):
        return [(self[f"tier_bound_{n}"], self[f"tier_rate_{n}"]) for n in self.tier_rows]

    def definition(self):
        tiers = [
            {"up_to": _text(self.value(f"tier_bound_{n}")), "rate": share(self.value(f"tier_rate_{n}"))}
            for n in self.tier_rows
            if self.value(f"tier_rate_{n}") is not None
        ]
        return {"type": DRIVER, "driver": self.value("driver")} | ({"tiers": tiers} if tiers else {})

    def check_fields(self):
        for n in self.tier_rows:
            if self.value(f"tier_bound_{n}") is not None and self.value(f"tier_rate_{n}") is None:
                self.form.add_error(f"{self.path}tier_rate_{n}", _("Write how much the units of this tier count."))

    def field_of(self, error):
        return "tier_bound_0" if error.reason == "tiers" else "driver"


class OfMembersNode(KeyNode):
    """A number for each municipality."""

    suffix = ""

    def add_fields(self):
        for code, name in self.terms.members:
            self.add(f"{self.kind}_{code}", exact(f"{name}{self.suffix}"))

    def member_fields(self):
        return [self[f"{self.kind}_{code}"] for code, _name in self.terms.members]

    def field_of(self, error):
        return f"{self.kind}_{error.where.get('member') or self.terms.members[0][0]}"

    def numbers(self) -> dict[str, str]:
        return {code: plain(value) for code, value in self.of_members(self.kind).items()}


class FixedNode(OfMembersNode):
    kind = FIXED

    def definition(self):
        return {"type": FIXED, "ratio": self.numbers()}

    def check(self):
        super().check()
        given = self.of_members(FIXED)
        missing = next((code for code, _name in self.terms.members if code not in given), None)
        if missing:
            raise AllocationError("MISSING_DRIVER", member=missing)
        if not any(given.values()):
            raise AllocationError("ZERO_DRIVER")


class PercentNode(OfMembersNode):
    kind = PERCENT
    suffix = ", %"

    def definition(self):
        return {"type": PERCENT, "percent": self.numbers()}

    def check(self):
        super().check()
        total = sum(self.of_members(PERCENT).values(), Fraction(0))
        if total != 100:
            raise AllocationError("BAD_PERCENT", found=plain(total))


class DirectNode(KeyNode):
    kind = DIRECT

    def add_fields(self):
        self.add("member", forms.ChoiceField(label=_("Carried by"), choices=self.terms.members))

    def definition(self):
        return {"type": DIRECT, "member": self.value("member")}

    def field_of(self, error):
        return "member"


class MixNode(KeyNode):
    kind = MIX

    def add_fields(self):
        self.part_rows = self.rows("part_key", PARTS)
        for n in self.part_rows:
            self.add(f"part_weight_{n}", exact(_("Weight, %")))
            self.add_child(f"part_key_{n}", _("Key of the part"), required=False)
        choices = [("reject", _("refuse the calculation")), ("drop", _("let the other parts carry it"))]
        self.add("on_zero", forms.ChoiceField(label=_("When a part has no quantity at all"), choices=choices))

    def parts(self):
        return [(self[f"part_weight_{n}"], *self.with_child(f"part_key_{n}")) for n in self.part_rows]

    def definition(self):
        parts = [
            {"weight": share(self.value(f"part_weight_{n}")), "key": self.child(f"part_key_{n}")}
            for n in self.part_rows
            if self.value(f"part_key_{n}")
        ]
        return {"type": MIX, "parts": parts, "on_zero": self.value("on_zero")}

    def check_fields(self):
        for n in self.part_rows:
            if bool(self.value(f"part_key_{n}")) != (self.value(f"part_weight_{n}") is not None):
                self.form.add_error(f"{self.path}part_weight_{n}", _("A part needs both its weight and its key."))
        total = sum((self.value(f"part_weight_{n}") or Fraction(0) for n in self.part_rows), Fraction(0))
        if total != 100 and not self.form.errors:
            text = _("The weights of the parts give %(found)s %% and must give exactly 100 %%. Correct them.")
            self.form.add_error(f"{self.path}part_weight_0", text % {"found": figure(total)})

    def field_of(self, error):
        wanted = f"{DRIVER}:{error.where.get('driver')}"
        found = (f"part_key_{n}" for n in self.part_rows if self.value(f"part_key_{n}") == wanted)
        return next(found, "part_weight_0")


class TransitionNode(KeyNode):
    kind = TRANSITION

    def add_fields(self):
        self.add_child("old_key", _("From the key"))
        self.add_child("new_key", _("To the key"))
        self.step_rows = self.rows("step_day", STEPS)
        for n in self.step_rows:
            add_step(self, n)

    def sides(self):
        return [self.with_child("old_key"), self.with_child("new_key")]

    def steps(self):
        return [(self[f"step_day_{n}"], self[f"step_part_{n}"]) for n in self.step_rows]

    def definition(self):
        return {
            "type": TRANSITION, "old": self.child("old_key"), "new": self.child("new_key"),
            "steps": list(read_steps(self, self.step_rows)),
        }  # fmt: skip

    def check_fields(self):
        for n in self.step_rows:
            self.need_both(f"step_day_{n}", f"step_part_{n}", STEP_NEEDS_BOTH)
        if not any(self.value(f"step_day_{n}") for n in self.step_rows):
            self.form.add_error(f"{self.path}step_day_0", _("Write at least one step."))

    def field_of(self, error):
        if error.reason == "step":
            return "step_part_0"
        return "step_day_0" if error.code in ("DUPLICATE", "BAD_DATE") else "new_key"


class BoundedNode(KeyNode):
    kind = BOUNDED

    def add_fields(self):
        self.add_child("inner_key", _("The key within the bounds"))
        add_bounds(self)

    def inner(self):
        return self.with_child("inner_key")

    def bounds(self):
        return [(self[f"floor_{code}"], self[f"cap_{code}"]) for code, _name in self.terms.members]

    def definition(self):
        return {"type": BOUNDED, "key": self.child("inner_key")} | read_bounds(self)

    def check_fields(self):
        if not any(read_bounds(self).values()):
            self.form.add_error(f"{self.path}floor_{self.terms.members[0][0]}", _("Write at least one bound."))

    def field_of(self, error):
        return bound_of(self, error) if error.code == "BOUNDS" else "inner_key"


NODES: dict[str, type[KeyNode]] = {
    node.kind: node
    for node in (EqualNode, DriverNode, FixedNode, PercentNode, DirectNode, MixNode, TransitionNode, BoundedNode)
}
KINDS = {
    EQUAL: _("Equal shares"),
    DRIVER: _("By a quantity"),
    FIXED: _("Agreed ratio"),
    PERCENT: _("Agreed percentages"),
    DIRECT: _("One carries it alone"),
    MIX: _("Mixture"),
    TRANSITION: _("In steps between two keys"),
}
NESTED = {**KINDS, DRIVER: _("By a quantity in tiers"), BOUNDED: _("Another key within bounds")}
STEP_NEEDS_BOTH = _("A step needs both its day and its part.")


# Steps and bounds, which a form also puts round its outermost key


def add_step(node: KeyNode, n: int) -> None:
    node.add(f"step_day_{n}", day(_("From"), required=False))
    node.add(f"step_part_{n}", exact(_("Part of the new key, %")))


def read_steps(node: KeyNode, rows: range) -> Iterator[Plain]:
    for n in rows:
        if first := node.value(f"step_day_{n}"):
            yield {"from": first.isoformat(), "t": share(node.value(f"step_part_{n}"))}


def add_bounds(node: KeyNode) -> None:
    for code, name in node.terms.members:
        for bound, text in (("floor", _("%(name)s at least, %%")), ("cap", _("%(name)s at most, %%"))):
            node.add(f"{bound}_{code}", exact(text % {"name": name}))


def read_bounds(node: KeyNode) -> Plain:
    """Floors and caps as shares of the pool, by municipality code."""
    return {
        side: {code: share(value) for code, value in node.of_members(side).items()} for side in ("floor", "cap")
    }  # fmt: skip


def bound_of(node: KeyNode, error: AllocationError) -> str:
    member = error.where.get("member")
    if member:
        return f"{'floor' if node.value(f'cap_{member}') is None else 'cap'}_{member}"
    written = (
        f"{side}_{code}" for code, _name in node.terms.members for side in ("floor", "cap")
        if node.value(f"{side}_{code}") is not None
    )  # fmt: skip
    return next(written, "")


def _text(value: Fraction | None) -> str | None:
    return None if value is None else plain(value)
