from django import forms
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality, Person
from servicecenter.tenancy.grants import granted_ids, holder_ids
from tickets.notifications.models import OF_DECIDERS, OF_REQUESTERS, OF_STAFF, Duty, Kind, NoticeSettings

WAYS = ("product", "mail")


def kinds_for(person) -> list[Kind]:
    """What can happen to this person: staff hear of their work and, as everybody, of their own tickets."""
    is_staff = bool(granted_ids(person, Municipality, "work_tickets"))
    decides = any(granted_ids(person, Municipality, asked) for asked in ("decide_proposals", "propose_agreements"))
    return list(dict.fromkeys((*(OF_STAFF if is_staff else ()), *OF_REQUESTERS, *(OF_DECIDERS if decides else ()))))


class NoticeSettingsForm(forms.Form):
    """Two boxes per kind, and when mails rest."""

    quiet = forms.ChoiceField(
        label=_("When shall mails wait?"),
        choices=NoticeSettings.Quiet.choices,
        widget=forms.RadioSelect,
        help_text=_("They come when the quiet time is over. A ticket of priority 1 never waits."),
    )

    def __init__(self, *data, chosen: NoticeSettings, kinds: list[Kind]):
        super().__init__(*data, initial={"quiet": chosen.quiet})
        self.chosen, self.kinds = chosen, kinds
        for kind in kinds:
            for way in WAYS:
                self.fields[f"{kind}_{way}"] = forms.BooleanField(required=False, initial=chosen.wants(kind, way))

    def rows(self):
        """What happens, and the boxes for the product and for mail."""
        return [(kind.label, [self[f"{kind}_{way}"] for way in WAYS]) for kind in self.kinds]

    def save(self) -> None:
        self.chosen.quiet = self.cleaned_data["quiet"]
        self.chosen.choices |= {
            kind.value: {way: self.cleaned_data[f"{kind}_{way}"] for way in WAYS} for kind in self.kinds
        }
        self.chosen.save()


class LeadField(forms.ModelChoiceField):
    def label_from_instance(self, person):
        return person.name


class DutyForm(forms.ModelForm):
    """Somebody who leads is on duty for a while; two at once are refused."""

    person = LeadField(Person.objects.none(), label=_("Duty manager"))
    starts_at = forms.DateTimeField(
        label=_("From"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    ends_at = forms.DateTimeField(
        label=_("Until"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )

    class Meta:
        model = Duty
        fields = ["person", "starts_at", "ends_at"]

    def __init__(self, *data, leader, **options):
        super().__init__(*data, **options)
        led = Municipality.objects.filter(pk__in=granted_ids(leader, Municipality, "lead_tickets"))
        ids = {pk for place in led for row in holder_ids(place, "lead_tickets") for pk in row.values()}
        self.fields["person"].queryset = Person.objects.active().filter(pk__in=ids - {None}).order_by("sort_key")

    def clean(self):
        data = super().clean()
        starts, ends = data.get("starts_at"), data.get("ends_at")
        if starts and ends:
            self._check(starts, ends)
        return data

    def _check(self, starts, ends):
        if ends <= starts:
            self.add_error("ends_at", _("The duty must end after it begins. Choose a later time."))
            return
        other = Duty.objects.filter(starts_at__lt=ends, ends_at__gt=starts).select_related("person").first()
        if other:
            words = _("%(name)s is on duty in that time already. End that duty first, or choose another time.")
            self.add_error("starts_at", words % {"name": other.person.name})
