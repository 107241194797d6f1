"""Forms of the year: the budget as a sheet of pools and months, its sharing, and who takes part."""

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.csv_lines import BadCell, amount_ore
from billing.models import Budget, Contract, Pool, Run
from municipalities.models import Municipality
from servicecenter.ui import formats

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AmountField(forms.CharField):
    """Kroner as the reader's language writes them, read as whole øre. Empty is no amount."""

    def to_python(self, value):
        text = (super().to_python(value) or "").replace("\N{NO-BREAK SPACE}", "")
        if not text:
            return None
        danish = text if formats.is_danish() else text.translate(str.maketrans(",.", ".,"))
        try:
            return amount_ore(danish)
        except BadCell:
            example = formats.amount(123_456)
            message = _("“%(found)s” is not an amount. Write it like %(example)s.")
            raise forms.ValidationError(message, params={"found": text[:40], "example": example}) from None

    def validate(self, value):
        if self.required and value is None:
            raise forms.ValidationError(self.error_messages["required"])

    def run_validators(self, value):
        return


class BudgetForm(forms.Form):
    """One field per pool and month; an empty field is left as it is."""

    def __init__(self, *args, year, **kwargs):
        super().__init__(*args, **kwargs)
        self.months = [date(year, number, 1) for number in range(1, 13)]
        self.pools = list(Pool.objects.all())
        self.known = {(row.pool_id, row.month): row.amount_ore for row in Budget.objects.filter(month__year=year)}
        for pool in self.pools:
            for month in self.months:
                known = self.known.get((pool.pk, month))
                label = f"{pool.name}, {formats.month(month)}"
                self.fields[self._name(pool, month)] = AmountField(
                    label=label, required=False, initial="" if known is None else formats.amount(known),
                    widget=forms.TextInput(
                        attrs={"class": "form-input input-width-s", "inputmode": "decimal", "aria-label": label}
                    ),
                )  # fmt: skip

    @staticmethod
    def _name(pool, month):
        return f"{pool.code}_{month:%m}"

    def rows(self):
        """(pool, its fields, its sum in øre) for each pool."""
        for pool in self.pools:
            sums = [self.known.get((pool.pk, month)) or 0 for month in self.months]
            yield pool, [self[self._name(pool, month)] for month in self.months], sum(sums)

    @property
    def total_ore(self):
        return sum(self.known.values())

    def amounts(self):
        """(pool, month) → øre of what was written."""
        written = {
            (pool, month): self.cleaned_data[self._name(pool, month)] for pool in self.pools for month in self.months
        }
        return {where: amount for where, amount in written.items() if amount is not None}


class BudgetFixForm(forms.Form):
    basis = forms.ModelChoiceField(
        Run.objects.none(),
        label=_("Share it as the cost of this month was shared"),
        help_text=_("Keys and quantities of the month become the key of the budget."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["basis"].queryset = (
            Run.objects.filter(is_current=True).select_related("period").order_by("-period__month")
        )
        self.fields["basis"].label_from_instance = lambda run: formats.month(run.period.month)


class JoinForm(forms.Form):
    municipality = forms.ModelChoiceField(Municipality.objects.members(), label=_("Municipality"))
    pools = forms.ModelMultipleChoiceField(
        Pool.objects.filter(is_direct=False), label=_("Pools"), widget=forms.CheckboxSelectMultiple
    )
    on = forms.DateField(label=_("From and with"), widget=DATE)


class LeaveForm(forms.Form):
    municipality = forms.ModelChoiceField(Municipality.objects.members(), label=_("Municipality"))
    on = forms.DateField(label=_("First day without"), widget=DATE)


class ContractForm(forms.ModelForm):
    monthly_ore = AmountField(label=_("Cost a month, DKK"))

    class Meta:
        model = Contract
        fields = ["number", "vendor", "name", "pool", "monthly_ore", "valid_to", "notice_months"]
        widgets = {"valid_to": DATE}
        help_texts = {"valid_to": _("Empty when it runs until it is ended.")}
