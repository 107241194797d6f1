"""Proposals: the list, one of them with its effect and decisions, and the two forms that settle it."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from municipalities.governance import kinds, proposals
from municipalities.governance.access import municipality_to_decide_for, takes_part
from municipalities.governance.forms import DecisionForm, WithdrawalForm
from municipalities.governance.models import Proposal

SHOWN = 100


@takes_part
@require_safe
def list_proposals(request):
    """What waits, first what waits for the reader; below what is settled."""
    now = timezone.now()
    own = municipality_to_decide_for(request.user)
    found = Proposal.objects.prefetch_related("concerns__municipality", "decisions")
    waiting = [_row(proposal, own, now) for proposal in found.open(at=now).order_by("takes_effect_at")]
    context = {
        "waiting": sorted(waiting, key=lambda row: not row["is_mine"]),
        "ended": [_row(proposal, own, now) for proposal in found.ended(at=now)[:SHOWN]],
        "mine": sum(row["is_mine"] for row in waiting),
    }
    return render(request, "municipalities/proposals.html", context)


@takes_part
@require_safe
def show_proposal(request, pk):
    return _page(request, _proposal(pk))


@require_POST
@takes_part
def decision(request, pk):
    proposal, own = _proposal(pk), municipality_to_decide_for(request.user)
    if own is None:
        raise Http404
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, proposal, decision_form=form)
    data = form.cleaned_data
    settled = proposals.decide(
        proposal, municipality=own, by=request.user, is_yes=data["answer"] == "yes", reference=data["reference"],
        note=data["note"],
    )  # fmt: skip
    messages.success(request, _said(settled))
    return redirect(settled)


@require_POST
@takes_part
def withdrawal(request, pk):
    proposal = _proposal(pk)
    if not proposals.may_withdraw(proposal, request.user):
        raise Http404
    form = WithdrawalForm(request.POST, prefix="withdraw")
    if not form.is_valid():
        return _page(request, proposal, withdrawal_form=form)
    proposals.withdraw(proposal, by=request.user, note=form.cleaned_data["note"])
    messages.success(request, _("The proposal is withdrawn."))
    return redirect(proposal)


def _said(proposal):
    words = {
        Proposal.State.PROPOSED: _("The decision is recorded. The others have not decided yet."),
        Proposal.State.ADOPTED: _("The decision is recorded. Everybody has said yes, so the change is adopted."),
        Proposal.State.REJECTED: _("The decision is recorded. The proposal is rejected."),
    }
    return words[proposal.state]


def _proposal(pk):
    found = Proposal.objects.prefetch_related("concerns__municipality", "decisions", "details__municipality")
    return get_object_or_404(found, pk=pk)


def _row(proposal, own, now):
    answers = {answer.municipality_id: answer for answer in proposal.decisions.all()}
    concerned = [concern.municipality for concern in proposal.concerns.all()]
    state = proposal.state_at(now)
    return {
        "proposal": proposal,
        "kind": kinds.named(proposal.kind).name,
        "state": state,
        "answers": [(member, answers.get(member.pk)) for member in concerned],
        "is_mine": state == Proposal.State.PROPOSED and own is not None and own in concerned and own.pk not in answers,
    }


def _page(request, proposal, *, decision_form=None, withdrawal_form=None):
    now, own, rules = timezone.now(), municipality_to_decide_for(request.user), kinds.named(proposal.kind)
    row = _row(proposal, own, now)
    is_open = row["state"] == Proposal.State.PROPOSED
    context = {
        **row,
        "now": now,
        "is_open": is_open,
        "own": own,
        "rules": rules,
        "subject_address": rules.address(proposal.subject),
        "effect": effect_rows(proposal),
        "changed": _changed(proposal) if is_open else [],
        "decision_form": (decision_form or DecisionForm()) if row["is_mine"] else None,
        "withdrawal_form": withdrawal_form or WithdrawalForm(prefix="withdraw"),
        "may_withdraw": is_open and proposals.may_withdraw(proposal, request.user),
        **rules.context(proposal),
    }
    bad = (decision_form and decision_form.errors) or (withdrawal_form and withdrawal_form.errors)
    return render(request, "municipalities/proposal.html", context, status=422 if bad else 200)


def effect_rows(proposal):
    """(municipality, totals, rows or None): the rows of those whom the reader may see."""
    details = {detail.municipality_id: detail.content for detail in proposal.details.all()}
    members = [concern.municipality for concern in proposal.concerns.all()]
    return [(member, proposal.effect.get(member.code, {}), details.get(member.pk)) for member in members]


def _changed(proposal):
    members = {concern.municipality.code: concern.municipality for concern in proposal.concerns.all()}
    return [(members[code], before, after) for code, (before, after) in proposals.changed_since(proposal).items()]
