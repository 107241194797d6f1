"""A forgotten password. Both doors are open to strangers, so they answer alike whether or not the person exists.

The mail leaves by the outbox, after the answer. Its link is a key to the account, so it is made while the mail is sent
and stands in no table.
"""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.tokens import default_token_generator
from django.template.loader import render_to_string
from django.urls import reverse, reverse_lazy
from django.utils import timezone, translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality, Person
from servicecenter.outbox.links import absolute
from servicecenter.outbox.queueing import queue, wake_when_committed
from servicecenter.outbox.texts import NothingToSay, Text, text_maker
from servicecenter.tenancy.scope import Scope, enter, tenant_scope

ONE_MAIL_IN = timedelta(minutes=10)
USEFUL_FOR = timedelta(hours=1)  # who asked has asked again, or rung, long before


class ResetForm(PasswordResetForm):
    municipality = forms.ModelChoiceField(
        Municipality.objects.order_by("kind", "name"), label=_("Where do you work?"), to_field_name="slug"
    )
    field_order = ["municipality", "email"]

    def get_users(self, email):
        people = Person.objects.active().filter(municipality=self.cleaned_data["municipality"], email__iexact=email)
        return [person for person in people if person.has_usable_password()]

    def save(self, **options):
        at = timezone.now()
        with tenant_scope(self.cleaned_data["municipality"].pk):
            for person in self.get_users(self.cleaned_data["email"]):
                _promise_link(person, at=at)
        wake_when_committed()  # for an unknown address too, so that both take as long


def _promise_link(person, *, at):
    """At most one mail in ten minutes to one person, however often it is asked for."""
    turn = int(at.timestamp() // ONE_MAIL_IN.total_seconds())
    queue(
        municipality_id=person.municipality_id, cause=f"new_password:{person.pk}:{turn}", to=person,
        text_name="new_password", text_data={"person": person.pk}, useful_until=at + USEFUL_FOR, at=at,
    )  # fmt: skip


@text_maker("new_password")
def link_to_new_password(data) -> Text:
    person = Person.objects.active().filter(pk=data["person"]).first()
    if person is None or not person.has_usable_password():
        raise NothingToSay("The person has no account any more.")
    key = {"uidb64": urlsafe_base64_encode(force_bytes(person.pk)), "token": default_token_generator.make_token(person)}
    with translation.override(person.language):
        link = absolute(reverse("municipalities:password_reset_confirm", kwargs=key))
        words = render_to_string("municipalities/password_reset_mail.txt", {"person": person, "link": link})
        return Text(gettext("New password for the service desk"), words)


class ResetRequest(views.PasswordResetView):
    form_class = ResetForm
    template_name = "municipalities/password_reset.html"
    success_url = reverse_lazy("municipalities:login")

    def form_valid(self, form):
        response = super().form_valid(form)
        messages.info(self.request, _("If we know the address, a link is on its way to it."))
        return response


class NewPassword(views.PasswordResetConfirmView):
    template_name = "municipalities/new_password.html"
    success_url = reverse_lazy("municipalities:login")

    def form_valid(self, form):
        response = super().form_valid(form)
        messages.success(self.request, _("Your new password is saved. Sign in with it."))
        return response

    def get_user(self, uidb64):
        """The link names the person; only that row is opened, and the token must still fit it."""
        try:
            pk = int(urlsafe_base64_decode(uidb64).decode())
        except (ValueError, UnicodeDecodeError):
            return None
        enter(Scope(person=pk))
        person = Person.objects.filter(pk=pk).first()
        if person:
            enter(Scope((person.municipality_id,), person.pk))
        return person
