"""A closed month stays as it was, whoever tries and however; what changes later is seen beside it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import psycopg2
import pytest
from django.db import DatabaseError, connection, connections, transaction

from servicecenter.audit.models import AuditEntry
from servicecenter.tenancy.scope import current_scope, tenant_scope
from tests.factories import MONDAY, make_agent, make_municipality, make_ticket
from tickets import lifecycle
from tickets.levels import margins, months, tasks
from tickets.levels.measuring import measure
from tickets.levels.models import (
    EqualityMargin,
    EqualityVerdict,
    FrozenFigure,
    FrozenVerdict,
    LevelFigure,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NOVEMBER = date(2026, 11, 1)
DECEMBER = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def sara():
    return make_agent(make_municipality("Nordby"), make_municipality("Sydby"))


@pytest.fixture
def ticket(sara):
    """One solved in each municipality, both in time."""
    rows = []
    for name in ("Nordby", "Sydby"):
        place = sara.municipality.__class__.objects.get(name=f"{name} Kommune")
        rows.append(make_ticket(place))
        lifecycle.resolve(rows[-1], by=sara, solution="Ok.", at=MONDAY + HOUR)
    return rows[0]


def closed(sara):
    row = months.request_closing(NOVEMBER, by=sara, at=DECEMBER)
    return months.close(row, at=DECEMBER)


def test_closing_copies_the_figures_and_says_who_and_when(sara, ticket):
    row = closed(sara)
    assert (row.requested_by, row.closed_at) == (sara, DECEMBER)
    frozen = FrozenFigure.objects.filter(kind="resolution").order_by("municipality__name")
    assert [(f.municipality.name, f.met, f.elapsed) for f in frozen] == [
        ("Nordby Kommune", 1, [3600]),
        ("Sydby Kommune", 1, [3600]),
    ]
    assert FrozenFigure.objects.count() == LevelFigure.objects.count()
    assert FrozenVerdict.objects.count() == EqualityVerdict.objects.count() > 0
    actions = AuditEntry.objects.order_by("pk").values_list("action", "actor", "subject")
    assert list(actions.filter(action__startswith="level_month")) == [
        ("level_month_requested", sara.pk, "2026-11"),
        ("level_month_closed", sara.pk, "2026-11"),
    ]


def test_a_later_reopening_leaves_the_frozen_figure_and_moves_the_counted_one(sara, ticket):
    closed(sara)
    # Sixteen open hours until Wednesday, and the target is eight: broken already in November, though seen in December.
    lifecycle.reopen(ticket, by=ticket.requester, body="Nej.", at=MONDAY + 2 * HOUR)
    lifecycle.note(ticket, by=sara, body="Hov.", at=MONDAY + 50 * HOUR)
    measure(first=NOVEMBER, last=NOVEMBER, now=DECEMBER + HOUR)
    place = {"kind": "resolution", "municipality": ticket.municipality}
    frozen, counted = FrozenFigure.objects.get(**place), LevelFigure.objects.get(**place)
    assert [(f.met, f.breached, f.reopened) for f in (frozen, counted)] == [(1, 0, 0), (0, 1, 1)]


def test_a_month_that_runs_or_is_closed_is_not_closed_again(sara, ticket):
    with pytest.raises(months.NotOver):
        months.request_closing(NOVEMBER, by=sara, at=datetime(2026, 11, 30, 22, 59, tzinfo=UTC))
    row = closed(sara)
    with pytest.raises(months.AlreadyClosed):
        months.request_closing(NOVEMBER, by=sara, at=DECEMBER)
    before = FrozenFigure.objects.count()
    assert months.close(row, at=DECEMBER + HOUR).closed_at == DECEMBER
    assert FrozenFigure.objects.count() == before


def test_the_task_closes_what_was_asked_for_once(sara, ticket, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        row = months.request_closing(NOVEMBER, by=sara, at=DECEMBER)
    row.refresh_from_db()
    first = row.closed_at
    assert first is not None
    tasks.close_level_month(row.pk, scope=list(current_scope().municipalities))
    row.refresh_from_db()
    assert row.closed_at == first


BACKDATED = """
INSERT INTO tickets_equalitymargin (points, valid_from, decided_by, decided_on, reference, recorded_by_id, recorded_at)
SELECT 20, '2026-11-01', 'x', decided_on, '', recorded_by_id, recorded_at FROM tickets_equalitymargin
"""
FORBIDDEN = [
    "UPDATE tickets_frozenfigure SET met = 99",
    "DELETE FROM tickets_frozenfigure",
    "INSERT INTO tickets_frozenfigure SELECT * FROM tickets_frozenfigure",
    "UPDATE tickets_frozenverdict SET verdict = 'EQUAL'",
    "DELETE FROM tickets_frozenverdict",
    "UPDATE tickets_levelmonth SET closed_at = NULL",
    "UPDATE tickets_levelmonth SET requested_by_id = requested_by_id + 1",
    "DELETE FROM tickets_levelmonth",
    "UPDATE tickets_equalitymargin SET points = 20",
    "DELETE FROM tickets_equalitymargin",
    BACKDATED,
]


def margin(sara, **fields):
    given = {
        "points": Decimal("5.0"), "valid_from": date(2026, 1, 1), "decided_by": "Styregruppen",
        "decided_on": date(2025, 12, 10), "reference": "Punkt 4",
    }  # fmt: skip
    return margins.set_margin(**(given | fields), by=sara, at=DECEMBER)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_database_refuses_to_change_a_closed_month_for_the_application(sara, ticket, statement):
    margin(sara)
    closed(sara)
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


TRUNCATED = [f"TRUNCATE tickets_{table} CASCADE" for table in ("frozenfigure", "frozenverdict", "levelmonth")]


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_the_owner_too():
    with tenant_scope():
        places = [make_municipality("Nordby"), make_municipality("Sydby")]
        sara = make_agent(*places)
        for place in places:
            lifecycle.resolve(make_ticket(place), by=sara, solution="Ok.", at=MONDAY + HOUR)
        margin(sara)
        closed(sara)
    owner = psycopg2.connect(**connections["owner"].get_connection_params())
    answers = {}
    for statement in FORBIDDEN + TRUNCATED:
        try:
            with owner, owner.cursor() as cursor:
                cursor.execute(statement)
            answers[statement] = "done"
        except psycopg2.Error as error:
            answers[statement] = error.pgerror
    owner.close()
    assert {statement for statement, answer in answers.items() if "refused" not in answer} == set()


def test_a_margin_is_decided_beforehand_and_counts_from_its_month(sara, ticket):
    margin(sara)
    closed(sara)
    for wanted in (NOVEMBER, date(2025, 6, 1)):
        with pytest.raises(margins.DecidedAfterwards):
            margin(sara, valid_from=wanted)
    margin(sara, points=Decimal("3.0"), valid_from=date(2026, 12, 1))
    assert list(EqualityMargin.objects.values_list("points", flat=True)) == [Decimal("5.0"), Decimal("3.0")]
    assert set(FrozenVerdict.objects.values_list("margin_points", flat=True)) == {Decimal("5.0")}
