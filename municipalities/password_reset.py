"""A forgotten password. Both doors are open to strangers, so they answer alike whether or not the person exists."""

from django import forms
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordResetForm
from django.urls import reverse_lazy
from django.utils.http import urlsafe_base64_decode
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality, Person
from servicecenter.tenancy.scope import Scope, enter, tenant_scope


class ResetForm(PasswordResetForm):
    municipality = forms.ModelChoiceField(
        Municipality.objects.order_by("kind", "name"), label=_("Where do you work?"), to_field_name="slug"
    )
    field_order = ["municipality", "email"]

    def get_users(self, email):
        people = Person.objects.active().filter(municipality=self.cleaned_data["municipality"], email__iexact=email)
        return [person for person in people if person.has_usable_password()]

    def save(self, **kwargs):
        with tenant_scope(self.cleaned_data["municipality"].pk):
            super().save(**kwargs)


class ResetRequest(views.PasswordResetView):
    form_class = ResetForm
    template_name = "municipalities/password_reset.html"
    email_template_name = "municipalities/password_reset_mail.txt"
    subject_template_name = "municipalities/password_reset_subject.txt"
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
