"""What pools would give to each other: rows of who gives, to whom, and how many per cent of its cost.

The rows of a pool replace what it gives now; 0 % ends it. A row that is not written whole is not counted yet.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from billing.allocation.errors import AllocationError
from billing.forms import QuantityField
from billing.giving.sentences import sentence, told
from billing.models import Giving, Pool
from billing.simulator.basis import Basis

GIVER, RECEIVER, PERCENT = "giver", "til", "procent"
ROW = re.compile(rf"(?:{GIVER}|{RECEIVER}|{PERCENT})-(\d{{1,2}})")


class GivingRowsForm(forms.Form):
    """The rows of the address, and an empty one."""

    def __init__(self, asked: Mapping[str, str], *, basis: Basis):
        super().__init__({})
        self.basis, self.names = basis, {pool.code: pool.name for pool in basis.pools}
        found = sorted({int(row[1]) for name in asked if (row := ROW.fullmatch(name)) and asked.get(name)})
        written = [{kind: asked.get(f"{kind}-{row}", "") for kind in (GIVER, RECEIVER, PERCENT)} for row in found]
        self.count = len(written)
        self.data = {}
        for place, row in enumerate([*written, {}]):
            self._add_row(place, basis.pools)
            self.data |= {f"{kind}-{place}": row.get(kind, "") for kind in (GIVER, RECEIVER, PERCENT)}

    def _add_row(self, place: int, pools: list[Pool]) -> None:
        choices = [("", "–"), *((pool.code, pool.name) for pool in pools)]
        unknown = {"invalid_choice": _("There is no such pool in these months. Choose one of the list.")}
        for kind, label in ((GIVER, _("The pool that gives")), (RECEIVER, _("Gives to"))):
            self.fields[f"{kind}-{place}"] = forms.ChoiceField(
                label=label, choices=choices, required=False, error_messages=unknown
            )
            self.fields[f"{kind}-{place}"].widget.attrs["class"] = "form-select"
        self.fields[f"{PERCENT}-{place}"] = QuantityField(
            label=pgettext("what a pool gives", "Per cent"), required=False
        )
        self.fields[f"{PERCENT}-{place}"].widget.attrs |= {"class": "form-input", "inputmode": "decimal"}

    def rows(self) -> list[tuple[list[forms.BoundField], bool]]:
        """For the template: the fields of each row, and whether it is begun but not written whole."""
        return [
            ([self[f"{kind}-{place}"] for kind in (GIVER, RECEIVER, PERCENT)], self._is_begun(place))
            for place in range(self.count + 1)
        ]

    def _is_begun(self, place: int) -> bool:
        written = [bool(self.data[f"{kind}-{place}"]) for kind in (GIVER, RECEIVER, PERCENT)]
        return any(written) and not all(written)

    def now(self) -> list[str]:
        """What pools give by what is decided for the last of the months, in words."""
        end = self.basis.months[-1].period.end
        rows = [
            row for found in self.basis.givings.values() for row in found if row.valid_to is None or row.valid_to >= end
        ]
        return [f"{row.giver.name}: {told(row, self.names)}" for row in rows]

    def clean(self):
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        seen: set[tuple[str, str]] = set()
        sums: dict[str, Fraction] = {}
        for place, giver, receiver, percent in self._counted():
            if giver == receiver:
                self.add_error(f"{RECEIVER}-{place}", _("A pool cannot give to itself. Choose another."))
            elif (giver, receiver) in seen:
                self.add_error(f"{RECEIVER}-{place}", _("This pair stands twice. Write it in one row."))
            seen.add((giver, receiver))
            sums[giver] = sums.get(giver, Fraction(0)) + percent
            if sums[giver] > 100 and sums[giver] - percent <= 100:
                refused = AllocationError("NEGATIVE_DRIVER", "capacity", found="100 %", pool=giver)
                self.add_error(f"{PERCENT}-{place}", refused.sentence({"pool": self.names}))
        return cleaned

    def _counted(self) -> list[tuple[int, str, str, Fraction]]:
        """The rows that are written whole: place, giver, receiver, per cent."""
        values = [
            (place, *(self.cleaned_data.get(f"{kind}-{place}") for kind in (GIVER, RECEIVER, PERCENT)))
            for place in range(self.count)
        ]
        return [
            (place, giver, to, Fraction(part)) for place, giver, to, part in values if giver and to and part is not None
        ]

    def gives(self) -> dict[str, dict[str, Any]]:
        """Giver → what it gives, as billing.allocation.givings reads it."""
        units: dict[str, dict[str, Fraction]] = {}
        for _place, giver, receiver, percent in self._counted():
            units.setdefault(giver, {})
            if percent:
                units[giver][receiver] = percent
        return {giver: _percents(table) for giver, table in units.items()}

    def sentences(self) -> list[str]:
        """One for each pool that would give, in words."""
        return [
            f"{self.names[giver]}: {sentence(gives, Giving.Basis.PERCENT, '', self.names)}"
            for giver, gives in self.gives().items()
        ]

    def asked(self) -> dict[str, str]:
        """The rows that say something, numbered anew."""
        return {name: str(value) for name, value in self.data.items() if value}

    def refuse(self, error: AllocationError) -> bool:
        """Say it beside the first row of the pool, or one of the pools, that it is about; False when none is."""
        about = str(error.where.get("pool", "")).split(", ")
        for place, giver, _receiver, _percent in self._counted():
            if giver in about:
                self.add_error(f"{PERCENT}-{place}", self.said(error))
                return True
        return False

    def said(self, error: AllocationError) -> str:
        """The sentence, with the names of pools, also of several."""
        about = str(error.where.get("pool", ""))
        joined = ", ".join(self.names.get(code, code) for code in about.split(", "))
        return error.sentence({"pool": {**self.names, about: joined}})


def _percents(units: dict[str, Fraction]) -> dict[str, Any]:
    return {"capacity": "100", "own": 100 - sum(units.values(), Fraction(0)), "units": units, "idle": None}
