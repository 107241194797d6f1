"""The sentences of notices: number, what happened, what to do. Never a text that somebody wrote on a ticket.

All are called within the reader's language.
"""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from municipalities.governance import kinds
from municipalities.governance.models import Proposal
from servicecenter.outbox.links import absolute
from servicecenter.outbox.texts import Text
from servicecenter.ui.formats import instant
from tickets import lifecycle
from tickets.notifications.models import Kind, Notice
from tickets.sla.display import clock_name
from tickets.status import Status

SAYS = {
    Kind.RECEIVED: lambda: _("We have received ticket %(number)s"),
    Kind.REPLIED: lambda: _("We have answered on ticket %(number)s"),
    Kind.RESOLVED: lambda: _("Ticket %(number)s is solved"),
    Kind.CLOSED: lambda: _("Ticket %(number)s is closed"),
    Kind.CANCELLED: lambda: _("Ticket %(number)s is cancelled"),
    Kind.ASSIGNED: lambda: _("Ticket %(number)s is yours"),
    Kind.ANSWERED: lambda: _("The user has answered on ticket %(number)s"),
    Kind.REOPENED: lambda: _("Ticket %(number)s is open again"),
    Kind.HALF: lambda: _("Ticket %(number)s: half of the time is used (%(clock)s)"),
    Kind.THREE_QUARTERS: lambda: _("Ticket %(number)s: three quarters of the time are used (%(clock)s)"),
    Kind.NEARLY: lambda: _("Ticket %(number)s: nine tenths of the time are used (%(clock)s)"),
}


OF_PROPOSALS = {
    Proposal.State.PROPOSED: lambda: _("Proposal to decide: “%(title)s”"),
    Proposal.State.ADOPTED: lambda: _("Adopted: “%(title)s”"),
    Proposal.State.REJECTED: lambda: _("Rejected: “%(title)s”"),
    Proposal.State.WITHDRAWN: lambda: _("Withdrawn: “%(title)s”"),
    Proposal.State.LAPSED: lambda: _("Too late: “%(title)s”"),
}


def is_party(notice: Notice) -> bool:
    """Is the recipient one for whom the ticket was filed? Everybody else works on it."""
    return notice.ticket is not None and notice.recipient_id in (
        notice.ticket.requester_id,
        notice.ticket.on_behalf_of_id,
    )


def headline(notice: Notice) -> str:
    if notice.proposal:
        return _of_proposal(notice)
    names = {"number": notice.ticket.number, "clock": clock_of(notice)}
    if notice.kind != Kind.BREACHED:
        return SAYS[notice.kind]() % names
    if is_party(notice):
        return _("We have not kept a deadline on ticket %(number)s") % names
    return _("Ticket %(number)s: the deadline is exceeded (%(clock)s)") % names


def _of_proposal(notice: Notice) -> str:
    named = {"title": f"{kinds.named(notice.proposal.kind).name}: {notice.proposal.title}"}
    return OF_PROPOSALS[notice.data["state"]]() % named


def clock_of(notice: Notice) -> str:
    return clock_name(notice.data["clock"], "").lower().rstrip(", ") if "clock" in notice.data else ""


def page_of(notice: Notice) -> str:
    if notice.proposal:
        return notice.proposal.get_absolute_url()
    name = "tickets:ticket" if is_party(notice) else "tickets:console_ticket"
    return reverse(name, args=[notice.ticket.number])


def mail_of(notice: Notice, *, now: datetime) -> Text:
    link = absolute(page_of(notice))
    lines = [_greeting(notice), f"{headline(notice)}.", *_more(notice, now=now), link, _foot()]
    return Text(headline(notice), "\n\n".join(lines) + "\n")


def digest_of(notices: list[Notice]) -> Text:
    """One mail for many: a line for each, with its link."""
    count = len(notices)
    if any(notice.proposal for notice in notices):
        subject = ngettext("%(count)d notice", "%(count)d notices", count) % {"count": count}
    else:
        subject = ngettext("%(count)d notice about tickets", "%(count)d notices about tickets", count) % {
            "count": count
        }
    lead = _("So much happened at once that we send it as one mail:")
    listed = [f"{headline(notice)}\n{absolute(page_of(notice))}" for notice in notices]
    return Text(subject, "\n\n".join([_greeting(notices[0]), lead, *listed, _foot()]) + "\n")


def _greeting(notice: Notice) -> str:
    return _("Hello %(name)s") % {"name": notice.recipient.name}


def _more(notice: Notice, *, now: datetime) -> list[str]:
    if notice.proposal:
        return [_decide_by(notice, now=now)] if notice.kind == Kind.PROPOSED else []
    return _more_of_ticket(notice, notice.ticket, now=now)


def _more_of_ticket(notice: Notice, ticket, *, now: datetime) -> list[str]:
    if notice.kind == Kind.RECEIVED:
        return _promise(ticket, now=now)
    if notice.kind == Kind.REPLIED and ticket.status == Status.WAITING_REQUESTER:
        return [_("We wait for your answer. The clock is paused until then.")]
    if notice.kind == Kind.RESOLVED and ticket.status == Status.RESOLVED:
        until = instant(lifecycle.reopens_until(ticket), now=now)
        return [_("Does it not work? You can reopen the ticket until %(until)s.") % {"until": until}]
    if notice.kind == Kind.BREACHED and is_party(notice):
        return [_("We are sorry. The work goes on, and we write as soon as there is news.")]
    return []


def _decide_by(notice: Notice, *, now: datetime) -> str:
    day = instant(notice.proposal.takes_effect_at, now=now)
    return _("It must be decided before it takes effect, %(day)s. Everybody must say yes.") % {"day": day}


def _promise(ticket, *, now: datetime) -> list[str]:
    clock = ticket.clocks.filter(kind="first_response", stopped_at__isnull=True).order_by("-cycle").first()
    if not (clock and clock.due_at):
        return []
    return [_("You hear from us by %(when)s.") % {"when": instant(clock.due_at, now=now)}]


def _foot() -> str:
    return _("This mail is automatic. Choose which ones you get: %(link)s") % {
        "link": absolute(reverse("tickets:notice_settings"))
    }
