"""Visits on the agent's ticket, the requester's rating, and the figures of the phone."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicecenter.errors import RuleBroken
from tickets.levels.access import leads_all
from tickets.proximity import phone, ratings, visits
from tickets.proximity.forms import LeaveForm, PhoneForm, RatingForm, VisitForm
from tickets.proximity.models import PhoneFigure, Visit
from tickets.views.console_actions import AgentAction
from tickets.views.portal import OwnTicketAction


class RegisterVisit(AgentAction):
    form_class = VisitForm
    title, button = gettext_lazy("Register a visit"), gettext_lazy("Register")
    lead = gettext_lazy("Visits show how near the desk is to each municipality.")
    done = gettext_lazy("The visit is registered.")

    def perform(self, data):
        visits.register_visit(self.ticket, by=self.request.user, **data)


class EndVisit(AgentAction):
    form_class = LeaveForm
    title, button = gettext_lazy("When did you leave?"), gettext_lazy("Save")
    done = gettext_lazy("The visit is registered.")

    def dispatch(self, request, *args, number, pk, **kwargs):
        self.visit = get_object_or_404(
            Visit.objects.filter(ticket__in=self.tickets_of(request)), pk=pk, ticket__number=number
        )
        return super().dispatch(request, *args, number=number, **kwargs)

    def tickets_of(self, request):
        self.request = request
        return self.tickets()

    def perform(self, data):
        visits.end_visit(self.visit, by=self.request.user, **data)


class Rate(OwnTicketAction):
    form_class = RatingForm
    title, button = gettext_lazy("How did it go?"), gettext_lazy("Send")
    lead = gettext_lazy("Your answer is counted together with those of others. It helps us to get better.")
    done = gettext_lazy("Thank you for your answer.")

    def tickets(self):
        return super().tickets().filter(status__in=ratings.RATED)

    def perform(self, data):
        ratings.rate(self.ticket, by=self.request.user, **data)


@leads_all
def phone_figures(request):
    form = PhoneForm(request.POST or None, request.FILES or None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            count = phone.import_lines(form.lines, source=form.cleaned_data["source"], by=request.user)
        except RuleBroken as broken:
            form.add_error(None, broken.message)
            status = broken.status
        else:
            messages.success(
                request, _("Saved: %(count)s. The figures count from the next counting on.") % {"count": count}
            )
            return redirect("tickets:phone_figures")
    rows = PhoneFigure.objects.select_related("municipality", "measured_by").order_by("-month", "municipality__code")
    return render(request, "tickets/levels/phone.html", {"form": form, "rows": rows[:60]}, status=status)
