"""What a pool gives to others as a form, without scripts: percentages, or units of a capacity, by its address."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.allocation.errors import AllocationError
from billing.forms import QuantityField
from billing.giving.proposals import check_order, simulated
from billing.keys import inputs
from billing.keys.proposals import closed_months
from billing.models import Giving, Pool
from billing.plans import plain_decimal
from municipalities.governance.forms import ProposalForm
from servicecenter.errors import RuleBroken

BASES = {Giving.Basis.PERCENT: _("Percentages"), Giving.Basis.UNITS: _("Units of a capacity")}


class GivingForm(ProposalForm):
    """`basis` is asked for by the address. Only pools that are calculated later can receive."""

    def __init__(self, data=None, *, pool: Pool, basis: str, receivers: list[Pool]):
        self.pool, self.basis, self.receivers = pool, basis, receivers
        first = (timezone.localdate().replace(day=1) + timedelta(days=32)).replace(day=1)
        super().__init__(data, initial={"valid_from": first})
        self.fields["valid_from"] = inputs.day(_("In force from"))
        if basis == Giving.Basis.UNITS:
            self.fields["capacity"] = _required(_("Capacity in all"))
            self.fields["unit"] = forms.CharField(label=_("Unit of the capacity"), max_length=40)
            self.fields["own"] = _required(_("Used by the municipalities themselves"))
            choices = [("", "–"), *((other.code, other.name) for other in receivers)]
            self.fields["idle"] = forms.ChoiceField(
                label=_("Who carries what is idle"), choices=choices, required=False
            )
        for other in receivers:
            text = other.name if basis == Giving.Basis.UNITS else f"{other.name}, %"
            self.fields[f"to_{other.code}"] = inputs.quantity(text)
        self.fields["reason"] = self.fields.pop("reason")  # last, as on the page, so that faults are told in its order

    def receiver_fields(self):
        return [self[f"to_{other.code}"] for other in self.receivers]

    def change(self) -> dict[str, Any]:
        return {
            "valid_from": self.cleaned_data["valid_from"].isoformat(), "basis": str(self.basis),
            "unit": self.cleaned_data.get("unit", ""), "gives": self._gives(),
        }  # fmt: skip

    def clean_valid_from(self):
        day = self.cleaned_data["valid_from"]
        if day <= timezone.localdate():
            raise forms.ValidationError(_("A change never takes effect backwards. Choose a day that lies ahead."))
        if day.day != 1:
            raise forms.ValidationError(_("Pools give by whole months. Choose the first day of a month."))
        return day

    def clean(self):
        data = super().clean() or {}
        for name in ("capacity", "own") if self.basis == Giving.Basis.UNITS else ():
            if name not in self.errors and data.get(name) is None:
                self.add_error(name, self.fields[name].error_messages["required"])
        if not self.errors:
            try:
                check_order(self.pool, self._gives())
                simulated(self.pool.code, self._gives(), closed_months(timezone.now()))
            except AllocationError as error:
                self.refuse(error)
        return data

    def refuse(self, error: RuleBroken) -> None:
        """Say it beside the field that it is about."""
        if not isinstance(error, AllocationError):
            self.add_error(None, str(error.message))
            return
        pools = {self.pool.code: self.pool.name} | {other.code: other.name for other in self.receivers}
        self.add_error(self._field_of(error), error.sentence({"pool": pools}))

    def _field_of(self, error: AllocationError) -> str | None:
        names = {"capacity": "capacity", "idle": "idle"}
        field = "valid_from" if error.code in ("OVERLAP", "BAD_DATE") else names.get(error.reason, "")
        field = field or f"to_{error.found}"
        if field == "capacity" and field not in self.fields:
            field = f"to_{self.receivers[0].code}"
        return field if field in self.fields else None

    def _gives(self) -> dict[str, Any]:
        data = self.cleaned_data
        given = {other.code: data[f"to_{other.code}"] for other in self.receivers}
        units = {code: plain_decimal(value) for code, value in given.items() if value}
        if self.basis == Giving.Basis.UNITS:
            capacity, own = data["capacity"], data["own"]
        else:
            capacity, own = 100, max(100 - sum(value for value in given.values() if value), 0)
        return {
            "capacity": str(capacity) if isinstance(capacity, int) else plain_decimal(capacity),
            "own": str(own) if isinstance(own, int) else plain_decimal(own),
            "units": units, "idle": data.get("idle") or None,
        }  # fmt: skip


def _required(label) -> QuantityField:
    return QuantityField(label=label, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
