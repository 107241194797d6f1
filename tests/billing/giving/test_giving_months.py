"""Pools that give, in the product: run and rows, closed months, statement, trace, corrections, year, simulator."""

from datetime import date
from fractions import Fraction

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from billing import corrections, entries, exports, lines, overview, periods, statements
from billing.allocation.errors import AllocationError
from billing.comparison import compare as compare_months
from billing.giving.proposals import write
from billing.models import Budget, Driver, Giving, Pool, Transfer
from billing.pdf import statement as printed
from billing.settlement import budget, year
from billing.simulator import basis as bases
from billing.simulator.scenario import Choice, compare
from tests.billing.world import NOON, OCTOBER, SINCE, World
from tests.factories import make_director

pytestmark = pytest.mark.django_db


def give(giver, units, *, capacity="100", own=None, idle=None, since=SINCE, basis="percent", unit=""):
    own = own or str(100 - sum(map(int, units.values())))
    gives = {"capacity": capacity, "own": own, "units": units, "idle": idle}
    change = {"valid_from": since.isoformat(), "basis": basis, "unit": unit, "gives": gives}
    return write(giver, change, decided_by="Styregruppen", reference="Nøglesæt 2")


def giving_world():
    """The desk has 1,984,568 øre and gives 8 % to security and 3 % to the overhead, which shares 333,333."""
    world = World()
    world.lines()
    world.giving = give(world.desk, {"security": "8", "overhead": "3"})
    return world


def calculated():
    world = giving_world()
    return world, periods.calculate(world.october, by=world.lone, at=NOON)


def close(world):
    periods.approve(world.october, by=world.per, at=NOON)
    return periods.close(world.october, by=world.per, at=NOON)


def test_a_run_keeps_what_each_pool_received_from_which_in_whole_oere_and_exactly():
    _world, run = calculated()

    rows = [
        (row.giver.code, row.receiver.code, row.amount_ore, row.exact_share, row.exact_rounding)
        for row in run.transfers.select_related("giver", "receiver").order_by("receiver__position")
    ]
    # 1,984,568 × 0.08 = 158,765.44 and × 0.03 = 59,537.04; the øre left over go to .60 and .48 of the members first.
    assert rows == [
        ("desk", "security", 158_765, Fraction(8, 100), Fraction(-44, 100)),
        ("desk", "overhead", 59_537, Fraction(3, 100), Fraction(-4, 100)),
    ]
    assert run.ledger_ore == run.allocated_ore
    assert run.unallocated_ore == 0


def test_posted_is_allocated_for_every_pool_and_in_total():
    world, run = calculated()

    seen = statements.read(world.egedal, OCTOBER)

    flows = {flow.pool.code: flow for flow in seen.flows}
    assert list(flows) == ["desk", "security", "overhead"]
    assert {code: flow.remainder_ore for code, flow in flows.items()} == {"desk": 0, "security": 0, "overhead": 0}
    assert (flows["desk"].own_ore, flows["desk"].given_ore) == (1_984_568, 158_765 + 59_537)
    assert (flows["security"].own_ore, flows["security"].received_ore) == (10_000, 158_765)
    assert flows["security"].shared_ore == 168_765
    assert seen.remainder_ore == 0
    assert sum(row.total_ore for row in seen.rows) == run.ledger_ore


def test_the_database_refuses_a_run_whose_pools_do_not_add_up_one_by_one():
    world, run = calculated()
    Transfer.objects.create(run=run, period=run.period, giver=world.security, receiver=world.overhead, amount_ore=1)

    with pytest.raises(DatabaseError, match="pools do not add up: security"), transaction.atomic():
        periods.approve(world.october, by=world.per, at=NOON)


CHANGES = [
    "UPDATE billing_transfer SET amount_ore = 1",
    "DELETE FROM billing_transfer",
    (
        "INSERT INTO billing_transfer (run_id, period_id, giver_id, receiver_id, share, amount_ore, rounding)"
        " SELECT run_id, period_id, receiver_id, giver_id, share, amount_ore, rounding FROM billing_transfer"
    ),
    "TRUNCATE billing_transfer",
    "UPDATE billing_giving SET own = 1",
    "UPDATE billing_giving SET valid_to = '2026-10-01'",
    "DELETE FROM billing_giving",
    "UPDATE billing_givenpart SET units = 1",
    "DELETE FROM billing_givenpart",
    "TRUNCATE billing_givenpart",
    (
        "INSERT INTO billing_givenpart (giving_id, receiver_id, units)"
        " SELECT g.id, p.id, 1 FROM billing_giving g, billing_pool p WHERE p.code = 'nexus'"
    ),
]


@pytest.mark.parametrize("statement", CHANGES)
def test_what_a_closed_month_rests_on_stays_as_it_was(statement):
    world, _run = calculated()
    close(world)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_relation_that_ends_later_does_not_touch_the_closed_month():
    world, run = calculated()
    close(world)
    november = world.period(date(2026, 11, 1))
    world.lines(november, prefix="N-")
    Giving.objects.update(valid_to=date(2026, 11, 1))

    later = periods.calculate(november, by=world.lone, at=NOON)

    assert not later.transfers.exists()
    assert run.transfers.count() == 2
    assert run.snapshot.content["pools"]["desk"]["gives"]["units"] == {"overhead": "3", "security": "8"}


@pytest.mark.parametrize("statement", [
    "INSERT INTO billing_givenpart (giving_id, receiver_id, units) SELECT id, giver_id, 1 FROM billing_giving",
    "UPDATE billing_giving SET valid_from = '2014-01-15'",
    "UPDATE billing_giving SET capacity = 0",
    "UPDATE billing_giving SET own = 101",
    "UPDATE billing_giving SET idle_id = giver_id",
])  # fmt: skip
def test_the_database_refuses_what_no_relation_can_be(statement):
    giving_world()

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_idle_capacity_goes_to_the_pool_that_carries_it():
    world = World()
    world.lines()
    give(world.desk, {"overhead": "20"}, capacity="200", own="150", idle="security", basis="units", unit="TB")

    run = periods.calculate(world.october, by=world.lone, at=NOON)

    moved = {row.receiver.code: row.exact_share for row in run.transfers.select_related("receiver")}
    assert moved == {"security": Fraction(30, 200), "overhead": Fraction(20, 200)}


def test_a_pool_that_is_calculated_earlier_cannot_receive_and_the_reason_is_told_with_names():
    world = World()
    world.lines()
    give(world.security, {"desk": "10"})

    with pytest.raises(AllocationError) as refused:
        periods.calculate(world.october, by=world.lone, at=NOON)

    assert (refused.value.code, refused.value.where["pool"]) == ("CYCLE", "security")


def test_the_trace_opens_the_given_part_down_to_the_lines_and_adds_up_on_the_screen():
    world, _run = calculated()

    found = entries.read(world.egedal, OCTOBER)

    assert found.adds_up
    security = next(pool for pool in found.pools if pool.allocation.pool.code == "security")
    (received,) = security.received
    assert [traced.line.external_id for traced in received.lines] == ["L1", "L2", "L3"]
    assert received.lines[0].exact_ore == Fraction(1_234_567 * 8, 100) / 3
    assert received.exact_ore == Fraction(158_765, 3)
    shown = sum(part.shown_ore for part in security.parts) + security.shown_rounding_ore
    assert shown == security.allocation.amount_ore
    below = sum(part.shown_ore for part in received.lines) + received.shown_rounding_ore
    assert below == received.shown_ore
    assert abs(received.shown_rounding_ore - received.rounding_ore) < Fraction(1, 1000)
    overhead = next(pool for pool in found.pools if pool.allocation.pool.code == "overhead")
    assert [part.giver.code for part in overhead.received] == ["desk"]


def test_a_chain_of_pools_opens_step_by_step():
    world = World()
    world.lines()
    give(world.desk, {"security": "50"})
    give(world.security, {"overhead": "50"})
    periods.calculate(world.october, by=world.lone, at=NOON)

    found = entries.read(world.ballerup, OCTOBER)

    overhead = next(pool for pool in found.pools if pool.allocation.pool.code == "overhead")
    (from_security,) = overhead.received
    (from_desk,) = from_security.received
    assert found.adds_up
    assert [traced.line.external_id for traced in from_desk.lines] == ["L1", "L2", "L3"]


def test_the_page_shows_the_givers_lines_and_the_files_carry_the_row(client):
    world, _run = calculated()
    client.force_login(world.lone)

    page = client.get(reverse("billing:entries", args=["2026-10", "egedal"])).content.decode()

    assert 'id="security-desk"' in page
    rows = list(exports.rows(entries.read(world.egedal, OCTOBER)))
    assert sum("Desk" in str(row[7]) for row in rows) == 2
    assert exports.as_xlsx(entries.read(world.egedal, OCTOBER))[:2] == b"PK"


def test_statement_page_and_print_tell_what_the_pools_gave(client):
    world, _run = calculated()
    client.force_login(make_director(world.egedal))

    page = client.get(reverse("billing:statement", args=["2026-10", "egedal"])).content.decode()

    assert "1.587,65" in page
    content = printed.content(statements.read(world.egedal, OCTOBER), desk="Driften")
    assert "Security" in content["consists"]["note"]
    assert printed.as_pdf(statements.read(world.egedal, OCTOBER), desk="Driften")[:4] == b"%PDF"


def test_the_overview_shows_giving_pools_first(client):
    world, _run = calculated()
    client.force_login(make_director(world.egedal))

    page = client.get(reverse("billing:overview")).content.decode()

    assert "1.588" in page
    assert [moved.receiver.code for moved in overview.read().moved] == ["security", "overhead"]


def test_a_pools_spending_stands_beside_its_budget_as_it_was_posted():
    world, run = calculated()

    seen = overview.read()

    assert [seen.spent_on(pool.pk, [OCTOBER]) for pool in (world.desk, world.security, world.overhead)] == [
        1_984_568, 10_000, 333_333,
    ]  # fmt: skip
    compared = {row.name: row.now_ore for row in compare_months(run).pools}
    assert (compared["Desk"], compared["Security"], compared["Overhead"]) == (1_984_568, 10_000, 333_333)


def test_a_line_of_a_giving_pool_ends_with_everybody_by_all_ways():
    world, _run = calculated()
    line = world.october.lines.get(external_id="L1")

    found = lines.destination(line)

    assert found.exact_ore == line.amount_ore
    assert len(found.parts) == 3


def test_a_late_line_of_a_giving_pool_is_corrected_to_the_oere_through_its_receivers():
    world, _run = calculated()
    close(world)
    world.october.refresh_from_db()
    world.november = world.period(date(2026, 11, 1))
    world.line("K1", -100_000, world.desk, period=world.november, corrects=world.october)

    booked = corrections.correct(world.october, reason="Kreditnota", by=world.lone, at=NOON)

    amounts = {}
    for row in booked.amounts.select_related("pool"):
        amounts[row.pool.code] = amounts.get(row.pool.code, 0) + row.amount_ore
    assert sum(amounts.values()) == -100_000
    assert amounts["security"] == -8_000
    assert amounts["overhead"] == -3_000
    assert corrections.correct(world.october, reason="Igen", by=world.lone, at=NOON) is None


def test_the_budget_of_a_giving_pool_ends_with_those_whom_its_money_reaches():
    world = giving_world()
    for month in range(1, 13):
        Budget.objects.create(pool=world.desk, month=date(2026, month, 1), amount_ore=2_000_000)
    run = periods.calculate(world.october, by=world.lone, at=NOON)
    plan = budget.fix_budget(2026, basis=run, by=world.lone)

    assert sum(share.exact_share for share in plan.shares.all()) == 1
    close(world)
    seen = year.read(2026)

    desk = next(row for row in seen.pools if row.pool and row.pool.code == "desk")
    assert (desk.budget_ore, desk.actual_ore) == (2_000_000, 1_984_568)
    for row in seen.members:
        assert row.cost_ore + row.key_ore + row.unbilled_ore == row.settlement_ore == row.actual_ore - row.invoiced_ore
    assert sum(row.actual_ore for row in seen.members) == run.ledger_ore
    statement = statements.read(world.egedal, OCTOBER)
    assert statement.budget_ore == sum(
        budget_row.amount_ore for budget_row in plan.shares.filter(municipality=world.egedal)
    ) // 12  # fmt: skip


def simulate(world, **choices):
    members = {member.code: member for member in world.members}
    basis = bases.read([world.october], drivers=list(Driver.objects.all()), members=members)
    return compare(basis, choices)


def test_the_simulator_knows_what_pools_give_and_agrees_with_the_books():
    world, _run = calculated()

    outcome, errors = simulate(world)

    assert errors == []
    assert outcome.agrees_with_books
    assert not any(outcome.amounts.difference_ore.values())


def test_the_simulator_tries_another_key_or_another_giving_and_the_cost_stays_the_same():
    world, _run = calculated()

    keyed, errors = simulate(world, desk=Choice({"type": "equal"}))
    assert errors == []
    assert keyed.balances
    assert keyed.by_pool_ore.keys() >= {"desk"}
    assert all(code.isdigit() for amounts in keyed.by_pool_ore.values() for code in amounts)
    stopped, errors = simulate(world, desk=Choice(gives={"units": {}, "capacity": "100", "own": "100", "idle": None}))
    assert errors == []
    assert stopped.balances
    assert (Giving.objects.count(), Transfer.objects.count()) == (1, 2)


def test_months_without_giving_have_the_snapshot_they_always_had():
    world = World()
    world.lines()

    run = periods.calculate(world.october, by=world.lone, at=NOON)

    assert all("gives" not in terms for terms in run.snapshot.content["pools"].values())
    assert Pool.objects.count() == 4
