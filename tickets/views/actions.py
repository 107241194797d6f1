"""The frame of every verb: its form at its own address (GET), the verb itself (POST), then back to the ticket.

A rule that forbids the verb becomes an error of the form, so that nothing typed is lost. The verbs share so much that
they are classes here, each naming its form, its words and the one call that is its own.
"""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views import View

from servicecenter.errors import RuleBroken


class TicketAction(View):
    template_name = ""
    form_class: type[forms.Form] = forms.Form
    title = _("Ticket")
    lead = ""
    button = _("Save")
    done = ""

    def dispatch(self, request, *args, number, **kwargs):
        found = self.tickets().select_related("municipality", "requester", "queue", "assignee")
        self.ticket = get_object_or_404(found, number=number)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return self.answer(self.make_form())

    def post(self, request):
        form = self.make_form(request.POST, request.FILES)
        if not form.is_valid():
            return self.answer(form, status=422)
        try:
            with transaction.atomic():
                self.perform(form.cleaned_data)
        except RuleBroken as broken:
            form.add_error(None, broken.message)
            return self.answer(form, status=broken.status)
        if self.done:
            messages.success(request, self.done)
        return HttpResponseRedirect(self.next_page())

    def answer(self, form, status=200):
        context = {"ticket": self.ticket, "form": form, "action": self, "back": self.back(), **self.surroundings()}
        return render(self.request, self.template_name, context, status=status)

    def surroundings(self):
        """What the layout shows around the form."""
        return {}

    def tickets(self):
        """The tickets on which this person may do this."""
        raise NotImplementedError

    def make_form(self, *data):
        return self.form_class(*data)

    def perform(self, data):
        raise NotImplementedError

    def back(self):
        return self.ticket.get_absolute_url()

    def next_page(self):
        return self.back()
