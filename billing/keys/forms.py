"""A key as a form, without scripts: its kind by its address, its figures in fields, bounds and steps as wished.

What the allocation refuses is said beside the field where it stands, with pool, municipality, driver and day.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.allocation.errors import AllocationError
from billing.allocation.key_definitions import read_key
from billing.forms import QuantityField
from billing.keys.proposals import closed_months, simulated
from billing.models import Driver, KeyVersion, Pool
from billing.parties import short_name
from billing.plans import plain_decimal
from municipalities.governance.forms import ProposalForm
from municipalities.models import Municipality
from servicecenter.errors import RuleBroken

EQUAL, DRIVER, FIXED, PERCENT, MIX = "equal", "driver", "fixed", "percent", "mix"
KINDS = {
    EQUAL: _("Equal shares"),
    DRIVER: _("By a quantity"),
    FIXED: _("Agreed ratio"),
    PERCENT: _("Agreed percentages"),
    MIX: _("Mixture"),
}
TIERS, PARTS, STEPS = 3, 4, 4
Plain = dict[str, Any]


class KeyForm(ProposalForm):
    """`kind` is the kind of key asked for; `base` the key in force before, from which a change in steps begins."""

    def __init__(self, data=None, *, pool: Pool, kind: str, base: KeyVersion | None, members: list[Municipality]):
        self.pool, self.kind, self.base, self.members = pool, kind, base, members
        self.drivers = list(Driver.objects.order_by("name"))
        first = (timezone.localdate().replace(day=1) + timedelta(days=32)).replace(day=1)
        super().__init__(data, initial={"valid_from": first})
        self._add("valid_from", _day(_("In force from")))
        self._add("label", forms.CharField(label=_("Short name of the key"), max_length=60))
        getattr(self, f"_add_{kind}")()
        for member in members:
            for bound, text in (("floor", _("%(name)s at least, %%")), ("cap", _("%(name)s at most, %%"))):
                self._add(f"{bound}_{member.code}", _quantity(text % {"name": short_name(member)}))
        for number in range(STEPS if base and not base.is_on_cost else 0):
            self._add(f"step_day_{number}", _day(_("From"), required=False))
            self._add(f"step_part_{number}", _quantity(_("Part of the new key, %")))

    # What the template draws

    def member_fields(self):
        return [self[f"{self.kind}_{member.code}"] for member in self.members]

    def tiers(self):
        return [(self[f"tier_bound_{n}"], self[f"tier_rate_{n}"]) for n in range(TIERS)]

    def parts(self):
        return [(self[f"part_weight_{n}"], self[f"part_key_{n}"]) for n in range(PARTS)]

    def bounds(self):
        return [(member, self[f"floor_{member.code}"], self[f"cap_{member.code}"]) for member in self.members]

    def steps(self):
        return [(self[f"step_day_{n}"], self[f"step_part_{n}"]) for n in range(STEPS) if f"step_day_{n}" in self.fields]

    # What was asked for

    def change(self) -> Plain:
        data = self.cleaned_data
        return {
            "definition": self._definition(), "label": data["label"], "valid_from": data["valid_from"].isoformat(),
        }  # fmt: skip

    def clean_valid_from(self):
        day = self.cleaned_data["valid_from"]
        if day <= timezone.localdate():
            raise forms.ValidationError(_("A change never takes effect backwards. Choose a day that lies ahead."))
        return day

    def clean(self):
        data = super().clean() or {}
        if not self.errors:
            self._check_pairs()
        if not self.errors:
            try:
                self._check()
            except AllocationError as error:
                self.refuse(error)
        return data

    def refuse(self, error: RuleBroken) -> None:
        """Say it beside the field that it is about."""
        if not isinstance(error, AllocationError):
            self.add_error("valid_from", str(error.message))
            return
        field = self._field_of(error)
        self.add_error(field if field in self.fields else None, error.sentence(self._names()))

    def _check(self):
        """Read as a bill would read it: what could never be used, then what does not fit the last closed months."""
        definition = self._definition()
        read_key(definition)
        if self.kind == PERCENT:
            total = sum(Decimal(value) for value in self._of_members().values())
            if total != 100:
                raise AllocationError("BAD_PERCENT", found=plain_decimal(total))
        if self.kind == FIXED and len(self._of_members()) < len(self.members):
            missing = next(member.code for member in self.members if member.code not in self._of_members())
            raise AllocationError("MISSING_DRIVER", member=missing)
        simulated(self.pool.code, definition, closed_months(timezone.now()))

    def _check_pairs(self):
        """A figure without its other half is a slip, not an empty row."""
        pairs = [(f"tier_bound_{n}", f"tier_rate_{n}") for n in range(TIERS)]
        for bound, rate in pairs if self.kind == DRIVER else ():
            if self.cleaned_data[bound] is not None and self.cleaned_data[rate] is None:
                self.add_error(rate, _("Write how much the units of this tier count."))
        for n in range(PARTS if self.kind == MIX else 0):
            if bool(self.cleaned_data[f"part_key_{n}"]) != (self.cleaned_data[f"part_weight_{n}"] is not None):
                self.add_error(f"part_weight_{n}", _("A part needs both its weight and its key."))
        for day, part in self.steps():
            if bool(self.cleaned_data[day.name]) != (self.cleaned_data[part.name] is not None):
                self.add_error(part.name, _("A step needs both its day and its part."))

    def _definition(self) -> Plain:
        key = getattr(self, f"_read_{self.kind}")()
        floor, cap = (self._bounds(side) for side in ("floor", "cap"))
        if floor or cap:
            key = {"type": "bounded", "key": key, "floor": floor, "cap": cap}
        steps = list(self._steps())
        return {"type": "transition", "old": self.base.definition, "new": key, "steps": steps} if steps else key

    def _read_equal(self):
        return {"type": EQUAL}

    def _read_driver(self):
        data = self.cleaned_data
        tiers = [
            {"up_to": _text(data[f"tier_bound_{n}"]), "rate": _share(data[f"tier_rate_{n}"])}
            for n in range(TIERS)
            if data[f"tier_rate_{n}"] is not None
        ]
        return {"type": DRIVER, "driver": data["driver"]} | ({"tiers": tiers} if tiers else {})

    def _read_fixed(self):
        return {"type": FIXED, "ratio": self._of_members()}

    def _read_percent(self):
        return {"type": PERCENT, "percent": self._of_members()}

    def _read_mix(self):
        data = self.cleaned_data
        parts = [
            {"weight": _share(data[f"part_weight_{n}"]), "key": _simple(data[f"part_key_{n}"])}
            for n in range(PARTS)
            if data[f"part_key_{n}"]
        ]
        return {"type": MIX, "parts": parts, "on_zero": data["on_zero"]}

    def _of_members(self) -> dict[str, str]:
        values = {member.code: self.cleaned_data[f"{self.kind}_{member.code}"] for member in self.members}
        return {code: plain_decimal(value) for code, value in values.items() if value is not None}

    def _bounds(self, side: str) -> dict[str, str]:
        values = {member.code: self.cleaned_data[f"{side}_{member.code}"] for member in self.members}
        return {code: _share(value) for code, value in values.items() if value is not None}

    def _steps(self) -> Iterator[Plain]:
        for day, part in self.steps():
            if self.cleaned_data[day.name]:
                yield {
                    "from": self.cleaned_data[day.name].isoformat(),
                    "t": _share(self.cleaned_data[part.name]),
                }

    def _field_of(self, error: AllocationError) -> str | None:
        member = error.where.get("member")
        own = f"{self.kind}_{member}" if member else f"{self.kind}_{self.members[0].code}"
        side = "cap" if member and self.cleaned_data.get(f"cap_{member}") is not None else "floor"
        first_bound = next((name for name in self.fields if name.startswith(("floor_", "cap_"))
                            and self.cleaned_data.get(name) is not None), None)  # fmt: skip
        fields = {
            "BAD_WEIGHTS": "step_part_0" if error.reason == "step" else "part_weight_0",
            "BAD_PERCENT": own,
            "BOUNDS": f"{side}_{member}" if member else first_bound,
            "DUPLICATE": "step_day_0",
            "BAD_DATE": "valid_from", "OVERLAP": "valid_from", "GAP": "valid_from", "EMPTY": "valid_from",
            "BAD_NUMBER": own,
        }  # fmt: skip
        if error.reason == "tiers":
            return "tier_bound_0"
        if error.code in ("MISSING_DRIVER", "NEGATIVE_DRIVER", "ZERO_DRIVER"):
            return {DRIVER: "driver", MIX: self._part_of(error)}.get(self.kind, own)
        return fields.get(error.code)

    def _part_of(self, error: AllocationError) -> str:
        """The part of the mixture that reads the driver."""
        wanted = f"{DRIVER}:{error.where.get('driver')}"
        found = (n for n in range(PARTS) if self.cleaned_data.get(f"part_key_{n}") == wanted)
        return f"part_key_{next(found, 0)}"

    def _names(self):
        return {
            "pool": {self.pool.code: self.pool.name},
            "member": {member.code: member.name for member in self.members},
            "driver": {driver.code: driver.name for driver in self.drivers},
        }

    # The fields of each kind

    def _add_equal(self):
        pass

    def _add_driver(self):
        choices = [(driver.code, f"{driver.name} ({driver.unit})") for driver in self.drivers]
        self._add("driver", forms.ChoiceField(label=_("Quantity"), choices=choices))
        for n in range(TIERS):
            self._add(f"tier_bound_{n}", _quantity(_("Up to")))
            self._add(f"tier_rate_{n}", _quantity(_("counts, %")))

    def _add_fixed(self):
        for member in self.members:
            self._add(f"{FIXED}_{member.code}", _quantity(short_name(member)))

    def _add_percent(self):
        for member in self.members:
            self._add(f"{PERCENT}_{member.code}", _quantity(f"{short_name(member)}, %"))

    def _add_mix(self):
        simple = [("", "–"), (EQUAL, KINDS[EQUAL])]
        simple += [(f"{DRIVER}:{driver.code}", driver.name) for driver in self.drivers]
        for n in range(PARTS):
            self._add(f"part_weight_{n}", _quantity(_("Weight, %")))
            self._add(f"part_key_{n}", forms.ChoiceField(label=_("Key of the part"), choices=simple, required=False))
        choices = [("reject", _("refuse the calculation")), ("drop", _("let the other parts carry it"))]
        self._add("on_zero", forms.ChoiceField(label=_("When a part has no quantity at all"), choices=choices))

    def _add(self, name: str, field: forms.Field) -> None:
        self.fields[name] = field


def _quantity(label) -> QuantityField:
    field = QuantityField(label=label, required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    field.hides_optional = True  # which rows may stay empty, the page says once
    return field


def _day(label, *, required=True) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return DayField(label=label, required=required, widget=widget)


class DayField(forms.DateField):
    """A day; what is none is refused with the sentence of the allocation (BAD_DATE)."""

    def to_python(self, value) -> date | None:
        try:
            return super().to_python(value)
        except forms.ValidationError as error:
            raise forms.ValidationError(AllocationError("BAD_DATE", found=value).sentence()) from error


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain_decimal(value)


def _share(percent: Decimal) -> str:
    """30 % as "0.3"."""
    return plain_decimal(percent / 100)


def _simple(choice: str) -> Plain:
    kind, _colon, driver = choice.partition(":")
    return {"type": DRIVER, "driver": driver} if kind == DRIVER else {"type": EQUAL}
