"""The administrator's view of mail that did not get through. It shows addresses and subjects, never the words."""

from datetime import timedelta

from django.contrib import messages
from django.db.models import Count, Min, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from servicecenter.outbox import keeping
from servicecenter.outbox.models import Mail
from servicecenter.tenancy.grants import granted_ids
from servicecenter.tenancy.querysets import tenant_model

SHOWN = 100


def letters(request):
    mails = _managed_by(request.user)
    context = {
        "now": timezone.now(),
        "figures": _figures(mails, now=timezone.now()),
        "dead": mails.dead().select_related("municipality").order_by("-pk")[:SHOWN],
        "failing": mails.filter(state=Mail.State.WAITING).exclude(last_error="").order_by("next_attempt_at")[:SHOWN],
    }
    return render(request, "outbox/letters.html", context)


@require_POST
def send_again(request, pk):
    mail = get_object_or_404(_managed_by(request.user).dead(), pk=pk)
    return _sent_again(request, Mail.objects.filter(pk=mail.pk))


@require_POST
def send_all_again(request):
    return _sent_again(request, _managed_by(request.user))


def _sent_again(request, mails):
    count = keeping.send_again(mails, by=request.user, at=timezone.now())
    words = ngettext("%(count)d mail is on its way again.", "%(count)d mails are on their way again.", count)
    messages.success(request, words % {"count": count} if count else _("There was no mail to send again."))
    return redirect("outbox:letters")


def _managed_by(person):
    """Mails of the municipalities whose settings the person manages. 404 for who manages none."""
    if not granted_ids(person, tenant_model(), "manage_settings"):
        raise Http404
    return Mail.objects.granted(person, "manage_settings").defer("text", "html", "text_data")


def _figures(mails, *, now):
    waiting, sent = Q(state=Mail.State.WAITING), Q(state=Mail.State.SENT)
    return mails.aggregate(
        waiting=Count("pk", filter=waiting),
        oldest=Min("queued_at", filter=waiting),
        dead=Count("pk", filter=Q(state=Mail.State.DEAD)),
        sent=Count("pk", filter=sent & Q(sent_at__gte=now - timedelta(days=1))),
    )
