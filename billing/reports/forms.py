"""A lesson, as somebody of a municipality or of the desk writes it; and what publishing the account asks for."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import Lesson

# What surely points at one person: a civil registration number, or an address of mail.
PERSONAL = re.compile(r"(?<!\d)\d{6}[- ]?\d{4}(?!\d)|\S+@\S+\.\w+")


class LessonForm(forms.ModelForm):
    class Meta:
        model = Lesson
        fields = ["title", "text"]
        help_texts = {"text": _("Name no person: the account may be published. Your municipality stands beside it.")}
        widgets = {"text": forms.Textarea(attrs={"rows": 5})}

    def clean(self):
        cleaned = super().clean() or {}
        for name in ("title", "text"):
            found = PERSONAL.search(cleaned.get(name) or "")
            if found:
                words = _("“%(found)s” points at a person. Take it out; the account may be published.")
                self.add_error(name, words % {"found": found[0]})
        return cleaned


class PublicationForm(forms.Form):
    """Published deliberately: somebody has read it as a stranger would."""

    has_read = forms.BooleanField(
        label=_("I have read the account and its lessons, and nothing in them points at a person."),
        error_messages={"required": _("Read the account first, then confirm it here.")},
    )


class WithdrawalForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is it withdrawn?"), max_length=200, help_text=_("Everybody who opens its address reads this."),
        error_messages={"required": _("Say why it is withdrawn.")},
    )  # fmt: skip
