"""Where the money of pools that give ends: what each pool received and gave in a run, and who carries an øre of it.

Reads totals only. A run without transfers costs one query and changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from django.db.models import Sum
from django.utils.translation import gettext as _

from billing.models import Allocation, LedgerLine, Period, Pool, Run, Transfer
from servicecenter.ui import formats

Weights = dict[int, Fraction]  # municipality id → part of one øre


@dataclass
class PoolFlow:
    """One pool in a run, in øre: own + received − given = shared among the municipalities."""

    pool: Pool
    own_ore: int = 0
    shared_ore: int = 0
    received: list[Transfer] = field(default_factory=list)
    given: list[Transfer] = field(default_factory=list)

    @property
    def received_ore(self) -> int:
        return sum(transfer.amount_ore for transfer in self.received)

    @property
    def given_ore(self) -> int:
        return sum(transfer.amount_ore for transfer in self.given)

    def in_words(self) -> str:
        """Posted 1.000,00 kr. + 200,00 kr. from Network − 50,00 kr. to Security."""
        told = [_("posted %(amount)s") % {"amount": formats.kroner(self.own_ore)}]
        for transfer in self.received:
            words = {"amount": formats.kroner(transfer.amount_ore), "pool": transfer.giver.name}
            told.append(_("received %(amount)s from %(pool)s") % words)
        for transfer in self.given:
            words = {"amount": formats.kroner(transfer.amount_ore), "pool": transfer.receiver.name}
            told.append(_("gave %(amount)s to %(pool)s") % words)
        text = ", ".join(told)
        return text[0].upper() + text[1:]

    @property
    def remainder_ore(self) -> int:
        return self.own_ore + self.received_ore - self.given_ore - self.shared_ore


def transfers_of(runs: Iterable[Run]) -> list[Transfer]:
    """In the order of calculation."""
    rows = Transfer.objects.filter(run__in=list(runs)).select_related("giver", "receiver", "run__period")
    return list(rows.order_by("giver__position", "receiver__position"))


def transfers_since(first: date, period: Period) -> list[Transfer]:
    """Those of the current runs from a month on, up to and with a period, in the order of calculation."""
    rows = Transfer.objects.filter(run__is_current=True, period__month__range=(first, period.month))
    return list(
        rows.select_related("giver", "receiver", "run__period").order_by("giver__position", "receiver__position")
    )


def flows(
    transfers: Iterable[Transfer], shared_ore: Mapping[int, int], posted_ore: Mapping[int, int]
) -> list[PoolFlow]:
    """The pools of one run that give or receive. Both mappings are by pool id: what members carry, what was posted."""
    found: dict[int, PoolFlow] = {}
    for transfer in transfers:
        found.setdefault(transfer.giver_id, PoolFlow(transfer.giver)).given.append(transfer)
        found.setdefault(transfer.receiver_id, PoolFlow(transfer.receiver)).received.append(transfer)
    for pk, flow in found.items():
        flow.own_ore, flow.shared_ore = posted_ore.get(pk, 0), shared_ore.get(pk, 0)
    return sorted(found.values(), key=lambda flow: flow.pool.position)


def posted(run: Run, pools: Iterable[int]) -> dict[int, int]:
    """Pool id → øre posted to it in the run's month; joint lines, which every municipality reads."""
    rows = LedgerLine.objects.of_run(run.period).joint().filter(pool__in=list(pools)).order_by()
    return dict(rows.values_list("pool_id").annotate(ore=Sum("amount_ore")))


def end_shares(allocations: Iterable[Allocation], transfers: Iterable[Transfer]) -> dict[int, Weights]:
    """Pool id → who carries what part of each øre of it, by all ways; for the pools of one run that give.

    The parts of a pool give exactly 1, unless it had nothing to share.
    """
    given: dict[int, list[Transfer]] = {}
    for transfer in transfers:
        given.setdefault(transfer.giver_id, []).append(transfer)
    own: dict[int, Weights] = {}
    for row in allocations:
        if given and row.pool_id is not None:
            own.setdefault(row.pool_id, {})[row.municipality_id] = row.exact_share or Fraction(0)
    return {pool: _ending(pool, own, given) for pool in given}


def _ending(pool: int, own: Mapping[int, Weights], given: Mapping[int, list[Transfer]]) -> Weights:
    """Givers stand before their receivers in the order of calculation, so this comes to an end."""
    ends = dict(own.get(pool, {}))
    for transfer in given.get(pool, ()):
        for owner, part in _ending(transfer.receiver_id, own, given).items():
            ends[owner] = ends.get(owner, Fraction(0)) + transfer.exact_share * part
    return ends
