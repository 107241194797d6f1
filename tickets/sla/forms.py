"""What a lead says about a ticket's clocks."""

from django import forms
from django.utils.translation import gettext_lazy as _

from servicecenter.ui.formats import duration
from tickets.forms import TicketForm
from tickets.models import Clock, Queue, Vendor
from tickets.sla.display import clock_name
from tickets.sla.states import BREACHED, MERGED, MET, NO_TARGET, PAUSED, RUNNING, VOID

STATES = {
    RUNNING: _("running"), PAUSED: _("paused"), MET: _("met"), BREACHED: _("breached"), MERGED: _("merged"),
    NO_TARGET: _("nothing promised"), VOID: _("out of the count"),
}  # fmt: skip
CAUSES = {"priority_change": _("by a change of priority"), "agreement_change": _("by a change of agreement")}


class ClockChoice(forms.ModelChoiceField):
    names: dict[str, str] = {}

    def label_from_instance(self, clock):
        words = [clock_name(clock.kind, self.names.get(clock.subject, clock.subject)), str(STATES[clock.state])]
        if clock.cause:
            words.append(str(CAUSES[clock.cause]))
        if clock.target_s:
            spent = {"spent": duration(clock.elapsed_s // 60), "target": duration(clock.target_s // 60)}
            words.append(_("%(spent)s of %(target)s at its last change") % spent)
        return " · ".join(words)


class VoidForm(TicketForm):
    clock = ClockChoice(
        Clock.objects.none(), label=_("Which clock?"), widget=forms.RadioSelect, empty_label=None,
        error_messages={"required": _("Choose a clock.")},
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Why?"), max_length=200, error_messages={"required": _("Say why.")},
        help_text=_("For example: the priority was set by mistake, and put right two minutes later."),
    )  # fmt: skip

    def offer(self):
        field = self.fields["clock"]
        field.queryset = self.ticket.clocks.exclude(state=VOID).order_by("started_at", "id")
        field.names = {row.code: row.name for model in (Queue, Vendor) for row in model.objects.all()}
