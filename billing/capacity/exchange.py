"""The verbs of the exchange: meter, trade, cancel. Each locks the month, so that nothing is sold twice or too late."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from billing.allocation.errors import AllocationError
from billing.allocation.exchange import Trade
from billing.measuring import lock
from billing.models import CapacityTrade, Holding, Period, Resource, TradeCancellation
from billing.parties import short_name
from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken
from servicecenter.ui import formats


class NotOwned(RuleBroken):
    """More is given away than the giver owns and has not given away before."""

    def __init__(self, seller: Municipality, resource: Resource, left: Decimal):
        super().__init__(
            _("%(seller)s has only %(left)s %(unit)s of %(resource)s left to give away. First enter what it owns.")
            % {
                "seller": short_name(seller), "left": formats.trimmed(left), "unit": resource.unit,
                "resource": resource.name,
            }
        )  # fmt: skip


class AlreadyCancelled(RuleBroken):
    def __init__(self):
        super().__init__(_("This trade is cancelled already."))


@transaction.atomic
def meter(
    municipality: Municipality,
    resource: Resource,
    period: Period,
    *,
    owned: Decimal,
    used: Decimal,
    by: Person,
    at: datetime,
    source: str = "",
) -> Holding:
    """Note what a municipality owns and uses. Raises PeriodFrozen, and NotOwned when it gave more away."""
    lock(period)
    given = _given(municipality, resource, period)
    if owned < given:
        raise NotOwned(municipality, resource, owned - given)
    holding, _made = Holding.objects.update_or_create(
        municipality=municipality, period=period, resource=resource,
        defaults={"owned": owned, "used": used, "source": source, "measured_by": by, "measured_at": at},
    )  # fmt: skip
    _record("capacity_metered", [municipality], holding, by=by, at=at, owned=str(owned), used=str(used))
    return holding


@transaction.atomic
def trade(
    period: Period,
    resource: Resource,
    *,
    kind: str,
    seller: Municipality,
    buyer: Municipality,
    units: Decimal,
    unit_price: Decimal,
    agreement: str,
    by: Person,
    at: datetime,
) -> CapacityTrade:
    """Lend or sell `units` at a price in øre per unit.

    Raises PeriodFrozen, NotOwned, and AllocationError SELF_TRADE when a municipality would trade with itself.
    """
    lock(period)
    if seller == buyer:
        raise AllocationError("SELF_TRADE", found=seller.code, member=seller.code)
    left = left_to_give(seller, resource, period)
    if units > left:
        raise NotOwned(seller, resource, left)
    amount = Trade(seller.code, buyer.code, Fraction(units), Fraction(unit_price)).amount_ore
    made = CapacityTrade.objects.create(
        municipality=seller, buyer=buyer, period=period, resource=resource, kind=kind, units=units,
        unit_price=unit_price, amount_ore=amount, agreement=agreement, entered_by=by, entered_at=at,
    )  # fmt: skip
    _record("capacity_traded", [seller, buyer], made, by=by, at=at, trade=made.pk, amount_ore=amount)
    return made


@transaction.atomic
def cancel(made: CapacityTrade, *, by: Person, reason: str, at: datetime) -> TradeCancellation:
    """The trade no longer counts. Raises PeriodFrozen and AlreadyCancelled."""
    lock(made.period)
    if TradeCancellation.objects.filter(trade=made).exists():
        raise AlreadyCancelled
    cancellation = TradeCancellation.objects.create(
        municipality_id=made.municipality_id, trade=made, period=made.period, reason=reason, cancelled_by=by,
        cancelled_at=at,
    )  # fmt: skip
    parties = [made.municipality, made.buyer]
    _record("capacity_trade_cancelled", parties, made, by=by, at=at, trade=made.pk, reason=reason)
    return cancellation


def left_to_give(seller: Municipality, resource: Resource, period: Period) -> Decimal:
    """Units that a municipality owns in the month and has neither lent nor sold."""
    holding = Holding.objects.filter(municipality=seller, resource=resource, period=period).first()
    return (holding.owned if holding else Decimal(0)) - _given(seller, resource, period)


def _given(seller: Municipality, resource: Resource, period: Period) -> Decimal:
    counted = CapacityTrade.objects.filter(
        municipality=seller, resource=resource, period=period, cancellation__isnull=True
    )
    return counted.aggregate(sum=Sum("units"))["sum"] or Decimal(0)


def _record(action, parties, holding, *, by, at, **details):
    """In the log of everyone concerned; `holding` is the row that names month and resource."""
    subject = f"{holding.period.code} {holding.resource.code}"
    for party in parties:
        AuditEntry.objects.record(action, municipality_id=party.pk, actor=by, at=at, subject=subject, **details)
