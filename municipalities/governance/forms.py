from django import forms
from django.utils.translation import gettext_lazy as _


class DecisionForm(forms.Form):
    """A municipality's answer. The reference is what makes it more than a click."""

    answer = forms.ChoiceField(
        label=_("Decision of the municipality"), choices=[("yes", _("Yes")), ("no", _("No"))], widget=forms.RadioSelect
    )
    reference = forms.CharField(
        label=_("Reference to the minutes"),
        max_length=160,
        help_text=_("Where the decision stands, for example “Item 4, 12 November 2026”."),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        help_text=_("Everybody who takes part reads it, also in the other municipalities."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class WithdrawalForm(forms.Form):
    note = forms.CharField(label=_("Why is it withdrawn?"), max_length=300)


class ProposalForm(forms.Form):
    """What every proposal says besides the change itself."""

    reason = forms.CharField(
        label=_("Why?"),
        max_length=2000,
        help_text=_("The directors read it before they decide."),
        error_messages={"required": _("Say why.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
