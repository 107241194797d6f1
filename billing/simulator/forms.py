"""The scenario as a form whose address is the scenario: nothing is stored, so every field stands in the query string.

Per pool: the key; for two keys mixed, the parts and the weight of the first; for an agreed ratio, its numbers in order
of municipality code; for any other key, the fields that a proposal of it would have; and bounds, for everybody or for
one. Then the rows of what pools give to each other. Empty fields mean "as now" and leave the address.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from billing.allocation.errors import AllocationError
from billing.forms import QuantityField
from billing.keys.fields import chosen
from billing.keys.nodes import KeyNode, Terms
from billing.models import Driver, Period, Pool
from billing.parties import short_name
from billing.simulator import basis as bases
from billing.simulator.basis import Basis
from billing.simulator.choices import Listed, QuickSelect
from billing.simulator.giving_rows import GivingRowsForm
from billing.simulator.joining import Joining, free_code
from billing.simulator.scenario import Choice, Definition
from municipalities.models import Municipality
from servicecenter.ui import formats

EQUAL, MIX, RATIO, COST, ANY, DRIVER = "lige", "blanding", "forhold", "udgift", "fri", "m."
HALF = 50
RATIO_PARTS = re.compile(r"[\s:;/]+")
PERIOD, JOINING = "periode", "ny"


class PeriodForm(forms.Form):
    """Which months: one, or those of a year that are calculated."""

    def __init__(self, data: QueryDict, *, offered: list[Period]):
        super().__init__({PERIOD: data.get(PERIOD) or offered[0].code})
        self.offered = offered
        years = sorted({period.month.year for period in offered}, reverse=True)
        self.by_choice = {str(year): [p for p in offered if p.month.year == year] for year in years}
        self.by_choice = {year: periods for year, periods in self.by_choice.items() if len(periods) > 1}
        choices = [(year, _year_label(year, len(periods))) for year, periods in self.by_choice.items()]
        for period in offered:
            self.by_choice[period.code] = [period]
            choices.append((period.code, formats.month(period.month)))
        unknown = {"invalid_choice": _("This month cannot be simulated. Choose another.")}
        self.fields[PERIOD] = forms.ChoiceField(label=_("Months"), choices=choices, error_messages=unknown)
        self.fields[PERIOD].widget.attrs = {"class": "form-select"}

    def chosen(self) -> list[Period]:
        """The months asked for; the newest when nothing, or something else, was asked for."""
        wanted = self.cleaned_data.get(PERIOD) if self.is_valid() else ""
        return self.by_choice.get(wanted or "", [self.offered[0]])


def _year_label(year: str, months: int) -> str:
    return _("%(year)s (%(count)s months)") % {"year": year, "count": months}


class JoiningForm(forms.Form):
    """A municipality that might join: its name, and at least one quantity; the others are estimated."""

    ny = forms.CharField(max_length=40, required=False)

    def __init__(self, *args, drivers: Iterable[Driver], municipalities: dict[str, Municipality], **kwargs):
        super().__init__(*args, **kwargs)
        self.drivers, self.municipalities = list(drivers), municipalities
        self.fields[JOINING].label = _("Name of the municipality")
        self.fields[JOINING].widget.attrs["autocomplete"] = "off"
        for driver in self.drivers:
            label = f"{driver.name} ({driver.unit})" if driver.unit.lower() != driver.name.lower() else driver.name
            self.fields[f"{JOINING}-{driver.code}"] = QuantityField(label=label, required=False)
        for known in self.fields.values():
            known.widget.attrs["class"] = "form-input"

    def rows(self):
        return [self[f"{JOINING}-{driver.code}"] for driver in self.drivers]

    def clean(self):
        cleaned = super().clean() or {}
        if cleaned.get(JOINING) and not self._given(cleaned) and not self.errors:
            self.add_error(JOINING, _("Write at least one quantity of the municipality, for example its inhabitants."))
        if not cleaned.get(JOINING) and self._given(cleaned):
            self.add_error(JOINING, _("Write the name of the municipality that would join."))
        return cleaned

    def _given(self, cleaned) -> dict[str, Fraction]:
        values = {driver.code: cleaned.get(f"{JOINING}-{driver.code}") for driver in self.drivers}
        return {code: Fraction(value) for code, value in values.items() if value}

    def joining(self) -> Joining | None:
        if not self.is_valid() or not self.cleaned_data[JOINING]:
            return None
        name = self.cleaned_data[JOINING]
        known = {short_name(owner).lower(): code for code, owner in self.municipalities.items()}
        code = known.get(name.lower().removesuffix(" kommune")) or free_code(self.municipalities)
        return Joining(code, name, self._given(self.cleaned_data))


class PoolForm(forms.Form):
    """What is asked for one pool; its fields end in the pool's code."""

    def __init__(
        self, *args, pool: Pool, basis: Basis, place: int, names: dict[str, str], everybody: Listed, **kwargs
    ):  # fmt: skip
        super().__init__(*args, **kwargs)
        self.pool, self.basis, self.names = pool, basis, names
        self.members = [code for code, _name in everybody.rows if code]
        self.version = basis.newest(pool.code)
        drivers = [(f"{DRIVER}{driver.code}", driver.name) for driver in basis.drivers]
        parts = Listed([(EQUAL, _("Equal shares")), *drivers])
        keys = [("", self.key_now), *parts, (MIX, _("Two keys mixed")), (RATIO, _("Agreed ratio"))]
        if place:
            keys.append((COST, _("The cost of the pools before")))
        keys.append((ANY, _("Any key: tiers, percentages, steps …")))
        now = mixed(self.version.definition) if self.version else None
        first, second, weight = now or (EQUAL, drivers[0][0] if drivers else EQUAL, HALF)
        self._add("noegle", _list(pool.name, Listed(keys)))
        self._add("del", _list(_("First key"), parts, initial=first))
        self._add("rest", _list(_("The rest follows"), parts, initial=second))
        self._add("vaegt", self._weight(weight))
        self._add("forhold", forms.CharField(label=_("Ratio"), max_length=400, required=False))
        for bound, label in (("gulv", _("At least, %")), ("loft", _("At most, %"))):
            self._add(bound, QuantityField(label=label, required=False))
        self._add("hvem", _list(_("For"), everybody))
        asked = self.data
        self.own = list(self.fields)
        self.key = self._any_key(asked)
        written = self.key.terms.source if self.key else asked
        self.data = {
            name: (asked if name in self.own else written).get(name) or known.initial or ""
            for name, known in self.fields.items()
        }

    def _any_key(self, asked) -> KeyNode | None:
        """The fields of a key of any kind, when that is asked for. They begin with the pool's own key."""
        if asked.get(f"noegle-{self.pool.code}") != ANY:
            return None
        name = f"{ANY}-{self.pool.code}"
        if not asked.get(name):
            own = self.version.definition if self.version and not self.version.is_on_cost else {"type": "equal"}
            asked = chosen(name, own)
        members = [(code, self.names[code]) for code in self.members]
        drivers = [(driver.code, driver.name) for driver in self.basis.drivers]
        key = KeyNode(self, Terms(members, drivers, asked))
        key.add_child(name, _("Kind of key"))
        self.fields[name].widget.attrs["class"] = "form-select"
        return key

    def any_key(self):
        """For the template: the list of kinds, and the fields of the chosen one."""
        return self.key and self.key.with_child(f"{ANY}-{self.pool.code}")

    def nodes(self) -> list[KeyNode]:
        """The keys that have fields of their own, the innermost first."""
        return [node for node in self.key.deepest_first() if node is not self.key] if self.key else []

    def _add(self, name: str, added: forms.Field) -> None:
        self.fields[f"{name}-{self.pool.code}"] = added
        look = "form-select" if isinstance(added, forms.ChoiceField) else "form-input"
        added.widget.attrs.setdefault("class", "sd-range" if "data-echo" in added.widget.attrs else look)

    @staticmethod
    def _weight(initial: int) -> forms.Field:
        widget = forms.NumberInput(attrs={"type": "range", "step": "1", "data-echo": ""})
        message = _("Write a whole number from 0 to 100.")
        return forms.IntegerField(
            label=_("Weight on the first key"), min_value=0, max_value=100, required=False, initial=initial,
            widget=widget, error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), message),
        )  # fmt: skip

    @property
    def key_now(self) -> str:
        return _("As now: %(key)s") % {"key": self.version.label} if self.version else _("As now")

    def field(self, name: str):
        return self[f"{name}-{self.pool.code}"]

    def named_fields(self) -> dict[str, forms.BoundField]:
        """For the template: the bound fields by their name without the pool."""
        return {name.split("-")[0]: self[name] for name in self.own}

    def value(self, name: str):
        return self.cleaned_data.get(f"{name}-{self.pool.code}")

    @property
    def is_mix(self) -> bool:
        return self.field("noegle").value() == MIX

    @property
    def is_ratio(self) -> bool:
        return self.field("noegle").value() == RATIO

    @property
    def is_changed(self) -> bool:
        return bool(self.field("noegle").value()) or self.shows_bounds

    @property
    def shows_bounds(self) -> bool:
        return any(self.field(name).value() for name in ("gulv", "loft"))

    def bounds(self):
        return [self.field(name) for name in ("gulv", "loft", "hvem")]

    @property
    def monthly_ore(self) -> int:
        """What the pool had to share, per month of the basis."""
        return self.basis.total_ore(self.pool.code) // len(self.basis.months)

    def clean(self):
        cleaned = super().clean() or {}
        for bound in ("gulv", "loft"):
            if (self.value(bound) or 0) > 100:
                self.add_error(f"{bound}-{self.pool.code}", _("A share is at most 100 %."))
        if self.value("noegle") == RATIO:
            self._read_ratio()
        if not self.errors:
            for node in self.nodes():
                node.check_fields()
        if not self.errors:
            self._check_nodes()
        return cleaned

    def _check_nodes(self) -> None:
        for node in self.nodes():
            try:
                node.check()
            except AllocationError as error:
                node.refuse(error, {"member": self.names})
                return

    def _read_ratio(self) -> None:
        texts = [text for text in RATIO_PARTS.split(self.value("forhold") or "") if text]
        field = f"forhold-{self.pool.code}"
        if len(texts) != len(self.members):
            message = _("Write %(count)s numbers with a colon between them, in the order %(names)s.")
            names = ", ".join(self.names[code] for code in self.members)
            self.add_error(field, message % {"count": len(self.members), "names": names})
            return
        try:
            self.ratio = [Fraction(QuantityField().clean(text)) for text in texts]
        except forms.ValidationError as error:
            self.add_error(field, error)
            return
        if not any(self.ratio):
            self.add_error(field, _("At least one number is more than zero."))

    @property
    def ratio_hint(self) -> str:
        return " : ".join(self.names[code] for code in self.members)

    def choice(self) -> Choice:
        return Choice(self._definition(), self._bound("gulv"), self._bound("loft"))

    def _definition(self) -> Definition | None:
        kind = self.value("noegle")
        if not kind:
            return None
        readers = {RATIO: self._ratio, COST: lambda: {"type": "on_cost"}, ANY: self._any, MIX: self._mix}
        return readers[kind]() if kind in readers else part_of(kind)

    def _ratio(self) -> Definition:
        return {"type": "fixed", "ratio": dict(zip(self.members, self.ratio, strict=True))}

    def _any(self) -> Definition | None:
        return self.key and self.key.child(f"{ANY}-{self.pool.code}")

    def _mix(self) -> Definition:
        weight = Fraction(HALF if self.value("vaegt") is None else self.value("vaegt"), 100)
        first, rest = (part_of(self.value(name) or self.field(name).initial) for name in ("del", "rest"))
        return {"type": "mix", "parts": [{"weight": weight, "key": first}, {"weight": 1 - weight, "key": rest}]}

    def _bound(self, name: str) -> dict[str, Fraction]:
        percent = self.value(name)
        if percent is None:
            return {}
        who = self.value("hvem")
        return dict.fromkeys([who] if who else self.members, Fraction(percent) / 100)

    def asked(self) -> dict[str, str]:
        """The fields that say something, as they were written."""
        wanted = ["noegle"] if self.value("noegle") else []
        wanted += ["del", "rest", "vaegt"] if self.is_mix else []
        wanted += ["forhold"] if self.value("noegle") == RATIO else []
        bounds = [name for name in ("gulv", "loft") if self.value(name) is not None]
        wanted += [*bounds, "hvem"] if bounds else []
        names = [f"{name}-{self.pool.code}" for name in wanted] + [n for n in self.fields if n not in self.own]
        return {name: str(self.data[name]) for name in names if self.data.get(name)}

    def fault(self, sentence: str, *, is_about_bounds: bool) -> None:
        """A refusal of the allocation, beside the field that can mend it."""
        self.add_error(f"{'gulv' if is_about_bounds else 'noegle'}-{self.pool.code}", sentence)


def _carriers(basis: Basis, names: dict[str, str]) -> list[tuple[str, str]]:
    """Code and name of those who carry something in these months, and of whoever joins."""
    joins = basis.joining.code if basis.joining else ""
    return [(code, name) for code, name in names.items() if code in basis.participants or code == joins]


def _list(label, choices: Listed, **options) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=False, widget=QuickSelect, **options)


def part_of(kind: str) -> Definition:
    """A key without others inside, by the name it has in an address."""
    return {"type": "equal"} if kind == EQUAL else {"type": "driver", "driver": kind.removeprefix(DRIVER)}


def mixed(definition: dict) -> tuple[str, str, int] | None:
    """A mixture of two simple keys as (first, rest, weight in per cent); None for every other key."""
    parts = definition.get("parts", ())
    if definition.get("type") != "mix" or len(parts) != 2:
        return None
    first, rest = (_name_of(part["key"]) for part in parts)
    weight = Fraction(str(parts[0]["weight"])) * 100
    return (first, rest, int(weight)) if first and rest and weight.denominator == 1 else None


def _name_of(key: dict) -> str:
    if key.get("type") == "equal":
        return EQUAL
    return f"{DRIVER}{key['driver']}" if key.get("type") == "driver" and not key.get("tiers") else ""


@dataclass
class ScenarioForms:
    """All forms of the page, over the months they ask for."""

    data: QueryDict
    period: PeriodForm
    joining: JoiningForm
    basis: Basis
    names: dict[str, str] = field(init=False)
    pools: list[PoolForm] = field(init=False)
    giving: GivingRowsForm = field(init=False)

    def __post_init__(self) -> None:
        self.names = names_of(self.basis)
        everybody = Listed([("", _("Everybody")), *_carriers(self.basis, self.names)])
        self.pools = [
            PoolForm(self.data, pool=pool, basis=self.basis, place=place, names=self.names, everybody=everybody)
            for place, pool in enumerate(self.basis.pools)
        ]
        self.giving = GivingRowsForm(self.data, basis=self.basis)

    @classmethod
    def read(cls, data: QueryDict) -> "ScenarioForms | None":
        """The forms as the address fills them; None when there is no month to simulate."""
        owners = list(Municipality.objects.order_by("code"))
        offered = bases.offered_periods(owners)
        if not offered:
            return None
        drivers = list(Driver.objects.order_by("code"))
        members = {owner.code: owner for owner in owners if owner.kind == Municipality.Kind.MUNICIPALITY}
        period = PeriodForm(data, offered=offered)
        joining = JoiningForm(data, drivers=drivers, municipalities=members)
        basis = bases.read(period.chosen(), drivers=drivers, members=members, joining=joining.joining())
        return cls(data, period, joining, basis)

    @property
    def all(self) -> list[forms.Form]:
        return [self.period, self.joining, *self.pools, self.giving]

    def are_valid(self) -> bool:
        checked = [form.is_valid() for form in self.all]  # every one of them, so that all faults are told at once
        return all(checked)

    def choices(self) -> dict[str, Choice]:
        gives = self.giving.gives()
        return {form.pool.code: replace(form.choice(), gives=gives.get(form.pool.code)) for form in self.pools}

    def changed(self) -> list[PoolForm]:
        return [form for form in self.pools if form.choice().changes]

    def asked(self) -> dict[str, str]:
        """The fields that say something, as they were written: the same scenario in the fewest words."""
        asked = {PERIOD: str(self.data[PERIOD])} if self.data.get(PERIOD) else {}
        for form in self.pools:
            asked |= form.asked()
        asked |= self.giving.asked()
        joining = [JOINING, *(f"{JOINING}-{driver.code}" for driver in self.joining.drivers)]
        asked |= {name: str(self.data[name]) for name in joining if self.data.get(name)}
        return asked


def names_of(basis: Basis) -> dict[str, str]:
    """Municipality code → short name, in order of code, with whoever joins."""
    names = {code: short_name(owner) for code, owner in basis.municipalities.items()}
    if basis.joining:
        names.setdefault(basis.joining.code, basis.joining.name)
    return dict(sorted(names.items()))
