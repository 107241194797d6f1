"""Keys of the pools: how each is shared, one of them with its versions, and a new one with its effect beforehand."""

from datetime import date, timedelta

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing.access import joint_finance, reads_totals
from billing.allocation.errors import AllocationError
from billing.giving.sentences import told as given_in_words
from billing.keys.creation import DIRECT, PoolForm, create_pool
from billing.keys.fields import outermost
from billing.keys.forms import ROOT_KINDS, KeyForm
from billing.keys.nodes import EQUAL
from billing.keys.proposals import GIVING, KEY, ON_COST, concerned, takes_effect, version_before
from billing.keys.sentences import Names, sentence
from billing.models import Giving, Participation, Pool
from billing.plans import KeyChangesInside
from municipalities.governance import kinds, proposals
from municipalities.governance.models import Proposal
from municipalities.models import Municipality
from servicecenter.tenancy.grants import granted_ids


@reads_totals
@require_safe
def list_keys(request):
    """How every pool is shared, by whose decision, and who takes part."""
    pools = Pool.objects.prefetch_related("key_versions").order_by("position")
    taking_part = Participation.objects.select_related("municipality").order_by("municipality__code", "valid_from")
    by_pool: dict[int, list[Participation]] = {}
    for row in taking_part:
        by_pool.setdefault(row.pool_id, []).append(row)
    names = Names.read()
    given = _given(Giving.objects.in_force(timezone.localdate(), timezone.localdate() + timedelta(days=1)))
    shown = [
        (pool, _told(pool.key_versions.all(), names), by_pool.get(pool.pk, []), given.get(pool.pk, []))
        for pool in pools
    ]
    context = {"pools": shown, "may_propose": may_propose(request.user)}
    return render(request, "billing/keys.html", context)


@reads_totals
@require_safe
def show_key(request, slug):
    """One pool: its keys since the beginning, each in words, and what is proposed."""
    pool, now = _pool(slug), timezone.now()
    told = list(Proposal.objects.filter(kind__in=[KEY, GIVING], subject=slug))
    adopted = {p.change["valid_from"]: p for p in told if p.kind == KEY and p.state == Proposal.State.ADOPTED}
    waiting = {p.kind: p for p in told if p.state == Proposal.State.PROPOSED and p.state_at(now) == p.state}
    versions = [
        (version, text, adopted.get(version.valid_from.isoformat()))
        for version, text in _told(pool.key_versions.order_by("-valid_from"), Names.read())
    ]
    context = {
        "pool": pool,
        "versions": versions,
        "today": timezone.localdate(now),
        "waiting": waiting.get(KEY),
        "givings": _given(pool.givings.order_by("-valid_from")).get(pool.pk, []),
        "waiting_giving": waiting.get(GIVING),
        "may_propose": may_propose(request.user),
    }
    return render(request, "billing/key.html", context)


@joint_finance("propose_keys")
def new_pool(request):
    """A pool, and who takes part; how it is shared is proposed on the next page."""
    form = PoolForm(request.POST or None, today=timezone.localdate())
    if form.is_valid():
        data = form.cleaned_data
        pool = create_pool(is_direct=data.pop("kind") == DIRECT, by=request.user, **data)
        if pool.is_direct:
            messages.success(request, _("The pool is created."))
            return redirect("billing:keys")
        messages.success(request, _("The pool is created. Propose how it is shared."))
        return redirect("billing:key_new", pool.code)
    return render(request, "billing/pool_form.html", {"form": form}, status=422 if form.is_bound else 200)


@reads_totals
def new_key(request, slug):
    """First the effect, then the proposal: the form is sent twice, and nothing is stored before the second time."""
    pool = _pool(slug)
    if not may_propose(request.user):
        raise Http404
    members, base = concerned(), version_before(pool, _far_ahead())
    kind_now, start = _start(base)
    kind = request.GET.get("type", kind_now)
    if kind not in ROOT_KINDS:
        raise Http404
    form = _key_form(request, pool=pool, kind=kind, base=base, members=members, start=start if kind == kind_now else {})
    context = {
        "pool": pool, "form": form, "kind": kind, "kinds": ROOT_KINDS, "before": base,
        "sentence_before": sentence(base.definition, Names.read()) if base else "",
    }  # fmt: skip
    if form.is_valid():
        try:
            if "propose" in request.POST:
                return _propose(request, pool, form, members)
            context |= _preview(pool, form, members)
        except (AllocationError, KeyChangesInside) as error:
            form.refuse(error)
    status = 422 if form.is_bound and "effect" not in context else 200
    return render(request, "billing/key_form.html", context, status=status)


def _start(base):
    """(kind, fields) that a new key begins with: those of the key in force."""
    if base is None:
        return EQUAL, {}
    if base.is_on_cost:
        return ON_COST, {"of": base.definition["of"]}
    return outermost(base.definition)


def _key_form(request, *, start, **subject):
    """The form as it was sent; with what was written, and no faults yet, when only its fields were asked for."""
    if "fields" in request.POST:
        written = {name: request.POST.getlist(name) if name == "of" else text for name, text in request.POST.items()}
        return KeyForm(start=written, **subject)
    return KeyForm(request.POST or None, start=start, **subject)


def may_propose(person) -> bool:
    granted = granted_ids(person, Municipality, "propose_keys")
    return bool(granted) and {member.pk for member in concerned()} <= granted


def _propose(request, pool, form, members):
    proposal = proposals.propose(
        KEY, subject=pool.code, title=pool.name, change=form.change(), takes_effect_at=_takes_effect(form),
        municipalities=members, by=request.user, reason=form.cleaned_data["reason"],
    )  # fmt: skip
    messages.success(request, _("The proposal is sent to the municipalities concerned."))
    return redirect(proposal)


def _preview(pool, form, members):
    """The effect of what is not proposed yet. Raises what a proposal of it would raise."""
    rules, change, instant = kinds.named(KEY), form.change(), _takes_effect(form)
    rules.check(pool.code, change, takes_effect_at=instant)
    found = rules.effect(pool.code, change, takes_effect_at=instant, municipalities=members, at=timezone.now())
    return {
        "effect": [(member, found[member.code].totals, None) for member in members],
        "sentence": sentence(change["definition"], Names.read()),
        "label": change["label"],
    }


def _takes_effect(form):
    return takes_effect(form.cleaned_data["valid_from"])


def _pool(slug):
    return get_object_or_404(Pool, code=slug, is_direct=False)


def _told(versions, names):
    """(version, in words in the reader's language)."""
    return [(version, sentence(version.definition, names)) for version in versions]


def _given(givings):
    """Pool id → [(giving, in words in the reader's language)]."""
    found: dict[int, list] = {}
    for giving in givings.select_related("idle").prefetch_related("parts__receiver"):
        found.setdefault(giving.giver_id, []).append((giving, given_in_words(giving)))
    return found


def _far_ahead() -> date:
    return timezone.localdate() + timedelta(days=36500)
