"""Pages of postings: a month's mirrored pairs reconciled, the file for an accounts system, and how that file looks."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from billing.access import is_joint_finance, reads_entries
from billing.models import Allocation, CorrectionAmount, Period, PostingLayout
from billing.postings import layouts, pairs
from billing.postings.forms import LayoutForm
from municipalities.models import Municipality
from servicecenter.audit.models import AuditEntry
from servicecenter.tenancy.grants import granted_ids

ENDINGS = {PostingLayout.Kind.SEPARATED: ("csv", "text/csv"), PostingLayout.Kind.FIXED: ("txt", "text/plain")}


@reads_entries
def newest_postings(request):
    """On to the newest month that is calculated; before there is one, to the months' statements."""
    period = Period.objects.calculated().first()
    return redirect("billing:postings", period.month) if period else redirect("billing:statements")


@reads_entries
def show_postings(request, month):
    """The reconciliation report: statement = invoice = paid = received, for the municipalities the reader may read."""
    period = get_object_or_404(Period, month=month)
    members = list(_readable(request).members())
    found = pairs.reconcile(period, members, _asked_for(period))
    return render(
        request,
        "billing/postings.html",
        {
            "period": period,
            "found": found,
            "may_see_all": is_joint_finance(request.user, "read_entries"),
            "operator": Municipality.objects.operator(),
            "managed": granted_ids(request.user, Municipality, "manage_invoicing"),
        },
    )


@reads_entries
def posting_file(request, month, slug):
    """One party's postings of a month, as its accounts system reads them. The centre's are its side of every pair."""
    period = get_object_or_404(Period, month=month)
    owner = get_object_or_404(Municipality, slug=slug)
    found = [posting for pair in _pairs_of(request, period, owner) for posting in pair if posting.owner == owner]
    layout = PostingLayout.objects.filter(municipality=owner).first() or layouts.usual_layout()
    AuditEntry.objects.record(
        "postings_exported", municipality_id=owner.pk, actor=request.user, subject=period.code, count=len(found)
    )
    ending, content_type = ENDINGS[layout.kind]
    name = f"posteringer-{period.code}-{owner.slug}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(layouts.write(found, layout), content_type=content_type, headers=headers)


def posting_layout(request, slug):
    owner = get_object_or_404(
        Municipality.objects.filter(pk__in=granted_ids(request.user, Municipality, "manage_invoicing")), slug=slug
    )
    layout = PostingLayout.objects.filter(municipality=owner).first() or layouts.usual_layout()
    layout.municipality = owner
    form = LayoutForm(request.POST or None, instance=layout)
    if request.method == "POST" and form.is_valid():
        form.save()
        AuditEntry.objects.record(
            "posting_layout_changed", municipality_id=owner.pk, actor=request.user, subject=owner.slug,
            columns=form.instance.columns,
        )  # fmt: skip
        messages.success(request, _("The form of the posting file is stored."))
        return redirect("billing:posting_layout", slug)
    status = 422 if request.method == "POST" else 200
    return render(request, "billing/posting_layout.html", {"owner": owner, "form": form}, status=status)


def _readable(request):
    return Municipality.objects.filter(pk__in=granted_ids(request.user, Municipality, "read_entries"))


def _pairs_of(request, period, owner):
    """The pairs in which `owner` books one side, as (payer, receiver)."""
    if owner.is_operator:
        if not is_joint_finance(request.user, "read_entries"):
            raise Http404
        members = list(Municipality.objects.members())
    else:
        members = [get_object_or_404(_readable(request), pk=owner.pk)]
    by_member = pairs.of_period(period, members)
    return [(pair.payer, pair.receiver) for member in members for pair in by_member.get(member.pk, [])]


def _asked_for(period):
    """What the month's statements ask for: the current run's amounts and the corrections booked in it."""
    amounts: dict[int, int] = {}
    for rows in (Allocation.objects.current().filter(period=period), CorrectionAmount.objects.booked_in(period)):
        for owner, ore in rows.values_list("municipality_id", "amount_ore"):
            amounts[owner] = amounts.get(owner, 0) + ore
    return amounts
