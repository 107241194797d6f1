"""Service levels for director and lead: what was kept, for whom, and whether it was equal. Reads totals only."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from municipalities.access import reads_totals
from municipalities.governance import kinds
from municipalities.models import Municipality
from servicecenter import time_source
from servicecenter.errors import RuleBroken
from servicecenter.tenancy.grants import granted_ids
from servicecenter.ui import formats
from tickets.levels import drawings, equality, exports, months, reading, ticket_lists, vendors
from tickets.levels.access import leads_all
from tickets.levels.calendar_months import begins, month_of, months_on
from tickets.levels.forms import LevelFilter, MarginForm, as_month
from tickets.levels.judging import SPANS, margin_of
from tickets.levels.margin_proposals import MARGIN, SUBJECT, before
from tickets.levels.models import EqualityMargin, LevelFigure, LevelKind, LevelMonth
from tickets.querysets import queues_of
from tickets.sla.administration import proposing

PER_PAGE = 50
EXPORTS = {
    "csv": ("text/csv; charset=utf-8", exports.as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", exports.as_xlsx),
}


@reads_totals
@require_safe
def service_levels(request):
    filters, levels = _levels(request)
    context = {
        "filters": filters,
        "levels": levels,
        "chosen": levels.chosen,
        "shares": drawings.levels_by_municipality(levels),
        "target": drawings.target(),
        "query": urlencode({name: value for name, value in filters.data.items() if value}),
    }
    return render(request, "tickets/levels/service_levels.html", context)


@reads_totals
@require_safe
def export(request, ending):
    _filters, levels = _levels(request)
    content_type, write = EXPORTS[ending]
    name = f"serviceniveau-{levels.wanted.month:%Y-%m}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(write(levels), content_type=content_type, headers=headers)


export_csv, export_xlsx = (partial(export, ending=ending) for ending in EXPORTS)


def _levels(request):
    filters = LevelFilter(request.GET, this_month=month_of(time_source.now()))
    return filters, reading.read(filters.wanted, members=filters.members, services=filters.services)


@reads_totals
@require_safe
def show_equality(request):
    """The verdicts of a month over 3 or 12 months; the newest judged one when none is named."""
    judged = equality.judged_months()
    month = _named(request.GET.get("maaned", ""), judged)
    span = 12 if request.GET.get("laengde") == "12" else 3
    seen = equality.read(month, span=span) if month else None
    context: dict[str, Any] = {
        "seen": seen, "months": judged, "spans": SPANS, "span": span, "margins": EqualityMargin.objects.all(),
        "may_propose": proposing.may_propose(request.user, Municipality.objects.members().filter(left_on=None)),
    }  # fmt: skip
    if seen:
        context["clocks"] = drawings.shares_of(seen.clocks, finding=seen.finding)
        context["proximity"] = drawings.shares_of(
            seen.proximity, finding=drawings.proximity_finding(seen), has_target=False
        )
        context["funnels"] = [(goal, drawings.funnel_of(goal)) for goal in seen.goals]
    return render(request, "tickets/levels/equality.html", context)


def _named(text, judged):
    """The month the address names, else the last whole one that was judged."""
    if text:
        try:
            return as_month(text)
        except ValueError as error:
            raise Http404 from error
    last_whole = months_on(month_of(time_source.now()), -1)
    return next((month for month in judged if month <= last_whole), judged[0] if judged else None)


@reads_totals
def margin(request):
    """Propose another margin to all municipalities; first its effect, and nothing is stored before the second time."""
    members, now = list(Municipality.objects.members().filter(left_on=None)), time_source.now()
    if not proposing.may_propose(request.user, members):
        raise Http404
    next_month = months_on(month_of(now), 1)
    form = MarginForm(
        request.POST or None, initial={"points": margin_of(month_of(now)).points, "valid_from": f"{next_month:%Y-%m}"}
    )
    context = {
        "form": form, "now": margin_of(month_of(now)), "waiting": proposing.waiting(MARGIN, SUBJECT, at=now),
    }  # fmt: skip
    if form.is_valid():
        what = {"change": form.change(), "takes_effect_at": begins(form.month), "municipalities": members}
        try:
            kinds.named(MARGIN).check(SUBJECT, what["change"], takes_effect_at=what["takes_effect_at"])
            if "propose" in request.POST:
                title = _("%(points)s percentage points") % {"points": formats.number(form.points_wanted, 1)}
                reason = form.cleaned_data["reason"]
                return proposing.send(request, MARGIN, subject=SUBJECT, title=title, reason=reason, what=what)
            context |= {"effect": proposing.effect_of(MARGIN, SUBJECT, what), "before": before(form.month)}
            context |= {"points": form.points_wanted, "valid_from": form.month}
        except RuleBroken as broken:
            form.add_error("valid_from", broken.message)
    status = 422 if form.is_bound and "effect" not in context else 200
    return render(request, "tickets/levels/margin.html", context, status=status)


@leads_all
@require_safe
def list_months(request):
    """Months that are over, with who closed them and when."""
    last = months_on(month_of(time_source.now()), -1)
    closings = {row.month: row for row in LevelMonth.objects.select_related("requested_by")}
    counted = set(LevelFigure.objects.order_by().values_list("month", flat=True).distinct())
    shown = sorted((counted | set(closings)) - {months_on(last, 1)}, reverse=True)
    rows = [(month, closings.get(month)) for month in shown]
    return render(request, "tickets/levels/months.html", {"rows": rows})


@require_POST
@leads_all
def close_month(request):
    try:
        month = as_month(request.POST.get("maaned", ""))
    except ValueError as error:
        raise Http404 from error
    months.request_closing(month, by=request.user, at=time_source.now())
    messages.success(request, _("The month is being closed. That takes a moment; load the page again to see it."))
    return redirect("tickets:level_months")


@require_POST
@leads_all
def count_now(request):
    """Ask for the figures to be counted anew, without waiting for the night."""
    from tickets.levels.tasks import measure_levels

    transaction.on_commit(partial(measure_levels.delay, scope=months.everybody()))
    messages.success(request, _("The figures are being counted. Load the page again in a moment."))
    return redirect("tickets:level_months")


@reads_totals
@require_safe
def show_vendors(request):
    filters = LevelFilter(request.GET, this_month=month_of(time_source.now()))
    month = filters.wanted.month
    context = {"filters": filters, "month": month, "vendors": vendors.read(month, members=filters.members)}
    return render(request, "tickets/levels/vendors.html", context)


@reads_totals
@require_safe
def list_tickets(request):
    """The tickets behind a figure. Without a text: who may read totals may not for that reason read tickets."""
    filters = LevelFilter(request.GET, this_month=month_of(time_source.now()))
    result, vendor = request.GET.get("resultat", ""), request.GET.get("leverandoer", "")
    wanted = filters.wanted._replace(kind=LevelKind.VENDOR) if vendor else filters.wanted
    clocks = ticket_lists.clocks_behind(wanted, reader=request.user, result=result, subject=vendor)
    page = Paginator(clocks, PER_PAGE).get_page(request.GET.get("side"))
    works = granted_ids(request.user, Municipality, "work_tickets") and queues_of(request.user)
    for clock in page.object_list:
        clock.is_workable = bool(works) and clock.ticket.queue_id in works
        clock.elapsed_minutes = clock.elapsed_s // 60
        clock.target_minutes = clock.target_s // 60 if clock.target_s else None
    given = {name: value for name, value in request.GET.items() if value and name != "side"}
    context = {
        "filters": filters, "wanted": wanted, "promise": LevelKind(wanted.kind).label, "page": page, "result": result,
        "results": ticket_lists.RESULTS, "vendor": vendor, "query": urlencode(given),
    }  # fmt: skip
    return render(request, "tickets/levels/tickets.html", context)
