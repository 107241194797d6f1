from django import forms
from django.contrib.auth import authenticate
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality


class SignInForm(forms.Form):
    municipality = forms.ModelChoiceField(
        Municipality.objects.order_by("kind", "name"),
        label=_("Where do you work?"),
        help_text=_("We remember your choice on this computer."),
        to_field_name="slug",
        empty_label=None,
        widget=forms.RadioSelect,
    )
    email = forms.EmailField(label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, *args, request=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request
        self.person = None

    def clean(self):
        data = super().clean()
        if self.errors:
            return data
        self.person = authenticate(self.request, **data)
        if self.person is None:
            raise forms.ValidationError(
                _("The address and the password do not belong together here. Check both, and where you work.")
            )
        return data
