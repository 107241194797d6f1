"""What would have been: the same cost under other keys, beside what is. A simulation, never stored as a run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from billing.allocation import plain
from billing.allocation.errors import AllocationError
from billing.allocation.givings import Giving
from billing.allocation.pools import KeyVersion, joined
from billing.allocation.rounding import apportion
from billing.allocation.runs import Plan, run
from billing.allocation.settlement import Amounts, difference
from billing.allocation.sharings import Keyed, Sharing, Weighted
from billing.allocation.spans import Span


@dataclass(frozen=True)
class WhatIf:
    """What each member carries now and in the alternative."""

    now_ore: Amounts
    alternative_ore: Amounts

    @property
    def difference_ore(self) -> dict[str, int]:
        """Alternative − now; the differences add up to 0 when the cost is the same."""
        return difference(self.alternative_ore, self.now_ore)


def compare(now: Iterable[Amounts], alternative: Iterable[Amounts]) -> WhatIf:
    """Amounts per member of several pools or periods, added, side by side for all members of either."""
    before, after = added(now), added(alternative)
    everybody = dict.fromkeys(sorted(before.keys() | after.keys()), 0)
    return WhatIf(everybody | before, everybody | after)


def added(tables: Iterable[Amounts]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for table in tables:
        for member, amount in table.items():
            totals[member] = totals.get(member, 0) + amount
    return {member: plain.whole_ore(amount, member=member) for member, amount in sorted(totals.items())}


def with_other_weights(pools: object, alternative: object) -> WhatIf:
    """Pools of plain weights with other weights; None keeps the pool's own. BAD_COUNT unless there is one for each."""
    tables = [plain.mapping(pool) for pool in plain.listing(pools)]
    others = [None] * len(tables) if alternative is None else plain.listing(alternative)
    if len(others) != len(tables):
        raise AllocationError("BAD_COUNT", "alternatives", found=len(others))
    now = [apportion(pool.get("total_ore"), pool.get("weights")).amounts for pool in tables]
    after = [
        amounts if other is None else apportion(pool.get("total_ore"), other).amounts
        for pool, amounts, other in zip(tables, now, others, strict=True)
    ]
    return compare(now, after)


def with_other_plans(now: Sequence[Plan], alternative: Sequence[Plan]) -> WhatIf:
    """Whole periods, one plan for each, beside the same periods changed by the functions below."""
    return compare(
        (run(plan).cascade.member_total_ore() for plan in now),
        (run(plan).cascade.member_total_ore() for plan in alternative),
    )


def with_key(plan: Plan, pool: str, definition: object) -> Plan:
    """The plan with another key in a pool for the whole period. BAD_KEY when no key can be given to the pool.

    A flow is then counted for the whole period, so the driver must have `values` and not only `values_by_from`.
    """
    sharing = keyed(plan, pool)
    version = KeyVersion(Span(sharing.period.first), definition)
    return with_rest(plan, pool, replace(sharing, terms=replace(sharing.terms, versions=(version,))))


def with_weights(plan: Plan, pool: str, weights: Mapping[str, object]) -> Plan:
    """The plan with plain weights in a pool."""
    return with_rest(plan, pool, Weighted(weights, named(plan, pool).is_mutual))


def with_members(plan: Plan, pool: str, members: Sequence[str]) -> Plan:
    """The plan with more members in a pool from the first day of the period. Their drivers must have values."""
    sharing = keyed(plan, pool)
    participation = joined(sharing.terms.participation, members, sharing.period.first)
    return with_rest(plan, pool, replace(sharing, terms=replace(sharing.terms, participation=participation)))


def with_rest(plan: Plan, pool: str, sharing: Sharing) -> Plan:
    """The plan with another sharing among the members; what the pool gives to others stays."""
    present = named(plan, pool)
    return plan.with_sharing(pool, replace(present, rest=sharing) if isinstance(present, Giving) else sharing)


def named(plan: Plan, pool: str) -> Sharing:
    if pool not in plan.sharings:
        raise AllocationError("BAD_KEY", "pool", found=pool)
    return plan.sharings[pool]


def keyed(plan: Plan, pool: str) -> Keyed:
    present = named(plan, pool)
    sharing = present.rest if isinstance(present, Giving) else present
    if not isinstance(sharing, Keyed):
        raise AllocationError("BAD_KEY", "overhead", found=pool, pool=pool)
    return sharing
