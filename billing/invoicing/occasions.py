"""Drafts of what is not a month's settlement: the settlement of a year, and a month's trades of capacity.

Each has the amounts of its page, to the øre. The shared centre invoices both: who still pays gets an invoice, who gets
something back a credit note, and for capacity all of them add up to nothing.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.capacity.market import is_cancelled
from billing.invoicing.drafts import DESCRIPTION_LENGTH, TEXT_LENGTH, Draft, DraftLine, of_amount
from billing.models import CapacityTrade, CorrectionAmount, Instalment, Invoice, Period
from billing.parties import short_name
from billing.settlement import year as settled
from municipalities.models import Municipality
from servicecenter.errors import RuleBroken
from servicecenter.ui import formats

MONTHS = 12


class NotClosed(RuleBroken):
    def __init__(self):
        super().__init__(_("It is invoiced when every month of it is closed. Close them first."))


def of_year(municipality: Municipality, year: int) -> Draft | None:
    """The settlement of a year in its three parts, less what was asked for in other ways than planned.

    None when the year's budget is not shared; without lines as long as no month of the year is closed.
    """
    seen = settled.read(year)
    if seen is None:
        return None
    row = next((row for row in seen.members if row.municipality == municipality), None)
    with override("da"):  # the language of the buyers' systems, whoever presses the button
        lines = [*_parts(row), *_asked_otherwise(municipality, seen)] if row else []
        note = _("Settlement of %(year)s: the year's share less what was invoiced on account.") % {"year": year}
    return of_amount(
        municipality, kind=Invoice.Kind.SETTLEMENT, source=f"year/{year}", first_day=date(year, 1, 1),
        last_day=date(year, 12, 31), lines=lines, note=note,
    )  # fmt: skip


def is_whole(year: int) -> bool:
    """Whether every month of the year is closed, so that its settlement cannot change."""
    return Period.objects.filter(month__year=year, state=Period.State.CLOSED).count() == MONTHS


def is_settled(draft: Draft) -> bool:
    """Whether what the draft rests on is closed, so that its amounts cannot change."""
    if draft.period:
        return draft.period.state == Period.State.CLOSED
    return is_whole(draft.first_day.year)


def of_capacity(municipality: Municipality, month: date) -> Draft | None:
    """A month's trades of a municipality, gross, one line each; None when it traded nothing."""
    period = Period.objects.filter(month=month).first()
    if period is None:
        return None
    with override("da"):
        lines = [_of_trade(trade, municipality) for trade in _trades(period, municipality)]
        note = _("Capacity lent and sold in %(month)s.") % {"month": formats.month(month)}
    if not lines:
        return None
    return of_amount(
        municipality, kind=Invoice.Kind.CAPACITY, source=f"capacity/{period.code}", first_day=month,
        last_day=period.end - timedelta(days=1), lines=lines, note=note, period=period,
    )  # fmt: skip


def _parts(row: settled.Settled) -> Iterator[DraftLine]:
    yield DraftLine(_("Settlement: other cost than budgeted"), row.cost_ore)
    yield DraftLine(_("Settlement: other keys and quantities than budgeted"), row.key_ore)
    yield DraftLine(_("Settlement: budget that was not invoiced"), row.unbilled_ore)


def _asked_otherwise(municipality: Municipality, seen: settled.Year) -> Iterator[DraftLine]:
    """The settlement counts the instalments as planned; what was asked for besides, or not at all, is set right."""
    issued = Invoice.objects.filter(municipality=municipality)
    on_account = issued.filter(kind=Invoice.Kind.ON_ACCOUNT, first_day__year=seen.plan.year)
    planned = Instalment.objects.filter(plan=seen.plan, municipality=municipality, month__in=seen.months)
    difference = sum(planned.values_list("amount_ore", flat=True)) - _net(on_account)
    yield DraftLine(_("Planned on account and not invoiced"), difference)
    settlements = issued.filter(kind=Invoice.Kind.SETTLEMENT, period__isnull=False).select_related("period")
    yield DraftLine(_("Invoiced as settlements of months"), -_for_year(municipality, settlements, seen.plan.year))


def _net(invoices: Iterable[Invoice]) -> int:
    return sum(invoice.signed_net_ore for invoice in invoices)


def _for_year(municipality: Municipality, settlements: Iterable[Invoice], year: int) -> int:
    """What invoices of months asked for a year: a correction belongs to the year of the month that it corrects."""
    by_period: dict[Period, list[Invoice]] = {}
    for invoice in settlements:
        by_period.setdefault(invoice.period, []).append(invoice)
    standing = [period for period, invoices in by_period.items() if len(invoices) % 2]  # each credit undoes one
    carried = CorrectionAmount.objects.filter(municipality=municipality, correction__period__in=standing)
    amounts = list(carried.values_list("amount_ore", "correction__period__month", "correction__corrected__month"))
    away = sum(ore for ore, booked, corrected in amounts if booked.year == year != corrected.year)
    from_later = sum(ore for ore, booked, corrected in amounts if corrected.year == year != booked.year)
    return _net(invoice for period in by_period if period.month.year == year for invoice in by_period[period]) + (
        from_later - away
    )


def _trades(period: Period, municipality: Municipality) -> Iterator[CapacityTrade]:
    rows = CapacityTrade.objects.filter(period=period)
    for trade in rows.select_related("municipality", "buyer", "resource", "cancellation"):
        if municipality in (trade.municipality, trade.buyer) and not is_cancelled(trade):
            yield trade


def _of_trade(trade: CapacityTrade, municipality: Municipality) -> DraftLine:
    is_giver = trade.municipality == municipality
    words = {
        "what": trade.resource.name, "units": formats.trimmed(trade.units),
        "unit": trade.resource.unit, "price": formats.trimmed(trade.unit_price / 100, least=2),
        "other": short_name(trade.buyer if is_giver else trade.municipality),
    }  # fmt: skip
    text = _("%(what)s given to %(other)s") if is_giver else _("%(what)s taken from %(other)s")
    description = _("%(units)s %(unit)s at DKK %(price)s") % words
    return DraftLine(
        (text % words)[:TEXT_LENGTH], -trade.amount_ore if is_giver else trade.amount_ore,
        f"{description}; {trade.agreement}"[:DESCRIPTION_LENGTH],
    )  # fmt: skip
