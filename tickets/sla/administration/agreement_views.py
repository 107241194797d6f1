"""Agreements: the list, one with its versions, and a new version with its effect before it is proposed."""

from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from municipalities.governance.access import takes_part
from servicecenter.audit.models import AuditEntry
from tickets.sla.administration import proposing
from tickets.sla.administration.agreement_forms import AgreementForm, AgreementVersionForm
from tickets.sla.administration.agreement_proposals import AGREEMENT, concerned_by, version_before
from tickets.sla.administration.agreement_words import Names, differences, lines_of, table_of
from tickets.sla.models import Agreement, AgreementVersion

AGREEMENTS = Agreement.objects.select_related("service", "for_municipality").prefetch_related(
    Prefetch("versions", AgreementVersion.objects.order_by("valid_from"))
)


@takes_part
@require_safe
def list_agreements(request):
    now = timezone.now()
    agreements = AGREEMENTS.order_by("service__name", "for_municipality__code", "name")
    rows = [(agreement, version_before(agreement, now)) for agreement in agreements]
    context = {"rows": rows, "may_make": proposing.proposable(request.user).exists()}
    return render(request, "tickets/administration/agreements.html", context)


@takes_part
@require_safe
def show_agreement(request, code):
    agreement, now = get_object_or_404(AGREEMENTS, code=code), timezone.now()
    names, current = Names.read(), version_before(agreement, now)
    versions = list(agreement.versions.all())
    changes = [
        (version, version.valid_from > now, differences(before.terms if before else {}, version.terms, names))
        for before, version in zip([None, *versions], versions, strict=False)
    ]
    context = {
        "agreement": agreement,
        "current": current,
        "table": table_of(current.terms, names) if current else [],
        "lines": [line for line in lines_of(current.terms, names) if not line.is_of_a_timer] if current else [],
        "versions": changes[::-1],
        "waiting": proposing.waiting(AGREEMENT, code, at=now),
        "may_propose": proposing.may_propose(request.user, concerned_by(agreement)),
    }
    return render(request, "tickets/administration/agreement.html", context)


@takes_part
def new_agreement(request):
    """A name to hang versions on; it counts nowhere until a version is adopted."""
    managed = proposing.proposable(request.user)
    if not managed.exists():
        raise Http404
    form = AgreementForm(request.POST or None, municipalities=managed)
    if form.is_valid():
        agreement = Agreement.objects.create(**form.cleaned_data)
        AuditEntry.objects.record(
            "agreement_added", municipality_id=request.user.municipality_id, actor=request.user, subject=agreement.code
        )
        return redirect("tickets:agreement_version", agreement.code)
    status = 422 if form.is_bound else 200
    return render(request, "tickets/administration/agreement_new.html", {"form": form}, status=status)


@takes_part
def new_version(request, code):
    """First the effect, then the proposal: the form is sent twice, and nothing is stored before the second time."""
    agreement, now = get_object_or_404(AGREEMENTS, code=code), timezone.now()
    concerned = concerned_by(agreement)
    if not proposing.may_propose(request.user, concerned):
        raise Http404
    base = version_before(agreement, now)
    form = AgreementVersionForm(request.POST or None, agreement=agreement, base=base, now=now)
    context = {"agreement": agreement, "form": form, "base": base}
    if form.is_valid():
        change = form.change()
        what = {"change": change, "takes_effect_at": form.takes_effect_at(), "municipalities": concerned}
        if "propose" in request.POST:
            reason = form.cleaned_data["reason"]
            return proposing.send(request, AGREEMENT, subject=code, title=agreement.name, reason=reason, what=what)
        context["lines"] = differences(base.terms if base else {}, change["terms"], Names.read())
        context["effect"] = proposing.effect_of(AGREEMENT, code, what)
    status = 422 if form.is_bound and "effect" not in context else 200
    return render(request, "tickets/administration/agreement_version.html", context, status=status)
