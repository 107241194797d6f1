"""What always holds, I1 to I15 of docs/en/allocation.md, each tried on drawn problems or in the database itself."""

from fractions import Fraction

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from billing import corrections, periods
from billing.allocation import runs, what_if
from billing.allocation.drivers import Drivers
from billing.allocation.errors import AllocationError
from billing.allocation.exchange import net, payments
from billing.allocation.ledger import Line
from billing.allocation.pools import read_terms
from billing.allocation.rounding import apportion, largest_remainder
from billing.allocation.settlement import correction
from billing.allocation.spans import read_period
from billing.allocation.trace import trace
from billing.models import Allocation, DriverEvidence, LedgerLine, Run
from servicecenter.tenancy.scope import tenant_scope
from tests.billing.allocation.problems import amounts, keys, problems, quick
from tests.billing.allocation.test_exchange import trades
from tests.billing.test_corrections import closed, late
from tests.billing.world import NOON, World

weights = st.dictionaries(
    st.sampled_from(["151", "190", "201", "210", "240", "DESK"]),
    st.fractions(0, 1000, max_denominator=12).map(str),
    min_size=1,
).filter(lambda table: any(Fraction(weight) for weight in table.values()))
POOLS = {
    "DESK": {"weights": {"151": "3", "190": "2", "240": "2"}},
    "RENT": {"weights": {"151": "1", "190": "1", "240": "1/3"}},
    "TOP": {"on_cost_of": ["direct", "DESK"]},
}
posted = st.lists(
    st.tuples(st.integers(-(10**9), 10**9), st.sampled_from([None, "DESK", "RENT"]), st.booleans()), max_size=12
)


def split_of(problem):
    """The split of a drawn pool, or None when the allocation refuses it."""
    terms = read_terms(problem["participation"], problem["key_versions"])
    try:
        shares = terms.shares(read_period(problem["period"]), Drivers(problem["drivers"]))
    except AllocationError:
        return None
    return largest_remainder(problem["total_ore"], shares)


def plan_of(lines):
    data = [
        {"id": str(number), "amount_ore": amount} | ({"pool": pool} if pool else {"direct": "240"} if own else {})
        for number, (amount, pool, own) in enumerate(lines)
    ]
    return {"order": list(POOLS), "pools": POOLS, "lines": data}


@quick
@given(problems)
def test_i1_the_amounts_of_a_pool_are_its_total_to_the_oere(problem):
    if split := split_of(problem):
        assert sum(split.amounts.values()) == problem["total_ore"]


@quick
@given(posted)
def test_i2_posted_is_allocated_and_unallocated(lines):
    done = runs.run(runs.read_plan(plan_of(lines)))

    loose = sum(amount for amount, pool, own in lines if pool is None and not own)
    assert done.control.ledger_ore == sum(amount for amount, *_ in lines)
    assert (done.control.unallocated_ore, done.control.balances) == (loose, True)


@quick
@given(problems)
def test_i3_a_share_of_zero_gives_zero(problem):
    if split := split_of(problem):
        nothing = {member for member in split.amounts if split.shares.of(member) == 0}
        assert {split.amounts[member] for member in nothing} <= {0}


@quick
@given(problems)
def test_i4_every_amount_is_within_one_oere_of_the_exact_one(problem):
    if split := split_of(problem):
        for member, amount in split.amounts.items():
            assert abs(amount - problem["total_ore"] * split.shares.of(member)) < 1


@quick
@given(posted, st.randoms(use_true_random=False))
def test_i5_the_order_of_the_input_changes_nothing(lines, random):
    plan = plan_of(lines)
    shuffled = plan | {"lines": random.sample(plan["lines"], len(lines))}

    assert (
        runs.run(runs.read_plan(shuffled)).cascade.allocated_ore()
        == runs.run(runs.read_plan(plan)).cascade.allocated_ore()
    )


@pytest.mark.django_db
def test_i6_the_same_snapshot_gives_the_same_result_and_no_new_rows():
    world = World()
    world.lines()
    first = periods.calculate(world.october, by=world.lone, at=NOON)
    before = list(Allocation.objects.order_by("id").values())

    again = [periods.calculate(world.october, by=world.per) for _turn in range(3)]

    assert set(again) == {first}
    assert list(Allocation.objects.order_by("id").values()) == before
    assert Run.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "table", ["ledgerline", "drivervalue", "run", "allocation", "snapshot", "periodseal", "lineseal"]
)
@pytest.mark.parametrize("sql", ["DELETE FROM billing_{0}", "UPDATE billing_{0} SET id = id + 1000"])
def test_i7_closed_rows_never_change(table, sql):
    closed()

    with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(table))


members = st.dictionaries(st.sampled_from(["151", "190", "210", "240"]), st.integers(-(10**9), 10**9))


@quick
@given(members, members, st.lists(members, max_size=4))
def test_i8_closed_and_corrections_are_what_is_recomputed(booked, recomputed, earlier):
    last = correction(closed=booked, recomputed=recomputed, earlier=earlier)

    for member in {*booked, *recomputed, *last}:
        corrected = sum(table.get(member, 0) for table in [*earlier, last])
        assert booked.get(member, 0) + corrected == recomputed.get(member, 0)
    assert not any(correction(closed=booked, recomputed=recomputed, earlier=[*earlier, last]).values())


@pytest.mark.django_db
def test_i8_holds_in_the_database_for_a_row_of_late_lines():
    world = closed()
    for number, kroner in enumerate(["0,01", "-3,33", "777,77"]):
        late(world, f"K{number};09-12-2026;{kroner};2026-10;;;;;;desk;\n")
        corrections.correct(world.october, reason="Sent", by=world.lone, at=NOON)
        assert corrections.correct(world.october, reason="Igen", by=world.lone, at=NOON) is None


@quick
@given(problems)
def test_i9_shares_give_exactly_one(problem):
    if split := split_of(problem):
        assert sum(split.shares.of(member) for member in split.amounts) == 1


@quick
@given(amounts, weights)
def test_i10_a_negative_total_is_the_mirrored_result(total, table):
    mirrored = {member: -amount for member, amount in apportion(-total, table).amounts.items()}

    assert apportion(total, table).amounts == mirrored


@quick
@given(trades)
def test_i11_net_positions_give_zero_and_payments_reproduce_them(trades):
    positions = net(trades)
    settled = dict.fromkeys(positions, 0)
    for payment in payments(positions):
        settled[payment.payee] += payment.amount_ore
        settled[payment.payer] -= payment.amount_ore

    assert (sum(positions.values()), settled) == (0, positions)


@quick
@given(problems, keys)
def test_i12_differences_of_a_simulation_give_zero(problem, key):
    pool = {"participation": problem["participation"], "key_versions": problem["key_versions"]}
    line = {"id": "1", "amount_ore": problem["total_ore"], "pool": "P"}
    plan = runs.read_plan(
        {
            "order": ["P"],
            "pools": {"P": pool},
            "lines": [line],
            "drivers": problem["drivers"],
            "period": problem["period"],
        }
    )
    try:
        found = what_if.with_other_plans([plan], [what_if.with_key(plan, "P", key)])
    except AllocationError:
        return
    assert sum(found.difference_ore.values()) == 0


@quick
@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=8), weights)
def test_i13_a_trace_adds_up_exactly(posted, table):
    split = apportion(sum(posted), table)
    lines = [Line(str(number), amount) for number, amount in enumerate(posted)]

    for receiver, amount in split.amounts.items():
        traced = trace(split, lines, receiver)
        assert traced.exact_ore + traced.rounding_ore == amount
        assert sum((line.exact_ore for line in traced.lines), Fraction(0)) == traced.exact_ore


@pytest.mark.django_db
def test_i14_direct_lines_and_evidence_are_read_by_the_own_municipality_alone_and_totals_by_all():
    world = World()
    world.lines()
    for member in world.members:
        value = world.inhabitants.values.get(municipality=member)
        DriverEvidence.objects.create(municipality=member, value=value, digest="d", content=[])
    world.line("N2", 1, world.nexus, owner=world.ballerup)
    periods.calculate(world.october, by=world.lone, at=NOON)

    for member in world.members:
        with tenant_scope(member.pk):
            assert set(LedgerLine.objects.direct().values_list("municipality", flat=True)) <= {member.pk}
            assert LedgerLine.objects.joint().count() == 5
            assert [row.municipality_id for row in DriverEvidence.objects.all()] == [member.pk]
            assert Allocation.objects.values("municipality").distinct().count() == 3
            assert world.inhabitants.values.count() == 3


@quick
@given(amounts, weights, st.fractions("1/100", 1000, max_denominator=100))
def test_i15_all_weights_times_a_constant_change_nothing(total, table, factor):
    larger = {member: str(Fraction(weight) * factor) for member, weight in table.items()}

    assert apportion(total, larger).amounts == apportion(total, table).amounts
