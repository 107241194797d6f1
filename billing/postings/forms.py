"""Which columns a posting file has, and in which order: a place for each, empty for those that are left out."""

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import PostingLayout
from billing.postings.layouts import COLUMNS


class LayoutForm(forms.ModelForm):
    class Meta:
        model = PostingLayout
        fields = ["kind", "has_heading", "encoding"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        places = {name: place for place, name in enumerate(self.instance.columns, start=1)}
        for name, (heading, width, _cell) in COLUMNS.items():
            self.fields[f"place_{name}"] = forms.IntegerField(
                label=heading, required=False, min_value=1, max_value=99, initial=places.get(name),
                help_text=_("%(width)s signs in a file of fixed width") % {"width": width},
                widget=forms.NumberInput(attrs={"class": "form-input input-width-xs", "aria-label": heading}),
            )  # fmt: skip

    def places(self):
        return [self[f"place_{name}"] for name in COLUMNS]

    def clean(self):
        cleaned = super().clean() or {}
        chosen = {name: cleaned.get(f"place_{name}") for name in COLUMNS}
        places = [place for place in chosen.values() if place]
        if not places:
            raise forms.ValidationError(_("Give at least one column a place."))
        if len(set(places)) != len(places):
            raise forms.ValidationError(_("Two columns have the same place. Give each its own number."))
        self.instance.columns = sorted((name for name, place in chosen.items() if place), key=lambda name: chosen[name])
        return cleaned
