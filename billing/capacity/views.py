"""Capacity: what each municipality has, what it lends and sells, and the critical systems that stand on it."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.access import is_joint_finance, joint_finance, reads_totals
from billing.capacity import exchange, market
from billing.capacity.forms import CancellationForm, MeterForm, TradeForm
from billing.models import CapacityTrade, CriticalSystem, Period

SHOWN = 14


@reads_totals
def show_capacity(request, month=None):
    """The exchange of a month: of the address, of the form, or the newest that has something to show."""
    periods = list(Period.objects.order_by("-month")[:SHOWN])
    chosen = next((period for period in periods if period.code == request.GET.get("periode")), None)
    period = _period(month) if month else chosen or _newest(periods)
    context = {
        "seen": market.read(period) if period else None,
        "periods": periods,
        "may_issue": is_joint_finance(request.user, "manage_invoicing"),
        "may_enter": is_joint_finance(request.user, "import_ledger") and period and not period.is_frozen,
    }
    return render(request, "billing/capacity.html", context)


@joint_finance("import_ledger")
def enter_meter(request, month):
    period, form = _period(month), MeterForm(request.POST or None)
    if form.is_valid():
        try:
            exchange.meter(period=period, by=request.user, at=_now(), **form.cleaned_data)
        except exchange.NotOwned as error:
            form.add_error("owned", str(error))
        else:
            messages.success(request, _("The meter is stored."))
            return redirect("billing:capacity", month)
    return _form_page(request, period, form, _("Enter what is owned and used"), _("Store the meter"))


@joint_finance("import_ledger")
def enter_trade(request, month):
    period, form = _period(month), TradeForm(request.POST or None)
    if form.is_valid():
        try:
            exchange.trade(period, by=request.user, at=_now(), **form.terms())
        except exchange.NotOwned as error:
            form.add_error("units", str(error))
        else:
            messages.success(request, _("The trade is entered."))
            return redirect("billing:capacity", month)
    return _form_page(request, period, form, _("Enter a loan or a sale"), _("Enter the trade"))


@joint_finance("import_ledger")
def cancel_trade(request, month, pk):
    trade = get_object_or_404(CapacityTrade.objects.in_scope(), pk=pk, period=_period(month))
    form = CancellationForm(request.POST or None)
    if form.is_valid():
        exchange.cancel(trade, by=request.user, at=_now(), **form.cleaned_data)
        messages.success(request, _("The trade is cancelled."))
        return redirect("billing:capacity", month)
    return _form_page(request, trade.period, form, _("Cancel a trade"), _("Cancel the trade"), trade=trade)


@reads_totals
def list_systems(request):
    systems = CriticalSystem.objects.select_related("data_centre", "standby").prefetch_related(
        "dependences__municipality"
    )
    return render(request, "billing/systems.html", {"systems": systems})


def _form_page(request, period, form, title, action, **context):
    page = {"period": period, "form": form, "title": title, "action": action, **context}
    return render(request, "billing/capacity_form.html", page, status=422 if form.is_bound else 200)


def _period(month) -> Period:
    return get_object_or_404(Period, month=month)


def _newest(periods: list[Period]) -> Period | None:
    held = set(Period.objects.filter(holdings__isnull=False).values_list("pk", flat=True).distinct())
    return next((period for period in periods if period.pk in held), periods[0] if periods else None)


def _now():
    return timezone.now().replace(microsecond=0)
