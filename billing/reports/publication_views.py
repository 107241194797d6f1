"""The published account: its public page, and the page where finance and the desk's lead publish and withdraw it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from billing.access import is_joint_finance, reads_totals
from billing.models import PublishedAccount
from billing.reports import publishing
from billing.reports.forms import PublicationForm, WithdrawalForm
from servicecenter.errors import RuleBroken


@login_not_required
@require_safe
def show_newest(request):
    """What is published now. Where nothing is, the page says so to everybody alike."""
    version = publishing.newest()
    if version is None:
        return render(request, "billing/published_none.html", status=404)
    return _page(request, version)


@login_not_required
@require_safe
def show_version(request, number):
    """One version for good: it stays as it was, or says that it is withdrawn."""
    version = get_object_or_404(PublishedAccount, number=number)
    if version.withdrawn_at:
        return render(request, "billing/published_none.html", {"withdrawn": version}, status=410)
    return _page(request, version)


@login_not_required
@require_safe
def version_file(request, number):
    """The bytes that the check sum is of."""
    version = get_object_or_404(PublishedAccount, number=number, withdrawn_at=None)
    headers = {
        "Content-Disposition": f'attachment; filename="beretning-{number}.json"',
        "X-Content-Type-Options": "nosniff",
    }
    content = publishing.canonical(version.content)
    return HttpResponse(content, content_type="application/json; charset=utf-8", headers=headers)


@reads_totals
def publications(request):
    """The versions so far, and the act of publishing what the account says now."""
    if not may_publish(request.user):
        raise Http404
    form = PublicationForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            version = publishing.publish(by=request.user)
        except RuleBroken as broken:
            form.add_error(None, str(broken.message))
        else:
            messages.success(request, _("Version %(number)s is published.") % {"number": version.number})
            return redirect("billing:publications")
    return _publications(request, form, WithdrawalForm(), 422 if form.is_bound else 200)


@require_POST
@reads_totals
def withdraw_publication(request, number):
    version = get_object_or_404(PublishedAccount, number=number)
    if not may_publish(request.user):
        raise Http404
    form = WithdrawalForm(request.POST, auto_id=f"%s-{number}")
    if not form.is_valid():
        return _publications(request, PublicationForm(), form, 422, refused_number=number)
    publishing.withdraw(version, reason=form.cleaned_data["reason"], by=request.user)
    messages.success(request, _("Version %(number)s is withdrawn.") % {"number": number})
    return redirect("billing:publications")


def may_publish(person) -> bool:
    """Joint finance, and those who lead the desk for every municipality."""
    return is_joint_finance(person, "run_allocation") or is_joint_finance(person, "lead_tickets")


def _publications(request, form, withdrawal_form, status, refused_number=None):
    context = {
        "versions": PublishedAccount.objects.select_related("published_by", "withdrawn_by"),
        "form": form, "withdrawal_form": withdrawal_form, "refused_number": refused_number,
    }  # fmt: skip
    return render(request, "billing/publications.html", context, status=status)


def _page(request, version):
    told = version.content.get(get_language()) or next(iter(version.content.values()))
    return render(request, "billing/published.html", {"version": version, "told": told})
