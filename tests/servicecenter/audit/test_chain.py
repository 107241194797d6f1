"""Audit entries are chained: whatever is changed behind the triggers shows."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from servicecenter.audit import chain
from servicecenter.audit.models import AuditEntry, AuditSeal
from servicecenter.tenancy.scope import tenant_scope
from tests.factories import make_municipality

CHANGES = [
    "action = 'signed_out'",
    "subject = subject || 'x'",
    "data = data || '{\"x\": 1}'",
    "at = at + interval '1 second'",
]


def written(municipality, count=3):
    for number in range(count):
        AuditEntry.objects.record("signed_in", municipality_id=municipality.pk, subject=str(number), number=number)


@pytest.mark.django_db
def test_each_municipality_has_a_chain_of_its_own():
    north, south = make_municipality("Nordby"), make_municipality("Sydby")
    written(north)
    written(south, 2)

    assert chain.seal(north.pk, south.pk) == 5
    assert chain.seal(north.pk, south.pk) == 0
    numbers = AuditSeal.objects.order_by("municipality_id", "number").values_list("municipality_id", "number")
    assert list(numbers) == [(north.pk, 1), (north.pk, 2), (north.pk, 3), (south.pk, 1), (south.pk, 2)]
    assert chain.faults() == []


@pytest.mark.django_db
def test_an_entry_that_was_committed_late_is_linked_too():
    north = make_municipality("Nordby")
    written(north, 2)
    chain.seal(north.pk)
    first = AuditEntry.objects.order_by("id").first().pk
    AuditEntry.objects.create(pk=first - 1, municipality=north, action="late", at="2026-11-01T00:00:00Z")

    assert chain.unsealed() == 1
    assert chain.seal(north.pk) == 1
    assert (chain.unsealed(), chain.faults()) == (0, [])


@pytest.mark.django_db
def test_a_chain_belongs_to_its_municipality():
    north, south = make_municipality("Nordby"), make_municipality("Sydby")
    written(north)
    chain.seal(north.pk)

    with tenant_scope(south.pk):
        assert not AuditSeal.objects.exists()


TABLES = ("audit_auditentry", "audit_auditseal")


def behind_the_triggers(cursor, sql):
    """What somebody could do who owns the tables."""
    for table in TABLES:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    cursor.execute(sql)
    assert cursor.rowcount == 1, sql
    for table in TABLES:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_any_row_that_is_changed_behind_the_triggers_is_found_every_time():
    with tenant_scope():
        north, south = make_municipality("Nordby"), make_municipality("Sydby")
        written(north, 12)
        chain.seal(north.pk)
        rows = list(AuditEntry.objects.order_by("id").values_list("pk", flat=True))
    everybody = (north.pk, south.pk)
    owner = connections["owner"]

    def found(sql):
        """Change, look as the application's own tables now stand, and change back."""
        owner.set_autocommit(False)
        try:
            with owner.cursor() as cursor:
                behind_the_triggers(cursor, sql)
                cursor.execute(chain.BROKEN)
                return cursor.fetchall()
        finally:
            owner.rollback()
            owner.set_autocommit(True)

    for pk in rows:
        for change in CHANGES:
            broken = found(f"UPDATE audit_auditentry SET {change} WHERE id = {pk}")
            assert [row[2] for row in broken] == [pk], change
        assert pk in [row[2] for row in found(f"UPDATE audit_auditseal SET sha256 = 'x' WHERE entry_id = {pk}")]
        if pk != rows[-1]:
            assert found(f"DELETE FROM audit_auditseal WHERE entry_id = {pk}")
    with tenant_scope(*everybody):
        assert chain.faults() == []


@pytest.mark.django_db
def test_the_command_says_that_all_chains_hold(capsys):
    north = make_municipality("Nordby")
    written(north)
    chain.seal(north.pk)

    call_command("verify_chain")

    assert "All chains hold. 0 audit entries wait" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_command_fails_when_an_entry_was_changed():
    with tenant_scope():
        north = make_municipality("Nordby")
        written(north)
        chain.seal(north.pk)
    with connections["owner"].cursor() as cursor:
        behind_the_triggers(cursor, "UPDATE audit_auditentry SET subject = 'andet' WHERE subject = '1'")

    with pytest.raises(CommandError, match="1 links do not hold"):
        call_command("verify_chain")
