"""The database itself keeps municipalities apart; taking one protection away makes these proofs fail."""

import pytest
from django.db import connection, connections, transaction
from django.db.utils import IntegrityError, ProgrammingError

from municipalities.models import Person
from servicecenter.tenancy.checks import escapes
from servicecenter.tenancy.scope import tenant_scope
from tests.factories import make_agent, make_municipality, make_ticket
from tests.servicecenter.tenancy.catalogue import owned_models, rows
from tickets import lifecycle
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

INSERT_NOTE = """
INSERT INTO tickets_message (municipality_id, ticket_id, kind, channel, body, at)
VALUES (%s, %s, 'internal_note', 'portal', 'fra den anden kommune', now())
"""


@pytest.fixture
def two():
    """A worked ticket in each of two municipalities."""
    tickets = [make_ticket(make_municipality(name)) for name in ("Nordby", "Sydby")]
    for ticket in tickets:
        agent = make_agent(ticket.municipality)
        lifecycle.reply(ticket, by=agent, body="Hej.")
        lifecycle.register_time(ticket, by=agent, minutes=5)
    return tickets


def municipalities_in(table):
    return {row[0] for row in rows(f"SELECT DISTINCT municipality_id FROM {table}")}


@pytest.mark.parametrize("table", ["ticket", "message", "event", "timeentry", "clock"])
def test_a_raw_select_shows_only_the_scope(two, table):
    north, south = (ticket.municipality_id for ticket in two)
    with tenant_scope(north):
        assert municipalities_in(f"tickets_{table}") == {north}
    with tenant_scope(south):
        assert municipalities_in(f"tickets_{table}") == {south}
    with tenant_scope(north, south):
        assert municipalities_in(f"tickets_{table}") == {north, south}


def test_without_a_scope_every_tenant_table_is_empty(two):
    with tenant_scope():
        assert {
            model._meta.db_table: rows(f"SELECT count(*) FROM {model._meta.db_table}")[0][0] for model in owned_models()
        } == {model._meta.db_table: 0 for model in owned_models()}


def test_a_person_is_read_before_the_scope_is_known_but_nobody_else(two):
    person = two[0].requester
    with tenant_scope(person=person.pk):
        assert list(Person.objects.all()) == [person]
        assert not Ticket.objects.exists()


def test_the_operators_staff_are_readable_in_every_scope_but_not_writable(two):
    agent = make_agent(two[0].municipality, name="Sara Lindqvist")
    with tenant_scope(two[1].municipality_id):
        assert Person.objects.filter(pk=agent.pk).exists()
        assert Person.objects.filter(pk=agent.pk).update(name="Andre") == 0


def test_a_row_cannot_be_written_into_another_municipality(two):
    north, south = two
    with tenant_scope(north.municipality_id):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            connection.cursor().execute(INSERT_NOTE, [south.municipality_id, south.pk])
        assert Ticket.objects.filter(pk=south.pk).update(subject="x") == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            connection.cursor().execute(
                "UPDATE tickets_ticket SET municipality_id = %s WHERE id = %s", [south.municipality_id, north.pk]
            )


def test_a_child_cannot_point_at_another_municipalitys_ticket(two):
    north, south = two
    with pytest.raises(IntegrityError, match="same_tenant"), transaction.atomic():
        connection.cursor().execute(INSERT_NOTE, [north.municipality_id, south.pk])
        connection.check_constraints()


def test_scopes_nest_and_the_outer_one_returns(two):
    north, south = (ticket.municipality_id for ticket in two)
    with tenant_scope(north):
        with tenant_scope(south):
            assert municipalities_in("tickets_ticket") == {south}
        assert municipalities_in("tickets_ticket") == {north}
        with pytest.raises(ZeroDivisionError), tenant_scope(south):
            1 / 0  # noqa: B018
        assert municipalities_in("tickets_ticket") == {north}


def test_the_application_role_is_bound():
    assert escapes() is None


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_owner_role_would_be_refused():
    assert "BYPASSRLS" in escapes(connections["owner"])
