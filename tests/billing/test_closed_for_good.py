"""A closed month against raw SQL, as the application and as the owner of the tables; and what a change would show."""

from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, connections
from django.urls import reverse

from billing import corrections, periods, seals
from billing.models import GivenPart, Giving, LedgerLine, LineSeal, Period, PeriodSeal
from billing.tasks import seal_chains
from servicecenter.tenancy.scope import tenant_scope
from tests.billing.test_corrections import closed, late
from tests.billing.test_periods import FROZEN
from tests.billing.world import NOON, World

TABLES = [
    "ledgerline", "drivervalue", "driverevidence", "driverpart", "run", "snapshot", "allocation", "period",
    "keyversion", "participation", "drivercorrection", "correction", "correctionamount", "correctionsnapshot",
    "lineseal", "periodseal", "importbatch", "giving", "givenpart", "transfer",
]  # fmt: skip
CORRECTED = [
    "UPDATE billing_correction SET reason = 'x'",
    "DELETE FROM billing_correction",
    "UPDATE billing_transfer SET amount_ore = 1",
    "DELETE FROM billing_transfer",
    "UPDATE billing_giving SET own = 1",
    "DELETE FROM billing_giving",
    "UPDATE billing_givenpart SET units = 1",
    "DELETE FROM billing_givenpart",
    "UPDATE billing_correctionamount SET amount_ore = 0",
    "DELETE FROM billing_correctionamount",
    "UPDATE billing_correctionsnapshot SET content = '{}'",
    "DELETE FROM billing_correctionsnapshot",
    "UPDATE billing_lineseal SET sha256 = 'x'",
    "DELETE FROM billing_lineseal",
    "UPDATE billing_periodseal SET sha256 = 'x'",
    "DELETE FROM billing_periodseal",
    "UPDATE billing_drivercorrection SET value = 1",
    "DELETE FROM billing_drivercorrection",
    "UPDATE billing_driverevidence SET content = '[]'",
    "DELETE FROM billing_driverevidence",
    (
        "INSERT INTO billing_driverevidence (municipality_id, value_id, digest, content)"
        " SELECT municipality_id, id, 'new', '[]' FROM billing_drivervalue WHERE period_id = (SELECT min(id) FROM"
        " billing_period) LIMIT 1"
    ),
    (
        "INSERT INTO billing_correctionamount (municipality_id, correction_id, period_id, pool_id, amount_ore)"
        " SELECT municipality_id, correction_id, (SELECT min(id) FROM billing_period), NULL, 1"
        " FROM billing_correctionamount LIMIT 1"
    ),
    (
        "INSERT INTO billing_run (period_id, sha256, engine_version, ledger_ore, allocated_ore, unallocated_ore,"
        " unassigned_count, is_current, created_at) SELECT id, 'x', '1', 0, 0, 0, 0, false, now() FROM billing_period"
    ),
    (
        "INSERT INTO billing_drivervalue (municipality_id, period_id, driver_id, value, digest, source, measured_at)"
        " SELECT municipality_id, period_id, driver_id, 1, '', '', now() FROM billing_drivervalue"
    ),
    (
        "INSERT INTO billing_participation (municipality_id, pool_id, valid_from)"
        " SELECT municipality_id, pool_id, '2026-10-05' FROM billing_participation"
    ),
    (
        "INSERT INTO billing_keyversion (pool_id, valid_from, definition, label, sentence, decided_by, reference)"
        " SELECT pool_id, '2026-10-05', '{}', '', '', '', '' FROM billing_keyversion"
    ),
    "INSERT INTO billing_period (month, state) VALUES ('2026-12-01', 'closed')",
]


def with_everything():
    """A closed October with evidence and a correction booked in a closed November, in which the desk gives."""
    world = closed()
    giving = Giving.objects.create(
        giver=world.desk, valid_from=world.november.month, basis="percent", capacity=100, own=90, decided_by="Os"
    )
    GivenPart.objects.create(giving=giving, receiver=world.security, units=10)
    corrections.correct_value(
        world.october, world.inhabitants, world.egedal, Decimal(45_000), reason="Talt igen", by=world.lone
    )
    late(world, "K1;09-12-2026;100,00;2026-10;;;;K-1;Efterregning;security;\n")
    corrections.correct(world.october, reason="Efterregning", by=world.lone, at=NOON)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_driverevidence (municipality_id, value_id, digest, content)"
            f" SELECT municipality_id, id, 'd', '[]' FROM billing_drivervalue"
            f" WHERE period_id = {world.november.pk} LIMIT 1"
        )
        cursor.execute(
            'INSERT INTO billing_driverpart (municipality_id, period_id, value_id, first, "end", amount, digest)'
            " SELECT municipality_id, period_id, id, '2026-11-01', '2026-11-10', 1, 'd' FROM billing_drivervalue"
            f" WHERE period_id = {world.november.pk} LIMIT 1"
        )
    periods.calculate(world.november, by=world.lone, at=NOON)
    periods.approve(world.november, by=world.per, at=NOON)
    periods.close(world.november, by=world.per, at=NOON)
    return world


@pytest.fixture
def committed():
    with tenant_scope():
        world = with_everything()
    return world, [world.operator.pk, *(member.pk for member in world.members)]


def _array(scope):
    return "{" + ",".join(map(str, scope)) + "}"


def refused(database, sql, scope=()):
    """Whether the database itself refuses, and why. Everything is rolled back."""
    with connections[database].cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            if scope:
                cursor.execute("SELECT set_config('app.municipalities', %s, true)", [_array(scope)])
            cursor.execute(sql)
        except DatabaseError as error:
            return str(error)
        finally:
            cursor.execute("ROLLBACK")
    return ""


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_closed_month_refuses_raw_sql_of_the_application_and_of_the_owner(committed):
    _world, scope = committed

    for sql in [*FROZEN, *CORRECTED]:
        assert "refused" in refused("default", sql, scope), sql
        assert "refused" in refused("owner", sql), sql
    for table in TABLES:
        assert refused("default", f"TRUNCATE billing_{table} CASCADE"), table
        assert "refused" in refused("owner", f"TRUNCATE billing_{table} CASCADE"), table
    assert "refused" not in refused("owner", "UPDATE billing_pool SET name = 'Et andet navn'")


# One change to each table a closed month rests on, and the row of the chain that no longer holds.
BEHIND = [
    "UPDATE billing_ledgerline SET amount_ore = amount_ore + 1",
    "UPDATE billing_ledgerline SET text = 'andet'",
    "UPDATE billing_ledgerline SET booked_on = booked_on + 1",
    "UPDATE billing_ledgerline SET pool_id = NULL",
    "UPDATE billing_drivervalue SET value = value + 1",
    "UPDATE billing_driverevidence SET content = '[1]'",
    "UPDATE billing_driverpart SET amount = amount + 1",
    "UPDATE billing_run SET is_current = NOT is_current",
    "UPDATE billing_snapshot SET content = '{}'",
    "UPDATE billing_allocation SET amount_ore = amount_ore + 1",
    "UPDATE billing_allocation SET share = '1'",
    "UPDATE billing_transfer SET amount_ore = amount_ore + 1",
    "UPDATE billing_transfer SET rounding = '1/2'",
    "UPDATE billing_period SET closed_at = closed_at + interval '1 second'",
    "UPDATE billing_period SET state = 'approved'",
    "UPDATE billing_correctionamount SET amount_ore = amount_ore + 1",
    "UPDATE billing_correction SET reason = 'andet'",
    "UPDATE billing_correctionsnapshot SET content = '{}'",
    "UPDATE billing_periodseal SET sha256 = 'x'",
    "UPDATE billing_lineseal SET sha256 = 'x'",
]


def faults_after(sql):
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE billing_{table} DISABLE TRIGGER USER")
            cursor.execute(sql)
            assert cursor.rowcount == 1, sql
            rows = []
            for query in (seals.LINES, seals.PERIODS, seals.UNSEALED):
                cursor.execute(query)
                rows += cursor.fetchall()
            return rows
        finally:
            cursor.execute("ROLLBACK")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_any_row_changed_behind_the_triggers_is_found(committed):
    _world, scope = committed
    with connections["owner"].cursor() as cursor:
        for sql in BEHIND:
            table = sql.split()[1]
            cursor.execute(f"SELECT id FROM {table} WHERE {'pool_id IS NOT NULL' if 'pool_id' in sql else 'true'}")
            for (pk,) in cursor.fetchall():
                assert faults_after(f"{sql} WHERE id = {pk}"), (sql, pk)
        cursor.execute("SELECT min(id) FROM billing_ledgerline")
        first = cursor.fetchone()[0]
    assert faults_after(f"DELETE FROM billing_lineseal WHERE line_id = {first}")
    with tenant_scope(*scope):
        assert seals.faults() == []
        call_command("verify_chain")


@pytest.mark.django_db
def test_a_closed_month_has_a_last_hash_and_names_the_one_before():
    world = with_everything()

    first, second = PeriodSeal.objects.order_by("number")

    assert (first.period, second.period) == (world.october, world.november)
    assert Period.objects.get(pk=world.october.pk).last_hash == first.sha256
    assert len(first.sha256) == 64


@pytest.mark.django_db
def test_an_open_month_has_no_last_hash_but_its_lines_are_linked_by_the_minute():
    world = World()
    world.lines()

    seal_chains(scope=periods.everybody())
    world.line("L9", 1, world.desk)
    seal_chains(scope=periods.everybody())

    assert world.october.last_hash == ""
    seals_of_lines = LineSeal.objects.filter(period=world.october)
    assert [seal.number for seal in seals_of_lines] == list(range(1, LedgerLine.objects.count() + 1))
    assert seals.faults() == []


@pytest.mark.django_db
def test_the_statement_prints_the_last_hash_of_a_closed_month(client):
    world = with_everything()
    client.force_login(world.lone)

    html = client.get(reverse("billing:statement", args=["2026-10", "egedal"])).content.decode()

    last = Period.objects.get(pk=world.october.pk).last_hash
    assert " ".join(last[start : start + 8] for start in range(0, 64, 8)) in html
