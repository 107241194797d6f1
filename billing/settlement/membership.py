"""Joining and leaving: participations only. On leaving, contracts that still run are listed as a proposal.

What an entry costs and what an exit compensates is agreed by the parties, and booked as ordinary direct lines.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from billing.allocation.rounding import half_up
from billing.models import Allocation, Contract, Participation, Period, Pool
from municipalities.models import Municipality, Person
from servicecenter.audit.models import AuditEntry
from servicecenter.errors import RuleBroken


class ApprovedMonth(RuleBroken):
    def __init__(self):
        super().__init__(_("A month after that day is approved already. Choose a day in a month that is open."))


class TakesPartAlready(RuleBroken):
    def __init__(self, pool: str):
        super().__init__(_("The municipality takes part in “%(pool)s” on that day already.") % {"pool": pool})


class TakesNoPart(RuleBroken):
    def __init__(self):
        super().__init__(_("The municipality takes no part on that day, so it cannot leave."))


@dataclass(frozen=True)
class Commitment:
    """A contract that runs beyond the day of leaving, and the part of it that the municipality carried until then."""

    contract: Contract
    until: date | None
    months: int
    share: Fraction
    amount_ore: int


@transaction.atomic
def join(
    municipality: Municipality, pools: Iterable[Pool], *, on: date, by: Person, at: datetime | None = None
) -> list[Participation]:
    """Take part in the pools from a day on. Raises ApprovedMonth and TakesPartAlready."""
    _refuse_approved(on)
    rows = []
    for pool in pools:
        if Participation.objects.filter(municipality=municipality, pool=pool).in_force(on, date.max).exists():
            raise TakesPartAlready(pool.name)
        rows.append(Participation.objects.create(municipality=municipality, pool=pool, valid_from=on))
    _record("member_joined", municipality, on, rows, by=by, at=at)
    return rows


@transaction.atomic
def leave(
    municipality: Municipality,
    *,
    on: date,
    by: Person,
    pools: Iterable[Pool] | None = None,
    at: datetime | None = None,
) -> list[Participation]:
    """Take no part from a day on, in some pools or in all. A municipality can leave a pool later than another."""
    _refuse_approved(on)
    rows = Participation.objects.filter(municipality=municipality, valid_from__lt=on).in_force(on, date.max)
    if pools is not None:
        rows = rows.filter(pool__in=list(pools))
    ended = list(rows.select_related("pool"))
    if not ended:
        raise TakesNoPart
    try:
        with transaction.atomic():
            for row in ended:
                row.valid_to = on
                row.save(update_fields=["valid_to"])
    except IntegrityError as error:
        raise ApprovedMonth from error
    _record("member_left", municipality, on, ended, by=by, at=at)
    return ended


def commitments(municipality: Municipality, *, on: date) -> list[Commitment]:
    """Contracts of the pools it takes part in that bind beyond the day: a proposal, by the shares it carried last."""
    pools = Participation.objects.filter(municipality=municipality, valid_from__lt=on).in_force(on, date.max)
    contracts = Contract.objects.filter(pool__in=pools.values("pool")).select_related("pool")
    shares = _last_shares(municipality)
    found = []
    for contract in contracts:
        until = _bound_until(contract, on)
        if months := _months(on, until):
            share = shares.get(contract.pool_id, Fraction(0))
            amount = half_up(contract.monthly_ore * months * share)
            found.append(Commitment(contract, until, months, share, amount))
    return found


def _bound_until(contract: Contract, on: date) -> date:
    """The end of the contract, or the end of its notice when that comes first or when it has no end."""
    notice = _later(on, contract.notice_months)
    if contract.valid_to is None:
        return notice
    return min(contract.valid_to, notice) if contract.notice_months else contract.valid_to


def _later(on: date, months: int) -> date:
    years, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return date(years, month + 1, 1)


def _months(on: date, until: date) -> int:
    """Whole or begun months from a day until another (not included); 0 when it lies before."""
    months = (until.year - on.year) * 12 + until.month - on.month + (until.day > on.day)
    return max(0, months)


def _last_shares(municipality: Municipality) -> dict[int, Fraction]:
    last = Period.objects.calculated().first()
    rows = Allocation.objects.current().filter(period=last)
    totals: dict[int, int] = {}
    own: dict[int, Allocation] = {}
    for row in rows.exclude(pool=None):
        totals[row.pool_id] = totals.get(row.pool_id, 0) + row.amount_ore
        if row.municipality_id == municipality.pk:
            own[row.pool_id] = row
    return {
        pool: row.exact_share or Fraction(row.amount_ore, totals[pool]) for pool, row in own.items() if totals[pool]
    }


def _refuse_approved(on: date) -> None:
    if Period.objects.filter(
        state__in=[Period.State.APPROVED, Period.State.CLOSED], month__gte=on.replace(day=1)
    ).exists():
        raise ApprovedMonth


def _record(
    action: str, municipality: Municipality, on: date, rows: list[Participation], *, by: Person, at: datetime | None
) -> None:
    AuditEntry.objects.record(
        action, municipality_id=municipality.pk, actor=by, at=at, subject=municipality.name, on=on.isoformat(),
        pools=[row.pool.code for row in rows],
    )  # fmt: skip
