"""The new version of an agreement as a form: targets in a table, calendars by name, pauses as ticks.

What the law of the clocks refuses is said beside the field where it stands, and nothing is stored.
"""

from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from municipalities.governance.forms import ProposalForm
from municipalities.models import Municipality
from tickets.models import Queue, Service, Vendor
from tickets.sla.administration.agreement_proposals import check_terms, usable_calendars
from tickets.sla.administration.agreement_words import read_target, write_target
from tickets.sla.administration.calendar_forms import DayField
from tickets.sla.administration.words import CLOCK_NAMES, STATE_NAMES
from tickets.sla.agreement import PERCENTS
from tickets.sla.errors import MESSAGES, SlaError
from tickets.sla.models import Agreement, AgreementVersion
from tickets.sla.priority import PRIORITIES
from tickets.sla.states import PAUSABLE, TIMERS
from tickets.sla.terms import rulebook


class TargetField(forms.CharField):
    """Whole minutes or hours; empty promises nothing."""

    def __init__(self, label):
        attrs = {"class": "sd-target", "aria-label": label, "size": 7}
        super().__init__(required=False, max_length=20, label=label, widget=forms.TextInput(attrs=attrs))

    def clean(self, value):
        try:
            return read_target(super().clean(value) or "")
        except SlaError as error:
            raise forms.ValidationError(error.message) from error


class PercentsField(forms.CharField):
    """ "50, 75, 90" as whole percents."""

    def clean(self, value):
        percents = []
        for part in (super().clean(value) or "").replace("%", " ").replace(",", " ").split():
            if not (part.isascii() and part.isdecimal() and int(part) in PERCENTS):
                raise forms.ValidationError(SlaError("BAD_TARGET", reason="percent", value=part).message)
            percents.append(int(part))
        return sorted(set(percents))


class CalendarField(forms.ChoiceField):
    def __init__(self, label, choices, *, required=True):
        empty = [("", "–")]
        super().__init__(
            label=label, choices=empty + choices, required=required,
            widget=forms.Select(attrs={"class": "form-select sd-calendar-choice", "aria-label": label}),
        )  # fmt: skip

    def validate(self, value):
        if value and not self.valid_value(value):
            raise forms.ValidationError(SlaError("UNKNOWN_CALENDAR", value=value).message)
        super().validate(value)


class AgreementForm(forms.Form):
    """A name to hang versions on, for one service or municipality, both or neither; the most special one counts."""

    name = forms.CharField(label=_("Name"), max_length=80)
    code = forms.SlugField(label=_("Short code"), max_length=50, help_text=_("Small letters, digits and hyphens."))
    service = forms.ModelChoiceField(
        Service.objects.all(), label=_("Only for the service"), required=False, empty_label=_("All services")
    )
    for_municipality = forms.ModelChoiceField(
        Municipality.objects.none(), label=_("Only for the municipality"), required=False,
        empty_label=_("All municipalities"),
    )  # fmt: skip

    def __init__(self, *args, municipalities, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["for_municipality"].queryset = municipalities

    def clean_code(self):
        code = self.cleaned_data["code"]
        if code == "ny" or Agreement.objects.filter(code=code).exists():
            raise forms.ValidationError(_("“%(code)s” is taken. Choose another.") % {"code": code})
        return code

    def clean(self):
        data = super().clean() or {}
        same = Agreement.objects.filter(service=data.get("service"), for_municipality=data.get("for_municipality"))
        if not self.errors and same.exists():
            self.add_error("service", _("There is an agreement for this already. Propose a new version of it."))
        return data


class AgreementVersionForm(ProposalForm):
    """`base`: the version in force now, whose terms are shown to begin with."""

    def __init__(self, data=None, *, agreement: Agreement, base: AgreementVersion | None, now: datetime):
        self.agreement, self.now = agreement, now
        self.terms = base.terms if base else {}
        self.queues, self.vendors = list(Queue.objects.all()), list(Vendor.objects.order_by("name"))
        first = (timezone.localdate(now).replace(day=1) + timedelta(days=32)).replace(day=1)
        super().__init__(data, initial={"valid_from": first, "valid_at": time()})
        self._calendars = list(usable_calendars(agreement).values_list("code", "name"))
        self.fields["valid_from"] = DayField(label=_("In force from"))
        self.fields["valid_at"] = forms.TimeField(
            label=_("at"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            help_text=_("Tickets that come from this instant on follow the new version. Those before keep theirs."),
        )  # fmt: skip
        self._add_timers()
        self._add_pauses()
        self._add_subjects("ola", self.queues)
        self._add_subjects("vendors", self.vendors)

    def timers(self):
        """Per clock: its name, its calendar, its target at each priority."""
        return [
            (CLOCK_NAMES[kind], self[f"{kind}_calendar"], [self[f"{kind}_{priority}"] for priority in PRIORITIES])
            for kind in TIMERS
        ]

    def priority_calendars(self):
        return [self[f"calendar_{priority}"] for priority in PRIORITIES]

    def pauses(self):
        return [self[f"pause_{kind}"] for kind in PAUSABLE]

    def subjects(self):
        """(heading, rows of name, calendar, target) for queues and vendors."""
        return [
            (heading, [(row.name, self[f"{field}_{row.code}_calendar"], self[f"{field}_{row.code}"]) for row in rows])
            for heading, field, rows in (
                (_("Teams"), "ola", self.queues),
                (_("Vendors"), "vendors", self.vendors),
            )
        ]

    def takes_effect_at(self) -> datetime:
        data = self.cleaned_data
        return timezone.make_aware(datetime.combine(data["valid_from"], data["valid_at"]))

    def change(self) -> dict:
        return {"terms": self._read_terms()}

    def clean(self):
        data = super().clean() or {}
        if not self.errors:
            if self.takes_effect_at() <= self.now:
                text = _("A change never takes effect backwards. Choose a day that lies ahead.")
                self.add_error("valid_from", text)
            else:
                self._check_whole()
        return data

    def _check_whole(self):
        self._check_openings()
        try:
            if not self.errors:
                check_terms(self.agreement, self._read_terms(), takes_effect_at=self.takes_effect_at())
        except SlaError as error:
            self.refuse(error)

    def refuse(self, error: SlaError) -> None:
        """Say what the law refuses of the whole beside the field that it is about."""
        field = self._field_of(error)
        self.add_error(field if field in self.fields else "valid_from", error.message)

    def _field_of(self, error: SlaError) -> str:
        value = str(error.where["value"])
        if error.code in ("UNKNOWN_CALENDAR", "NO_OPENING"):
            calendars = [name for name, field in self.fields.items() if isinstance(field, CalendarField)]
            named = [name for name in calendars if self.cleaned_data.get(name) == value]
            return next(iter(named), "resolution_calendar")
        if error.code == "BAD_TARGET":
            return "warn_percent" if error.reason == "percent" else self._target_with(value)
        if error.code == "BAD_EVENT":
            return f"pause_{value}" if f"pause_{value}" in self.fields else "pause_resolution"
        return "valid_from"

    def _target_with(self, value: str) -> str:
        """The first target of a clock named so, or the first with so many minutes."""
        targets = [name for name, field in self.fields.items() if isinstance(field, TargetField)]
        found = [name for name in targets if value in (name.rpartition("_")[0], str(self.cleaned_data.get(name)))]
        return next(iter(found), targets[0])

    def _check_openings(self):
        """NO_OPENING beside the target that its calendar cannot keep."""
        data, calendars = self.cleaned_data, rulebook().calendars
        for kind in TIMERS:
            if not data[f"{kind}_calendar"] and any(data[f"{kind}_{priority}"] for priority in PRIORITIES):
                self.add_error(f"{kind}_calendar", _("Choose the calendar in which the targets count."))
                continue
            for priority in PRIORITIES:
                code = data[f"calendar_{priority}"] or data[f"{kind}_calendar"]
                self._check_opening(f"{kind}_{priority}", calendars.get(code), code)
        for field, rows in (("ola", self.queues), ("vendors", self.vendors)):
            for row in rows:
                code = data[f"{field}_{row.code}_calendar"]
                self._check_opening(f"{field}_{row.code}", calendars.get(code), code)

    def _check_opening(self, name, calendar, code):
        minutes = self.cleaned_data[name]
        if not minutes:
            return
        try:
            if calendar is None:
                raise SlaError("UNKNOWN_CALENDAR", value=code)
            calendar.due(self.takes_effect_at(), minutes * 60)
        except SlaError as error:
            self.add_error(name, error.message)

    def _read_terms(self) -> dict:
        data = self.cleaned_data
        return {
            "timers": {
                kind: {
                    "calendar": data[f"{kind}_calendar"],
                    "target_minutes": {str(p): data[f"{kind}_{p}"] for p in PRIORITIES if data[f"{kind}_{p}"]},
                }
                for kind in TIMERS
                if data[f"{kind}_calendar"]
            },
            "calendar_by_priority": {str(p): data[f"calendar_{p}"] for p in PRIORITIES if data[f"calendar_{p}"]},
            "pause_states": {kind: data[f"pause_{kind}"] for kind in PAUSABLE if data[f"pause_{kind}"]},
            "warn_percent": data["warn_percent"],
            "ola": self._read_subjects("ola", self.queues),
            "vendors": self._read_subjects("vendors", self.vendors),
        }

    def _read_subjects(self, field, rows):
        data = self.cleaned_data
        return {
            row.code: {"calendar": data[f"{field}_{row.code}_calendar"], "target_minutes": data[f"{field}_{row.code}"]}
            for row in rows
            if data[f"{field}_{row.code}"]
        }

    def _add_timers(self):
        for kind in TIMERS:
            timer = (self.terms.get("timers") or {}).get(kind) or {}
            name = CLOCK_NAMES[kind]
            self._add(
                f"{kind}_calendar", self._choice(_("%(clock)s: calendar") % {"clock": name}), timer.get("calendar")
            )
            for priority in PRIORITIES:
                label = _("%(clock)s: target for P%(priority)s") % {"clock": name, "priority": priority}
                target = (timer.get("target_minutes") or {}).get(str(priority))
                self._add(f"{kind}_{priority}", TargetField(label), write_target(target))
        for priority in PRIORITIES:
            label = _("Calendar for P%(priority)s") % {"priority": priority}
            chosen = (self.terms.get("calendar_by_priority") or {}).get(str(priority))
            self._add(f"calendar_{priority}", self._choice(label), chosen)

    def _add_pauses(self):
        for kind in PAUSABLE:
            field = forms.MultipleChoiceField(
                label=CLOCK_NAMES[kind], choices=list(STATE_NAMES.items()), required=False,
                widget=forms.CheckboxSelectMultiple, error_messages={"invalid_choice": MESSAGES["BAD_EVENT.state"]},
            )  # fmt: skip
            self._add(f"pause_{kind}", field, (self.terms.get("pause_states") or {}).get(kind) or [])
        percents = PercentsField(
            label=_("Warn when this much of the target is used"), required=False, max_length=60,
            help_text=_("Whole percents from 1 to 99, for example 50, 75, 90."),
        )  # fmt: skip
        self._add("warn_percent", percents, ", ".join(map(str, self.terms.get("warn_percent") or [])))

    def _add_subjects(self, field, rows):
        for row in rows:
            known = (self.terms.get(field) or {}).get(row.code) or {}
            choice = self._choice(_("%(name)s: calendar") % {"name": row.name})
            self._add(f"{field}_{row.code}_calendar", choice, known.get("calendar"))
            target = TargetField(_("%(name)s: target") % {"name": row.name})
            self._add(f"{field}_{row.code}", target, write_target(known.get("target_minutes")))

    def _choice(self, label):
        return CalendarField(label, self._calendars, required=False)

    def _add(self, name, field, initial):
        self.fields[name] = field
        self.initial[name] = initial
