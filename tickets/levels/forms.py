"""What is chosen and typed on the service level pages."""

from datetime import date
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from municipalities.governance.forms import ProposalForm
from municipalities.models import Municipality
from servicecenter.ui import formats
from servicecenter.ui.looks import PRIORITIES
from tickets.levels.calendar_months import months_between, months_on
from tickets.levels.models import LevelKind
from tickets.levels.reading import KINDS, Wanted
from tickets.models import Service

CHOOSABLE_MONTHS = 13


def as_month(text: str) -> date:
    """2026-10 as the first day of that month. Raises ValueError."""
    return date.fromisoformat(f"{text}-01")


class LevelFilter(forms.Form):
    """The filters in the address; nonsense falls back to everything, and to the last whole month."""

    maaned = forms.TypedChoiceField(label=_("Month"), coerce=as_month, required=False)
    ur = forms.ChoiceField(
        label=_("Promise"), choices=[(kind, LevelKind(kind).label) for kind in KINDS], required=False
    )
    kommune = forms.ChoiceField(label=_("Municipality"), required=False)
    service = forms.ChoiceField(label=_("System"), required=False)
    prioritet = forms.TypedChoiceField(
        label=_("Priority"), coerce=int, required=False, empty_value=None,
        choices=[("", _("All")), *((number, f"P{number} {name}") for number, name in PRIORITIES.items())],
    )  # fmt: skip

    def __init__(self, data, *, this_month: date):
        self.last_month = months_on(this_month, -1)
        self.members = list(Municipality.objects.members())
        self.services = list(Service.objects.all())
        given = data.copy()
        given.setdefault("maaned", f"{self.last_month:%Y-%m}")
        given.setdefault("ur", LevelKind.RESOLUTION)
        super().__init__(given)
        months = months_between(months_on(this_month, -CHOOSABLE_MONTHS), this_month)
        self.fields["maaned"].choices = [(f"{month:%Y-%m}", formats.month(month)) for month in reversed(list(months))]
        everything = [("", _("All"))]
        self.fields["kommune"].choices = everything + [
            (member.slug, member.name.removesuffix(" Kommune")) for member in self.members
        ]
        self.fields["service"].choices = everything + [(service.code, service.name) for service in self.services]

    @property
    def wanted(self) -> Wanted:
        self.is_valid()
        chosen = self.cleaned_data
        members, services = ({row.slug: row for row in self.members}, {row.code: row for row in self.services})
        return Wanted(
            month=chosen.get("maaned") or self.last_month,
            kind=chosen.get("ur") or LevelKind.RESOLUTION,
            municipality=members.get(chosen.get("kommune", "")),
            service=services.get(chosen.get("service", "")),
            priority=chosen.get("prioritet"),
        )


class MarginForm(ProposalForm):
    points = forms.DecimalField(
        label=_("Percentage points"),
        min_value=Decimal("0.1"),
        max_value=50,
        decimal_places=1,
        localize=True,
        error_messages=dict.fromkeys(("required", "invalid"), _("Write the percentage points as a number, like 2.5.")),
    )
    valid_from = forms.CharField(
        label=_("Counts from the month"), help_text=_("Year and month, for example 2026-12."), max_length=7,
        error_messages={"required": _("Write the month as year and month, for example 2026-12.")},
    )  # fmt: skip
    field_order = ("points", "valid_from", "reason")

    def clean_valid_from(self) -> date:
        try:
            return as_month(self.cleaned_data["valid_from"])
        except ValueError as error:
            raise forms.ValidationError(_("Write the month as year and month, for example 2026-12.")) from error

    @property
    def month(self) -> date:
        return self.cleaned_data["valid_from"]

    @property
    def points_wanted(self) -> Decimal:
        return self.cleaned_data["points"]

    def change(self) -> dict[str, str]:
        return {"points": str(self.points_wanted), "valid_from": self.month.isoformat()}
