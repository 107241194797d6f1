"""A new key as a form, without scripts: its kind by its address, its figures in fields, bounds and steps as wished.

What the allocation refuses is said beside the field where it stands, with pool, municipality, driver and day.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.allocation.errors import AllocationError
from billing.keys.beginnings import earliest_first, is_first_key
from billing.keys.inputs import day
from billing.keys.nodes import (
    BOUNDED,
    KINDS,
    NODES,
    STEP_NEEDS_BOTH,
    STEPS,
    TRANSITION,
    KeyNode,
    Terms,
    add_bounds,
    add_step,
    bound_of,
    read_bounds,
    read_steps,
)
from billing.keys.proposals import ON_COST, check_definition, closed_months, simulated
from billing.models import Driver, KeyVersion, Pool
from billing.parties import short_name
from municipalities.governance.forms import ProposalForm
from municipalities.models import Municipality
from servicecenter.errors import RuleBroken
from servicecenter.ui import formats

ROOT_KINDS = {**KINDS, ON_COST: _("Follows other cost")}
Plain = dict[str, Any]


class OnCostNode(KeyNode):
    """Not a key in the arithmetic's sense: the pool follows what is already carried of others."""

    kind = ON_COST

    def add_fields(self):
        label, widget = _("Follows the cost of"), forms.CheckboxSelectMultiple
        self.add("of", forms.MultipleChoiceField(label=label, choices=self.terms.pools, widget=widget))

    def definition(self):
        return {"type": ON_COST, "of": self.value("of")}

    def check(self):
        check_definition(self.definition())

    def field_of(self, error):
        return "of"


class KeyForm(ProposalForm):
    """`kind` is the kind of key asked for; `base` the key in force before, from which a change in steps begins.

    `start` are the texts that the fields hold before anything was sent: the key in force, or what was written when
    only the fields were asked for.
    """

    def __init__(
        self, data=None, *, pool: Pool, kind: str, base: KeyVersion | None, members: list[Municipality],
        start: Mapping[str, str] | None = None,
    ):  # fmt: skip
        self.pool, self.kind, self.base, self.members = pool, kind, base, members
        self.drivers = list(Driver.objects.order_by("name"))
        super().__init__(data, initial={"valid_from": self._proposed_day()} | dict(start or {}))
        self.fields["valid_from"] = day(_("In force from"))
        self.fields["label"] = forms.CharField(label=_("Short name of the key"), max_length=60)
        self.key = self._root()
        if kind != ON_COST:
            add_bounds(self.key)
        self.step_rows = range(STEPS if base and not base.is_on_cost and kind not in (TRANSITION, ON_COST) else 0)
        for n in self.step_rows:
            add_step(self.key, n)

    def _proposed_day(self) -> date:
        """As early as a first key may begin; for a later one the next month."""
        today = timezone.localdate()
        if self.base is None:
            return earliest_first(today)
        return (today.replace(day=1) + timedelta(days=32)).replace(day=1)

    def _root(self) -> KeyNode:
        terms = Terms(
            [(member.code, short_name(member)) for member in self.members],
            [(driver.code, f"{driver.name} ({driver.unit})") for driver in self.drivers],
            self.data if self.is_bound else self.initial,
            _before(self.pool) if self.kind == ON_COST else (),
        )
        return OnCostNode(self, terms) if self.kind == ON_COST else NODES[self.kind](self, terms)

    # What the template draws

    def bounds(self):
        pairs = [(f"floor_{member.code}", f"cap_{member.code}") for member in self.members]
        return [(self[floor], self[cap]) for floor, cap in pairs] if self.kind != ON_COST else []

    def steps(self):
        return [(self[f"step_day_{n}"], self[f"step_part_{n}"]) for n in self.step_rows]

    # What was asked for

    def change(self) -> Plain:
        data = self.cleaned_data
        return {
            "definition": self.definition(), "label": data["label"], "valid_from": data["valid_from"].isoformat(),
        }  # fmt: skip

    def definition(self) -> Plain:
        key = self.key.definition()
        if any((bounds := read_bounds(self.key)).values()):
            key = {"type": BOUNDED, "key": key} | bounds
        steps = list(read_steps(self.key, self.step_rows))
        return {"type": TRANSITION, "old": self.base.definition, "new": key, "steps": steps} if steps else key

    def clean_valid_from(self):
        first, today = self.cleaned_data["valid_from"], timezone.localdate()
        if first > today or is_first_key(self.pool, first, today=today):
            return first
        if self.base is None:
            text = _("Months before %(day)s are approved. Choose that day or a later one.")
            raise forms.ValidationError(text % {"day": formats.day(earliest_first(today))})
        raise forms.ValidationError(_("A change never takes effect backwards. Choose a day that lies ahead."))

    def clean(self):
        data = super().clean() or {}
        if not self.errors:
            self._check_fields()
        if not self.errors:
            self._check_each()
        if not self.errors:
            self._check_whole()
        return data

    def _check_fields(self):
        for node in self.key.deepest_first():
            node.check_fields()
        for n in self.step_rows:
            self.key.need_both(f"step_day_{n}", f"step_part_{n}", STEP_NEEDS_BOTH)

    def _check_each(self):
        """What could never be used, said of the innermost key that has it."""
        for node in self.key.deepest_first():
            try:
                node.check()
            except AllocationError as error:
                node.refuse(error, self.names())
                return

    def _check_whole(self):
        """Read as a bill would read it: with what goes round it, and on the last closed months."""
        try:
            check_definition(self.definition())
        except AllocationError as error:
            self.refuse(error)
            return
        months = closed_months(timezone.now())
        try:
            simulated(self.pool.code, self.definition(), months)
        except AllocationError as error:
            self._refuse_innermost(error, months)

    def _refuse_innermost(self, error: AllocationError, months) -> None:
        """Say it of the innermost key that alone gives the same refusal."""
        for node in self.key.deepest_first():
            try:
                simulated(self.pool.code, node.definition(), months)
            except AllocationError as own:
                if own.code == error.code:
                    node.refuse(own, self.names())
                    return
        self.refuse(error)

    def refuse(self, error: RuleBroken) -> None:
        """Say it beside the field that it is about."""
        if not isinstance(error, AllocationError):
            self.add_error("valid_from", str(error.message))
            return
        field = self._field_of(error)
        self.add_error(field if field in self.fields else "valid_from", error.sentence(self.names()))

    def _field_of(self, error: AllocationError) -> str:
        if error.code in ("BAD_DATE", "OVERLAP", "GAP", "EMPTY"):
            return "valid_from"
        if error.code == "BOUNDS":
            return bound_of(self.key, error)
        if error.reason == "step":
            return "step_part_0"
        return "step_day_0" if error.code == "DUPLICATE" and self.step_rows else self.key.field_of(error)

    def names(self):
        return {
            "pool": {self.pool.code: self.pool.name},
            "member": {member.code: member.name for member in self.members},
            "driver": {driver.code: driver.name for driver in self.drivers},
        }


def _before(pool: Pool) -> list[tuple[str, Any]]:
    """What overhead can follow: direct cost, and pools calculated before it."""
    earlier = Pool.objects.filter(position__lt=pool.position, is_direct=False).order_by("position")
    return [("direct", _("The direct cost")), *earlier.values_list("code", "name")]
