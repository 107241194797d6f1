"""What the forms of calendars and agreements share: who may propose, the effect beforehand, and the proposal itself."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from municipalities.governance import kinds, proposals
from municipalities.governance.models import Proposal
from municipalities.models import Municipality
from servicecenter.tenancy.grants import granted_ids

PERMISSION = "propose_agreements"


def proposable(person):
    """The municipalities for which the person may propose."""
    return Municipality.objects.members().filter(pk__in=granted_ids(person, Municipality, PERMISSION))


def may_propose(person, concerned: Iterable[Municipality]) -> bool:
    return {member.pk for member in concerned} <= granted_ids(person, Municipality, PERMISSION)


def waiting(kind: str, subject: str, *, at: datetime) -> Proposal | None:
    return Proposal.objects.open(at=at).filter(kind=kind, subject=subject).first()


def effect_of(kind: str, subject: str, what: dict) -> list[tuple]:
    """(municipality, totals, rows) of what is not proposed yet."""
    found = kinds.named(kind).effect(subject, **what, at=timezone.now())
    return [(member, found[member.code].totals, found[member.code].rows) for member in what["municipalities"]]


def send(request, kind: str, *, subject: str, title: str, reason: str, what: dict):
    """Propose, and go to the proposal."""
    proposal = proposals.propose(kind, subject=subject, title=title, by=request.user, reason=reason, **what)
    messages.success(request, _("The proposal is sent to the municipalities concerned."))
    return redirect(proposal)
