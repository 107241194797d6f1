"""What a pool gives to others: first the effect, then the proposal; nothing is stored before the second time."""

from datetime import date

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.access import reads_totals
from billing.allocation.errors import AllocationError
from billing.giving.forms import BASES, GivingForm
from billing.giving.proposals import NothingToEnd, giving_before
from billing.giving.sentences import sentence, told
from billing.keys.proposals import GIVING, concerned, takes_effect
from billing.keys.views import may_propose
from billing.models import Giving, Pool
from municipalities.governance import kinds, proposals


@reads_totals
def new_giving(request, slug):
    pool = get_object_or_404(Pool, code=slug, is_direct=False)
    if not may_propose(request.user):
        raise Http404
    basis = request.GET.get("type", Giving.Basis.PERCENT)
    if basis not in BASES:
        raise Http404
    receivers = list(Pool.objects.filter(is_direct=False, position__gt=pool.position))
    form = GivingForm(request.POST or None, pool=pool, basis=basis, receivers=receivers)
    before = giving_before(pool, date.max)
    context = {
        "pool": pool, "form": form, "basis": basis, "bases": BASES, "before": before,
        "sentence_before": told(before) if before else "",
    }  # fmt: skip
    if form.is_valid():
        try:
            if "propose" in request.POST:
                return _propose(request, pool, form)
            context |= _preview(pool, form)
        except (AllocationError, NothingToEnd) as error:
            form.refuse(error)
    status = 422 if form.is_bound and "effect" not in context else 200
    return render(request, "billing/giving_form.html", context, status=status)


def _propose(request, pool, form):
    proposal = proposals.propose(
        GIVING, subject=pool.code, title=pool.name, change=form.change(),
        takes_effect_at=takes_effect(form.cleaned_data["valid_from"]), municipalities=concerned(), by=request.user,
        reason=form.cleaned_data["reason"],
    )  # fmt: skip
    messages.success(request, _("The proposal is sent to the municipalities concerned."))
    return redirect(proposal)


def _preview(pool, form):
    """The effect of what is not proposed yet. Raises what a proposal of it would raise."""
    rules, change = kinds.named(GIVING), form.change()
    instant = takes_effect(form.cleaned_data["valid_from"])
    rules.check(pool.code, change, takes_effect_at=instant)
    found = rules.effect(pool.code, change, takes_effect_at=instant, municipalities=concerned(), at=timezone.now())
    return {
        "effect": [(member, found[member.code].totals, None) for member in concerned()],
        "sentence": sentence(change["gives"], change["basis"], change["unit"]),
    }
