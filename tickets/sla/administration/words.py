"""What clocks, states and fields are called on the pages of agreements."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.sla import display
from tickets.sla.states import OLA, VENDOR

CLOCK_NAMES = display.NAMES | {OLA: _("The team’s own target"), VENDOR: _("Vendor")}
STATE_NAMES = {
    "waiting_requester": pgettext_lazy("ticket status", "Waiting for the user"),
    "waiting_planned": pgettext_lazy("ticket status", "Agreed time"),
    "waiting_vendor": pgettext_lazy("ticket status", "Waiting for a vendor"),
    "waiting_third_party": pgettext_lazy("ticket status", "Waiting for others"),
}
