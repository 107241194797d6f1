"""The page of mailed reports: who gets what, what was sent to whom, and adding or ending a subscription."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from billing.access import reads_entries
from billing.models import ReportDelivery, ReportSubscription
from billing.subscriptions.forms import SubscriptionForm
from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry
from servicecenter.outbox.models import Mail
from servicecenter.tenancy.grants import granted_ids, holder_ids

SHOWN = 100


@reads_entries
def show_subscriptions(request):
    """Those who manage invoicing put anybody on the list who may read the entries; others put themselves."""
    places = Municipality.objects.members().filter(pk__in=_readable(request))
    form = SubscriptionForm(request.POST or None, municipalities=places, people=_people(request, places))
    if request.method == "POST" and form.is_valid():
        _subscribe(request, form.cleaned_data)
        messages.success(request, _("The receiver is on the list."))
        return redirect("billing:subscriptions")
    status = 422 if request.method == "POST" else 200
    running = ReportSubscription.objects.running().filter(municipality__in=places)
    context = {
        "form": form,
        "subscriptions": running.select_related("municipality", "recipient").order_by("municipality__code", "id"),
        "may_end": granted_ids(request.user, Municipality, "manage_invoicing"),
        "deliveries": _deliveries(places),
    }
    return render(request, "billing/subscriptions.html", context, status=status)


@require_POST
@reads_entries
def end_subscription(request, pk):
    running = ReportSubscription.objects.running().filter(
        Q(municipality__in=granted_ids(request.user, Municipality, "manage_invoicing")) | Q(recipient=request.user)
    )
    subscription = get_object_or_404(running, pk=pk)
    subscription.ended_at = timezone.now()
    subscription.save(update_fields=["ended_at"])
    _record("subscription_ended", request, subscription)
    messages.success(request, _("The receiver is off the list."))
    return redirect("billing:subscriptions")


def _readable(request):
    return granted_ids(request.user, Municipality, "read_entries")


def _people(request, places):
    """Whom the reader may put on a list."""
    managed = granted_ids(request.user, Municipality, "manage_invoicing")
    holders = {request.user.pk}
    for place in places:
        if place.pk in managed:
            holders |= set(holder_ids(place, "read_entries").values_list("user_id", flat=True))
    return Person.objects.active().filter(pk__in=holders).order_by("sort_key")


def _subscribe(request, wanted):
    if wanted["recipient"] not in _people(request, [wanted["municipality"]]):
        raise Http404
    subscription = ReportSubscription.objects.create(
        **wanted, created_by=request.user, created_at=timezone.now().replace(microsecond=0)
    )
    _record("subscription_added", request, subscription)


def _record(action, request, subscription):
    AuditEntry.objects.record(
        action, municipality_id=subscription.municipality_id, actor=request.user, subject=subscription.recipient.email,
        report=subscription.kind,
    )  # fmt: skip


def _deliveries(places):
    """(delivery, mail or None), newest first."""
    found = list(
        ReportDelivery.objects.filter(municipality__in=places).select_related("municipality", "recipient", "period")[
            :SHOWN
        ]
    )
    mails = {mail.cause: mail for mail in Mail.objects.filter(cause__in=[delivery.cause for delivery in found])}
    return [(delivery, mails.get(delivery.cause)) for delivery in found]
