"""A month's steps: exact øre, the same result twice, two persons, and nothing changes afterwards."""

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import DatabaseError, connection, transaction

from billing import evidence, periods, tasks
from billing.allocation.errors import AllocationError
from billing.measuring import PeriodFrozen, measure_drivers
from billing.models import Allocation, Driver, DriverEvidence, DriverValue, KeyVersion, Period, Run, RunRequest
from billing.plans import KeyChangesInside, ScopeTooNarrow
from servicecenter.tenancy.scope import tenant_scope
from tests.billing.world import NOON, OCTOBER, World
from tests.factories import make_agent, make_ticket
from tickets import lifecycle
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def amounts(run):
    rows = Allocation.objects.filter(run=run).order_by("pool__position", "municipality__code")
    return [
        (row.pool.code, row.municipality.slug, row.amount_ore) for row in rows.select_related("pool", "municipality")
    ]


def calculated():
    world = World()
    world.lines()
    return world, periods.calculate(world.october, by=world.lone, at=NOON)


def approved():
    world, run = calculated()
    periods.approve(world.october, by=world.per, at=NOON)
    world.october.refresh_from_db()
    return world, run


def test_every_amount_is_exact_and_the_sums_agree():
    _world, run = calculated()

    # The desk's 1,984,568 øre by 48,000 / 38,000 / 42,000; security's 10,000 in three; overhead by cost carried.
    assert amounts(run) == [
        ("desk", "ballerup", 744_213), ("desk", "furesoe", 589_169), ("desk", "egedal", 651_186),
        ("security", "ballerup", 3_334), ("security", "furesoe", 3_333), ("security", "egedal", 3_333),
        ("nexus", "egedal", 61_874_500),
        ("overhead", "ballerup", 3_902), ("overhead", "furesoe", 3_092), ("overhead", "egedal", 326_339),
    ]  # fmt: skip
    assert (run.ledger_ore, run.allocated_ore, run.unallocated_ore) == (64_202_401, 64_202_401, 0)
    assert sum(amount for _pool, _member, amount in amounts(run)) == 64_202_401


def test_shares_and_roundings_are_stored_as_exact_fractions():
    world, run = calculated()

    row = Allocation.objects.get(run=run, pool=world.desk, municipality=world.furesoe)

    assert (row.share, row.exact_share) == ("19/64", Fraction(38_000, 128_000))
    assert row.amount_ore == 1_984_568 * row.exact_share + row.exact_rounding
    assert Allocation.objects.get(run=run, pool=world.security, municipality=world.ballerup).is_tied


def test_the_same_snapshot_gives_the_same_run_and_writes_nothing():
    world, run = calculated()

    again = periods.calculate(world.october, by=world.per, at=NOON)

    world.october.refresh_from_db()
    assert again == run
    assert (Run.objects.count(), Allocation.objects.count()) == (1, 10)
    assert world.october.calculated_by == world.lone


def test_a_new_line_gives_a_new_current_run():
    world, run = calculated()
    world.line("L4", 3, world.security)

    later = periods.calculate(world.october, by=world.lone, at=NOON)

    run.refresh_from_db()
    assert (run.is_current, later.is_current, later.ledger_ore) == (False, True, 64_202_404)


def test_whoever_does_not_see_all_lines_cannot_calculate():
    world = World()
    world.lines()

    with tenant_scope(world.operator.pk, world.egedal.pk), pytest.raises(ScopeTooNarrow):
        periods.calculate(world.october, by=world.lone, at=NOON)


def test_an_unassigned_line_stops_the_approval_even_at_zero():
    world = World()
    world.lines()
    world.line("U1", 500)
    loose = world.line("U2", -500)
    periods.calculate(world.october, by=world.lone, at=NOON)

    with pytest.raises(periods.LinesUnassigned, match="2"):
        periods.approve(world.october, by=world.per, at=NOON)

    periods.assign(loose, pool=world.desk, by=world.lone)
    loose.refresh_from_db()
    assert loose.pool == world.desk


def test_the_person_who_calculated_cannot_approve():
    world, _run = calculated()

    with pytest.raises(periods.SamePerson):
        periods.approve(world.october, by=world.lone, at=NOON)


def test_the_database_too_wants_two_persons():
    world, _run = calculated()

    with pytest.raises(DatabaseError, match="period_approved_by_another"):
        execute(
            "UPDATE billing_period SET state = 'approved', approved_by_id = calculated_by_id, approved_at = now()"
            f" WHERE id = {world.october.pk}"
        )


def test_a_month_that_changed_since_it_was_calculated_cannot_be_approved():
    world, _run = calculated()
    world.line("L4", 3, world.security)

    with pytest.raises(periods.CalculationIsOld):
        periods.approve(world.october, by=world.per, at=NOON)


def test_the_database_compares_the_sums_when_a_month_is_approved():
    world, _run = calculated()
    world.line("L4", 3, world.security)

    with pytest.raises(DatabaseError, match="64202404 øre posted, 64202401 øre allocated"):
        execute(
            f"UPDATE billing_period SET state = 'approved', approved_by_id = {world.per.pk}, approved_at = now()"
            f" WHERE id = {world.october.pk}"
        )


def execute(sql):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


NEW_LINE = """
    INSERT INTO billing_ledgerline (municipality_id, period_id, source, external_id, digest, document_ref, vendor,
        account, booked_on, amount_ore, vat_ore, text)
    SELECT municipality_id, period_id, source, 'new', '', '', '', '', booked_on, 1, 0, ''
    FROM billing_ledgerline LIMIT 1
"""
NEW_ALLOCATION = """
    INSERT INTO billing_allocation (municipality_id, run_id, period_id, share, amount_ore, rounding, is_tied)
    SELECT municipality_id, run_id, period_id, '', 0, '0', false FROM billing_allocation LIMIT 1
"""
FROZEN = [
    "UPDATE billing_ledgerline SET pool_id = NULL WHERE pool_id IS NOT NULL",
    "UPDATE billing_ledgerline SET amount_ore = amount_ore + 1",
    "DELETE FROM billing_ledgerline",
    NEW_LINE,
    "UPDATE billing_drivervalue SET value = value + 1",
    "DELETE FROM billing_drivervalue",
    "UPDATE billing_allocation SET amount_ore = 0",
    "DELETE FROM billing_allocation",
    NEW_ALLOCATION,
    "UPDATE billing_run SET is_current = false",
    "UPDATE billing_run SET allocated_ore = 0, unallocated_ore = ledger_ore",
    "DELETE FROM billing_run",
    "UPDATE billing_snapshot SET content = '{}'",
    "DELETE FROM billing_snapshot",
    "UPDATE billing_period SET state = 'open'",
    "UPDATE billing_period SET state = 'calculated'",
    "UPDATE billing_period SET month = '2020-01-01'",
    "UPDATE billing_period SET approved_by_id = closed_by_id, approved_at = now()",
    "DELETE FROM billing_period",
    "UPDATE billing_keyversion SET definition = '{\"type\": \"equal\"}' WHERE definition->>'type' = 'driver'",
    "UPDATE billing_keyversion SET valid_to = '2026-10-15'",
    "DELETE FROM billing_keyversion",
    "DELETE FROM billing_participation",
    "UPDATE billing_participation SET valid_from = '2026-10-02'",
]


@pytest.mark.parametrize("sql", FROZEN)
def test_an_approved_month_refuses_raw_sql(sql):
    approved()

    with pytest.raises(DatabaseError, match="refused"):
        execute(sql)


@pytest.mark.parametrize("sql", FROZEN)
def test_a_closed_month_refuses_raw_sql(sql):
    world, _run = approved()
    periods.close(world.october, by=world.lone, at=NOON)

    with pytest.raises(DatabaseError, match="refused"):
        execute(sql)


def test_a_key_may_still_end_after_the_closed_month():
    world, _run = approved()
    periods.close(world.october, by=world.lone, at=NOON)
    version = world.desk.key_versions.get()

    version.valid_to = date(2026, 12, 1)
    version.save()
    KeyVersion.objects.create(
        pool=world.desk,
        valid_from=date(2026, 12, 1),
        definition={"type": "equal"},
        label="Lige",
        decided_by="Styregruppen",
    )

    assert world.desk.key_versions.count() == 2


def test_a_closed_month_cannot_be_calculated_measured_or_closed_again():
    world, _run = approved()
    periods.close(world.october, by=world.lone, at=NOON)

    with pytest.raises(PeriodFrozen):
        periods.calculate(world.october, by=world.lone, at=NOON)
    with pytest.raises(PeriodFrozen):
        measure_drivers(world.october, by=world.lone, at=NOON)
    with pytest.raises(periods.NotApproved):
        periods.close(world.october, by=world.lone, at=NOON)


def test_an_open_line_keeps_its_amount():
    calculated()

    with pytest.raises(DatabaseError, match="append-only"):
        execute("UPDATE billing_ledgerline SET amount_ore = 1")
    with pytest.raises(DatabaseError, match="append-only"):
        execute("DELETE FROM billing_ledgerline")


def resolved(municipality, at):
    ticket = make_ticket(municipality, at=at)
    agent = make_agent(municipality)
    lifecycle.resolve(ticket, by=agent, solution="Genstartet.", at=at)
    return ticket, agent


def test_tickets_and_minutes_are_counted_in_local_time_with_their_evidence():
    world = World()
    tickets = Driver.objects.create(code="tickets", name="Sager", nature="flow", unit="sager", source="tickets")
    minutes = Driver.objects.create(code="minutes", name="Tid", nature="flow", unit="min.", source="agent_minutes")
    first, agent = resolved(world.egedal, datetime(2026, 9, 30, 22, 30, tzinfo=UTC))  # 1 October in Denmark
    resolved(world.egedal, datetime(2026, 10, 31, 23, 30, tzinfo=UTC))  # 1 November in Denmark
    cancelled = make_ticket(world.furesoe, at=datetime(2026, 10, 5, 8, 0, tzinfo=UTC))
    lifecycle.cancel(cancelled, by=agent, reason="spam", at=datetime(2026, 10, 5, 9, 0, tzinfo=UTC))
    in_october = date(2026, 10, 31)
    entries = [
        (first, 40, in_october),
        (first, -10, in_october),
        (first, 7, date(2026, 11, 1)),
        (cancelled, 99, OCTOBER),
    ]
    for ticket, worked, on in entries:
        lifecycle.register_time(ticket, by=agent, minutes=worked, day=on)

    changed = measure_drivers(world.october, by=world.lone, at=NOON)

    values = DriverValue.objects.filter(driver__in=[tickets, minutes]).order_by("driver__code", "municipality__code")
    assert [(row.driver.code, row.municipality.slug, row.value) for row in values] == [
        ("minutes", "ballerup", 0), ("minutes", "furesoe", 0), ("minutes", "egedal", 30),
        ("tickets", "ballerup", 0), ("tickets", "furesoe", 0), ("tickets", "egedal", 1),
    ]  # fmt: skip
    assert (changed, measure_drivers(world.october, by=world.lone, at=NOON)) == (6, 0)
    assert evidence.of_values(minutes.values.filter(municipality=world.egedal)) == {
        values[2].pk: [[first.number, "30"]]
    }


def approved_with_tickets(world):
    """A month shared by two tickets of Egedal and one of Ballerup, approved."""
    tickets = Driver.objects.create(code="tickets", name="Sager", nature="flow", unit="sager", source="tickets")
    world.desk.key_versions.update(definition={"type": "driver", "driver": "tickets"})
    filed = [resolved(member, datetime(2026, 10, 5, 8, 0, tzinfo=UTC))[0] for member in (world.egedal, world.ballerup)]
    filed.append(resolved(world.egedal, datetime(2026, 10, 6, 8, 0, tzinfo=UTC))[0])
    world.line("L1", 3_000, world.desk)
    measure_drivers(world.october, by=world.lone, at=NOON)
    periods.calculate(world.october, by=world.lone, at=NOON)
    return tickets, filed


def test_the_tickets_behind_a_quantity_are_kept_when_the_month_is_approved():
    world = World()
    tickets, (first, other, second) = approved_with_tickets(world)
    assert not DriverEvidence.objects.exists()

    periods.approve(world.october, by=world.per, at=NOON)

    kept = {row.municipality.slug: row for row in DriverEvidence.objects.select_related("municipality", "value")}
    assert {slug: row.content for slug, row in kept.items()} == {
        "ballerup": [[other.number, "1"]], "furesoe": [], "egedal": [[first.number, "1"], [second.number, "1"]],
    }  # fmt: skip
    for row in kept.values():
        assert row.digest == row.value.digest == hashlib.sha256(json.dumps(row.content).encode()).hexdigest()
    Ticket.objects.filter(pk=first.pk).update(status="merged")
    egedal = tickets.values.filter(municipality=world.egedal)
    assert evidence.of_values(egedal) == {egedal[0].pk: [[first.number, "1"], [second.number, "1"]]}


def test_a_month_is_not_approved_on_tickets_that_count_otherwise_by_now():
    world = World()
    _tickets, (first, _other, _second) = approved_with_tickets(world)
    Ticket.objects.filter(pk=first.pk).update(status="merged")

    with pytest.raises(evidence.QuantityIsOld) as refused, transaction.atomic():
        periods.approve(world.october, by=world.per, at=NOON)

    assert "Sager" in str(refused.value.message)
    assert "Egedal" in str(refused.value.message)
    assert not DriverEvidence.objects.exists()
    world.october.refresh_from_db()
    assert world.october.state == Period.State.CALCULATED
    measure_drivers(world.october, by=world.lone, at=NOON)
    periods.calculate(world.october, by=world.lone, at=NOON)
    periods.approve(world.october, by=world.per, at=NOON)
    assert {row.value.value for row in DriverEvidence.objects.select_related("value")} == {0, 1}


def test_a_ticket_counts_the_weight_of_its_priority():
    world = World()
    weights = {"1": "4", "2": "3", "3": "2.5", "4": "1", "5": "1"}
    tickets = Driver.objects.create(
        code="weighted", name="Sager", nature="flow", unit="sager", source="tickets", weights=weights
    )
    world.desk.key_versions.update(definition={"type": "driver", "driver": "weighted"})
    found = [resolved(world.egedal, datetime(2026, 10, day, 8, 0, tzinfo=UTC))[0] for day in (5, 6)]
    Ticket.objects.filter(pk=found[0].pk).update(priority=3)
    Ticket.objects.filter(pk=found[1].pk).update(priority=1)
    measure_drivers(world.october, by=world.lone, at=NOON)
    world.line("L1", 3_000, world.desk)
    periods.calculate(world.october, by=world.lone, at=NOON)

    periods.approve(world.october, by=world.per, at=NOON)

    value = tickets.values.get(municipality=world.egedal)
    assert value.value == Decimal("6.5")
    assert value.evidence.get().content == [[found[0].number, "2.5"], [found[1].number, "4"]]
    tickets.weights = {"3": "1"}
    with pytest.raises(AllocationError) as refused:
        evidence.totals(tickets, evidence.Span(OCTOBER, date(2026, 11, 1)))
    assert (refused.value.code, refused.value.where["driver"]) == ("MISSING_DRIVER", "weighted")


def changed_on_the_fifteenth(world, definition):
    world.desk.key_versions.update(valid_to=date(2026, 10, 15))
    return KeyVersion.objects.create(
        pool=world.desk, valid_from=date(2026, 10, 15), definition=definition, label="Sager", decided_by="Styregruppen"
    )


def test_a_flow_is_counted_for_each_key_version_when_the_key_changes_inside_a_month():
    """14 of 31 days by the tickets of these days, 17 by those of the rest; another pool counts the whole month."""
    world = World()
    tickets = Driver.objects.create(code="tickets", name="Sager", nature="flow", unit="sager", source="tickets")
    by_tickets = {"type": "driver", "driver": "tickets"}
    world.desk.key_versions.update(definition=by_tickets)
    changed_on_the_fifteenth(world, {"type": "mix", "parts": [
        {"weight": "0.5", "key": {"type": "equal"}}, {"weight": "0.5", "key": by_tickets},
    ]})  # fmt: skip
    world.security.key_versions.update(definition=by_tickets)
    for member, day in [("ballerup", 2), ("ballerup", 3), ("furesoe", 14), ("egedal", 15), ("egedal", 30)]:
        resolved(getattr(world, member), datetime(2026, 10, day, 8, 0, tzinfo=UTC))
    world.line("L1", 1_000_000, world.desk)
    world.line("S1", 1_000, world.security)
    measure_drivers(world.october, by=world.lone, at=NOON)

    run = periods.calculate(world.october, by=world.lone, at=NOON)

    shares = {row.municipality.slug: row.exact_share for row in run.allocations.filter(pool=world.desk)}
    first, rest = Fraction(14, 31), Fraction(17, 31)
    assert shares == {
        "ballerup": first * Fraction(2, 3) + rest * Fraction(1, 6),
        "furesoe": first * Fraction(1, 3) + rest * Fraction(1, 6),
        "egedal": rest * Fraction(2, 3),
    }
    security = {row.municipality.slug: row.amount_ore for row in run.allocations.filter(pool=world.security)}
    assert security == {"ballerup": 400, "furesoe": 200, "egedal": 400}
    parts = tickets.values.get(municipality=world.ballerup).parts.order_by("first")
    assert [(part.first.day, part.end, part.amount) for part in parts] == [
        (1, date(2026, 10, 15), 2), (15, date(2026, 11, 1), 0),
    ]  # fmt: skip
    periods.approve(world.october, by=world.per, at=NOON)
    ballerup = DriverEvidence.objects.filter(value__municipality=world.ballerup, digest=parts.all()[0].digest)
    assert [len(row.content) for row in ballerup] == [2]


def test_two_pools_that_change_on_different_days_read_their_own_counts():
    world = World()
    Driver.objects.create(code="tickets", name="Sager", nature="flow", unit="sager", source="tickets")
    by_tickets = {"type": "driver", "driver": "tickets"}
    for pool, day in [(world.desk, 15), (world.security, 20)]:
        pool.key_versions.update(valid_to=date(2026, 10, day))
        KeyVersion.objects.create(
            pool=pool, valid_from=date(2026, 10, day), definition=by_tickets, label="Sager", decided_by="Styregruppen"
        )
    resolved(world.ballerup, datetime(2026, 10, 16, 8, 0, tzinfo=UTC))
    resolved(world.egedal, datetime(2026, 10, 21, 8, 0, tzinfo=UTC))
    world.line("L1", 1_000, world.desk)
    world.line("S1", 1_000, world.security)
    measure_drivers(world.october, by=world.lone, at=NOON)

    run = periods.calculate(world.october, by=world.lone, at=NOON)

    def share(pool, member):
        return run.allocations.get(pool=pool, municipality=member).exact_share

    assert share(world.desk, world.ballerup) == Fraction(14, 31) * Fraction(48, 128) + Fraction(17, 31) * Fraction(1, 2)
    assert share(world.security, world.ballerup) == Fraction(19, 31) * Fraction(1, 3)
    assert share(world.security, world.egedal) == Fraction(19, 31) * Fraction(1, 3) + Fraction(12, 31)


def test_an_entered_flow_cannot_be_cut_at_a_day():
    world = World()
    Driver.objects.create(code="pages", name="Sider", nature="flow", unit="sider")
    changed_on_the_fifteenth(world, {"type": "driver", "driver": "pages"})

    with pytest.raises(KeyChangesInside):
        periods.calculate(world.october, by=world.lone, at=NOON)


def test_a_stretch_that_was_not_counted_is_missing_and_named_as_the_quantity_it_is():
    world = World()
    world.lines()
    Driver.objects.create(code="tickets", name="Sager", nature="flow", unit="sager", source="tickets")
    changed_on_the_fifteenth(world, {"type": "driver", "driver": "tickets"})

    with pytest.raises(AllocationError) as refused:
        periods.calculate(world.october, by=world.lone, at=NOON)

    assert refused.value.code == "MISSING_DRIVER"
    assert tasks.as_data(refused.value)["where"]["driver"] == "tickets"


def test_a_request_is_calculated_once_by_the_task():
    world = World()
    world.lines()
    request = periods.request_run(world.october, by=world.lone, at=NOON)
    scope = periods.everybody()

    tasks.calculate_period(request.pk, scope=scope)
    request.refresh_from_db()
    settled_at = request.settled_at
    tasks.calculate_period(request.pk, scope=scope)

    request.refresh_from_db()
    assert (request.run.ledger_ore, request.fault, request.attempts) == (64_202_401, None, 1)
    assert request.settled_at == settled_at


def test_asking_twice_waits_for_the_same_request():
    world = World()

    assert periods.request_run(world.october, by=world.lone) == periods.request_run(world.october, by=world.per)
    assert RunRequest.objects.count() == 1


def test_the_sweep_picks_up_what_the_queue_dropped():
    world = World()
    world.lines()
    request = periods.request_run(world.october, by=world.lone, at=NOON)

    tasks.sweep_runs()

    request.refresh_from_db()
    assert request.run.period == world.october


def test_what_the_allocation_refuses_becomes_a_sentence():
    world = World()
    world.lines()
    DriverValue.objects.filter(municipality=world.egedal, driver=world.inhabitants).delete()
    request = periods.request_run(world.october, by=world.lone, at=NOON)

    tasks.calculate_period(request.pk, scope=periods.everybody())

    request.refresh_from_db()
    names = {
        "pool": {"desk": "Servicedesk"},
        "member": {world.egedal.code: "Egedal"},
        "driver": {"inhabitants": "Indbyggere"},
    }
    assert (request.run, request.fault["code"]) == (None, "MISSING_DRIVER")
    assert {"Servicedesk", "Egedal", "Indbyggere"} <= set(
        request.sentence(names).replace(",", "").replace(":", "").split()
    )
    world.october.refresh_from_db()
    assert world.october.state == "open"


def test_the_pages_of_one_municipality_never_hold_the_lines_of_another(django_user_model):
    world, _run = calculated()

    with tenant_scope(world.ballerup.pk):
        cursor = connection.cursor()
        cursor.execute("SELECT external_id FROM billing_ledgerline ORDER BY external_id")
        lines = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT count(*) FROM billing_snapshot")
        snapshots = cursor.fetchone()[0]
        cursor.execute("SELECT count(DISTINCT municipality_id) FROM billing_allocation")
        carriers = cursor.fetchone()[0]

    assert (lines, snapshots, carriers) == (["L1", "L2", "L3", "O1", "S1"], 0, 3)


def test_no_scope_shows_nothing():
    calculated()

    with tenant_scope(), connection.cursor() as cursor:
        for table in ("ledgerline", "allocation", "drivervalue", "participation", "snapshot"):
            cursor.execute(f"SELECT count(*) FROM billing_{table}")
            assert cursor.fetchone()[0] == 0
