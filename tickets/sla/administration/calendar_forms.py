"""The new version of a calendar as a form: each day's hours in a line, holidays by the rule, closing days in rows.

What the law of the clocks refuses is said beside the field where it stands.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from django import forms
from django.utils import dates
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from municipalities.governance.forms import ProposalForm
from municipalities.models import Municipality
from servicecenter.ui import formats
from tickets.sla.administration import hours_text
from tickets.sla.administration.calendar_proposals import candidate
from tickets.sla.administration.twelve_months import named_holidays
from tickets.sla.calendar import Calendar as Hours
from tickets.sla.calendar_rules import DEFAULT_ZONE, WEEKDAYS, read_zone
from tickets.sla.errors import SlaError
from tickets.sla.instants import to_date
from tickets.sla.models import Calendar, CalendarVersion

DAY_NAMES = dict(zip(WEEKDAYS, dates.WEEKDAYS.values(), strict=True))  # Django's own words for them
EMPTY_ROWS = 4


class DayField(forms.DateField):
    """A local day; what is none is refused with the sentence of the law (BAD_TIME)."""

    def __init__(self, **kwargs):
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)

    def to_python(self, value):
        try:
            day = super().to_python(value)
            return day and to_date(day.isoformat())
        except (forms.ValidationError, SlaError) as error:
            raise forms.ValidationError(SlaError("BAD_TIME", reason="date", value=value).message) from error


class HoursField(forms.CharField):
    """A day's opening hours. Refuses with the sentence of the law, so that nothing unreadable is ever stored."""

    hides_optional = True  # empty means closed, which the page says once

    def __init__(self, **kwargs):
        super().__init__(required=False, max_length=80, **kwargs)

    def clean(self, value):
        text = super().clean(value) or ""
        try:
            hours = hours_text.read(text)
            Hours.parse({"versions": [{"valid_from": "2000-01-01", "weekly": {"mon": hours}}]})
        except SlaError as error:
            error.where["value"] = text.strip()  # as it was typed, not as it was read
            raise forms.ValidationError(error.message) from error
        return hours


class CalendarForm(forms.Form):
    """A joint calendar, or one with closing days of one municipality; without a version it counts nowhere."""

    name = forms.CharField(label=_("Name"), max_length=80)
    code = forms.SlugField(
        label=_("Short code"), max_length=50, help_text=_("Small letters, digits and hyphens. Agreements name it.")
    )
    for_municipality = forms.ModelChoiceField(
        Municipality.objects.none(),
        label=_("Closing days of"),
        required=False,
        empty_label=_("All municipalities"),
        help_text=_("A calendar of one municipality concerns only that one, which then decides alone."),
    )
    timezone = forms.CharField(label=_("Time zone"), max_length=60, initial=DEFAULT_ZONE)

    def __init__(self, *args, municipalities, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["for_municipality"].queryset = municipalities

    def clean_timezone(self):
        try:
            return read_zone(self.cleaned_data["timezone"]).key
        except SlaError as error:
            raise forms.ValidationError(error.message) from error

    def clean_code(self):
        code = self.cleaned_data["code"]
        if code == "ny" or Calendar.objects.filter(code=code).exists():
            raise forms.ValidationError(_("“%(code)s” is taken. Choose another.") % {"code": code})
        return code


class ClosingDayForm(forms.Form):
    """A day with hours of its own; no hours: closed all day."""

    day = DayField(label=_("Day"), required=False)
    hours = HoursField(label=_("Open (empty: closed)"))
    is_removed = forms.BooleanField(label=_("Remove"), required=False)


ClosingDays = forms.formset_factory(ClosingDayForm, extra=EMPTY_ROWS, max_num=200, absolute_max=400)


class CalendarVersionForm(ProposalForm):
    """`base` is the version in force before; days beyond next year keep what it says of them."""

    def __init__(self, data=None, *, calendar: Calendar, base: CalendarVersion | None, today: date):
        self.calendar, self.base, self.today = calendar, base, today
        self.holidays = dict(self._holidays())
        super().__init__(data, initial=self._initial())
        self.days = ClosingDays(data, prefix="days", initial=list(self._rows()))
        self.fields["valid_from"] = DayField(
            label=_("In force from"),
            help_text=_("At midnight of this day, at the earliest tomorrow."),
        )
        for day in WEEKDAYS:
            self.fields[day] = HoursField(label=capfirst(DAY_NAMES[day]))
        self.fields["holidays"] = forms.TypedMultipleChoiceField(
            label=_("Public holidays on which it is closed"),
            help_text=_("Proposed by the rule for Denmark. Leave out those on which the desk is open."),
            choices=[(day.isoformat(), self._holiday_name(day)) for day in self.holidays],
            coerce=date.fromisoformat, required=False, widget=forms.CheckboxSelectMultiple,
        )  # fmt: skip
        self.order_fields(["valid_from", *WEEKDAYS, "holidays", "reason"])

    @property
    def end(self) -> date:
        """Up to this day, not included, holidays and closing days are shown."""
        return date(self.today.year + 2, 1, 1)

    def is_valid(self):
        return super().is_valid() & self.days.is_valid() & self._makes_a_calendar()

    def weekdays(self):
        return [self[day] for day in WEEKDAYS]

    def change(self) -> dict:
        """The version in plain form."""
        data = self.cleaned_data
        kept = [day for day in (self.base.holidays if self.base else []) if not self.today < day < self.end]
        own = [day for day in (self.base.holidays if self.base else []) if self._is_own(day)]
        exceptions = {text: hours for text, hours in self._exceptions() if not self._is_shown(text)}
        for row in self.days.cleaned_data:
            if row.get("day") and not row["is_removed"]:
                exceptions[row["day"].isoformat()] = row["hours"]
        return {
            "valid_from": data["valid_from"].isoformat(),
            "weekly": {day: data[day] for day in WEEKDAYS if data[day]},
            "holidays": sorted({day.isoformat() for day in (*kept, *own, *data["holidays"])}),
            "exceptions": dict(sorted(exceptions.items())),
        }

    def clean_valid_from(self):
        day = self.cleaned_data["valid_from"]
        if day <= self.today:
            raise forms.ValidationError(_("A change never takes effect backwards. Choose a day that lies ahead."))
        return day

    def refuse(self, error: SlaError) -> None:
        """Put a refusal of the whole calendar beside the field that it is about."""
        fields = {"OVERLAP": "valid_from", "BAD_TIME": "valid_from", "NO_OPENING": "mon", "BAD_INTERVAL": "mon"}
        self.add_error(fields.get(error.code, "valid_from"), error.message)

    def _makes_a_calendar(self):
        """Whole, with the versions there are: two of one day, or nothing open for 400 days."""
        if not self.is_bound or self.errors or any(self.days.errors):
            return False
        try:
            candidate(self.calendar, self.change())
        except SlaError as error:
            self.refuse(error)
            return False
        return True

    def _initial(self):
        weekly = self.base.weekly if self.base else {}
        known = set(self.base.holidays) if self.base else set()
        years = {day.year for day in known}
        chosen = [day for day in self.holidays if day in known or day.year not in years]
        first = (self.today.replace(day=1) + timedelta(days=32)).replace(day=1)
        return {
            **{day: hours_text.write(weekly.get(day, [])) for day in WEEKDAYS},
            "valid_from": first,
            "holidays": [day.isoformat() for day in chosen],
        }

    def _holidays(self) -> Iterator[tuple[date, str]]:
        for year in (self.today.year, self.today.year + 1):
            for day, name in named_holidays(year, get_language() or "da").items():
                if day > self.today:
                    yield day, name

    def _holiday_name(self, day):
        return f"{self.holidays[day]}, {formats.weekday(day)} {day.year}"

    def _is_own(self, day: date) -> bool:
        """A day of the base that the rule for Denmark does not propose; it stays."""
        return self.today < day < self.end and day not in self.holidays

    def _exceptions(self):
        return self.base.exceptions.items() if self.base else ()

    def _is_shown(self, text: str) -> bool:
        return self.today < date.fromisoformat(text) < self.end

    def _rows(self):
        for text, hours in sorted(self._exceptions()):
            if self._is_shown(text):
                yield {"day": text, "hours": hours_text.write(hours)}
