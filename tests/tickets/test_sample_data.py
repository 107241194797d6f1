"""The sample data of `make demo`: the same every time, and true to the product's own rules."""

from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from random import Random
from statistics import median

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.db.models import Q, Sum

from billing import cycle
from billing.management.commands.sample_data import SEED
from billing.models import Allocation, BudgetPlan, DriverValue, Instalment, LedgerLine, Participation, Period, Run
from municipalities.models import Municipality, Person
from municipalities.sample.people import make_community
from servicecenter.tenancy.scope import tenant_scope
from tests.factories import make_municipality, see
from tests.tickets.test_counts import counted, fresh
from tickets.levels.measuring import measure
from tickets.levels.models import LevelFigure
from tickets.levels.pauses import WAITS
from tickets.models import Category, Clock, ClockEffect, Event, Message, Occasion, Queue, Rating, Ticket
from tickets.sample.bare import bare
from tickets.sample.checking import wrong
from tickets.sample.copied_pauses import pauses_of
from tickets.sample.desk import make_desk
from tickets.sample.load import load_history
from tickets.sample.multiply import COPIED, SLEEPING, copy_tickets, prepare
from tickets.sample.proximity import make_ratings_and_visits
from tickets.sla.rebuilding import differences, examine, repair
from tickets.sla.terms import rulebook
from tickets.status import Status

pytestmark = pytest.mark.django_db
UNTIL = "2026-11-25T12:00:00+01:00"
NOW = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)


def make_sample(tickets=60, **options):
    """Written by the command, then seen by the test in the scope of all."""
    call_command("sample_data", tickets=tickets, employees=90, until=UNTIL, verbosity=0, **options)
    see(*Municipality.objects.all())


def make_desk_sample(tickets=60):
    """The same without cost, for what concerns tickets only."""
    rng = Random(SEED)
    with tenant_scope():
        community = make_community(rng, employees=90)
        desk = make_desk(community)
        load_history(community, desk, count=tickets, until=NOW, rng=rng, say=lambda line: None)
    see(*Municipality.objects.all())


def make_copies(tickets, into=nullcontext):
    """Copies of 120 stories, without cost, written within `into`. Returns what was told."""
    rng = Random(SEED)
    with tenant_scope():
        community = make_community(rng, employees=90)
        desk = make_desk(community)
        told = load_history(community, desk, count=tickets, until=NOW, rng=rng, say=lambda line: None)
        make_ratings_and_visits(told.stories, until=NOW, rng=rng)
    see(*Municipality.objects.all())
    plan = prepare(told, community, until=NOW, rng=rng)
    with into():
        for batch in plan.batches():
            copy_tickets(batch)
    return told


def told():
    """What a reader sees of the tickets, without the numbers that the database drew."""
    return list(
        Ticket.objects.order_by("received_at", "number").values_list(
            "subject", "description", "requester__email", "assignee__email", "status", "received_at", "next_due_at"
        )
    )


def rebuilding_finds(now=NOW):
    tickets = Ticket.objects.prefetch_related("events", "clocks", "clock_effects")
    return [str(found) for ticket in tickets for found in differences(ticket, now=now, rules=rulebook())]


def test_three_municipalities_and_the_shared_centre_with_their_people():
    make_desk_sample()
    assert list(Municipality.objects.members().values_list("code", "name", "cvr", "gln")) == [
        ("151", "Ballerup Kommune", "58271713", "5790001510008"),
        ("190", "Furesø Kommune", "29188327", "5790001900007"),
        ("240", "Egedal Kommune", "29188386", "5790002400001"),
    ]
    for municipality in Municipality.objects.members():
        municipality.full_clean()
    assert (
        Person.objects.filter(municipality__kind="operator").count() == 64
    )  # 60 agents, a lead, finance, administrator
    assert Person.objects.filter(municipality__kind="municipality").count() == 90 + 7
    assert (Queue.objects.count(), Category.objects.count()) == (12, 17)


def test_the_same_seed_tells_the_same_stories():
    with tenant_scope():
        make_desk_sample()
        first = told()
        connection.needs_rollback = True
    make_desk_sample()
    assert (len(first), told()) == (60, first)


def test_rebuilding_the_clocks_changes_nothing():
    make_desk_sample(tickets=300)
    assert Clock.objects.filter(state="breached").exists()
    assert rebuilding_finds() == []
    # What is past stands at its exact instant, found at set-up; nothing waits for the worker.
    assert not Clock.objects.filter(next_at__lte=NOW).exists()
    assert set(ClockEffect.objects.values_list("found_at", flat=True)) == {NOW}
    assert not ClockEffect.objects.filter(at__gt=NOW).exists()
    assert not Occasion.objects.exists()  # what is long past is news to nobody
    assert not Event.objects.filter(at__gt=NOW).exists()
    assert Ticket.objects.active().exists()
    assert not Ticket.objects.filter(status=Status.CLOSED, closed_at=None).exists()


@pytest.fixture
def few_stories(monkeypatch):
    monkeypatch.setattr("tickets.sample.load.STORIES", 120)


def test_more_tickets_than_stories_are_copies_with_their_own_people_words_instants_and_messages(few_stories):
    make_copies(tickets=400)
    assert Ticket.objects.count() == 400
    assert Ticket.objects.values("received_at").distinct().count() > 300
    assert Ticket.objects.values("description").distinct().count() > 200
    assert not Ticket.objects.filter(description__contains="{").exists()
    assert not Message.objects.filter(body__contains="{").exists()
    numbers = Ticket.objects.order_by("received_at", "pk").values_list("number", flat=True)
    assert list(numbers) == sorted(numbers)
    assert sorted(Message.objects.values_list("pk", "ticket", "at")) == sorted(
        Event.objects.filter(data__has_key="message").values_list("data__message", "ticket", "at")
    )
    for ticket in Ticket.objects.prefetch_related("events", "time_entries", "visits").select_related("requester"):
        said = [event.at for event in ticket.events.all()]
        assert said == sorted(said)
        assert said[0] == ticket.received_at
        assert ticket.site_id == ticket.requester.site_id
        days = [event.data["day"] for event in ticket.events.all() if event.kind == "time"]
        assert days == [entry.day.isoformat() for entry in ticket.time_entries.all()]
        assert all(visit.site_id == ticket.site_id for visit in ticket.visits.all())
    assert rebuilding_finds() == []
    assert counted() == fresh()


def test_copies_lie_in_the_past_like_their_stories_and_nobody_is_told(few_stories):
    make_copies(tickets=400)
    assert not Event.objects.filter(at__gt=NOW).exists()
    assert not Rating.objects.filter(at__gt=NOW).exists()
    assert not Clock.objects.filter(next_at__lte=NOW).exists()
    assert not Occasion.objects.exists()
    assert not Ticket.objects.filter(status=Status.CLOSED, closed_at=None).exists()
    assert list(wrong(until=NOW)) == []


def test_copies_are_the_same_for_the_same_seed(few_stories):
    with tenant_scope():
        make_copies(tickets=300)
        first = told()
        connection.needs_rollback = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'sample_copy'")
        assert cursor.fetchone() == (0,)
    make_copies(tickets=300)
    assert (len(first), told()) == (300, first)


def test_how_long_copies_paused_is_counted_as_from_their_events(few_stories):
    stories = make_copies(tickets=400)
    columns = ("municipality", "month", "kind", "subject", "category", "priority", *(f"{state}_s" for state in WAITS))
    figures = LevelFigure.objects.order_by(*columns).values_list(*columns)
    months = {"first": date(2025, 10, 1), "last": date(2026, 11, 1), "now": NOW}
    measure(**months, pauses=pauses_of(stories))
    before = list(figures)
    measure(**months)
    assert sum(sum(row[6:]) for row in before) > 0
    assert list(figures.all()) == before


def test_the_command_makes_copies_that_are_right(few_stories, capsys):
    call_command("sample_data", tickets=130, employees=90, until=UNTIL)
    said = capsys.readouterr().out.splitlines()
    assert "10 of 10 copies of the stories written" in said
    assert "Counts, clocks, events and messages agree" in said


WRONG = {
    "elapsed_s": "UPDATE tickets_clock SET elapsed_s = elapsed_s + 1"
    " WHERE id = (SELECT id FROM tickets_clock ORDER BY ticket_id LIMIT 1)",
    "numbers beside the queues": "INSERT INTO tickets_queuecount"
    " (municipality_id, queue_id, status, is_assigned, number)"
    " SELECT municipality_id, queue_id, status, true, 1 FROM tickets_ticket LIMIT 1",
    "Messages and the events": "UPDATE tickets_message SET at = at + interval '1 second'"
    " WHERE id = (SELECT min(id) FROM tickets_message)",
    "lies in the future": "INSERT INTO tickets_event (municipality_id, ticket_id, kind, at, channel, data)"
    " SELECT municipality_id, id, 'time', '2026-11-25 11:00:01Z', '', '{}' FROM tickets_ticket LIMIT 1",
}


@pytest.mark.parametrize("found", WRONG)
def test_a_wrong_row_is_told_of(found):
    make_desk_sample(tickets=20)
    assert list(wrong(until=NOW)) == []
    with connection.cursor() as cursor:
        cursor.execute(WRONG[found])
    assert found in " ".join(wrong(until=NOW))


def test_the_open_tickets_move_gently_around_one_level_and_are_young():
    make_desk_sample(tickets=1500)
    weeks = [NOW - timedelta(weeks=back) for back in range(45)]
    levels = [
        Ticket.objects.filter(received_at__lt=at).filter(Q(resolved_at=None) | Q(resolved_at__gt=at)).count()
        for at in weeks
    ]
    usual = median(levels)
    assert usual * 0.6 < levels[0] < usual * 1.6
    assert usual > 15
    ages = sorted(NOW - at for at in Ticket.objects.active().values_list("received_at", flat=True))
    assert ages[0] < timedelta(days=1)
    assert ages[len(ages) // 2] < timedelta(days=21)
    assert ages[-1] < timedelta(days=120)


def test_thirteen_months_of_cost_are_closed_and_balance_to_the_ore():
    make_sample(tickets=150)
    assert list(Period.objects.order_by("month").values_list("state", flat=True)) == ["closed"] * 13 + ["open"]
    for run in Run.objects.filter(is_current=True):
        posted = LedgerLine.objects.filter(period=run.period).aggregate(ore=Sum("amount_ore"))["ore"]
        carried = Allocation.objects.filter(run=run).aggregate(ore=Sum("amount_ore"))["ore"]
        assert (posted, run.unallocated_ore) == (carried, 0)
        assert 6_400_000_00 < posted < 6_600_000_00
    assert Run.objects.filter(is_current=True).count() == 13


def test_a_fourth_municipality_joins_in_the_running_month():
    make_sample(tickets=60)
    fourth = Municipality.objects.get(code="210")
    november = Period.objects.get(month=date(2026, 11, 1))
    fourth.full_clean()
    assert not Allocation.objects.filter(municipality=fourth).exists()
    assert {row.valid_from for row in Participation.objects.filter(municipality=fourth)} == {date(2026, 11, 1)}
    assert DriverValue.objects.filter(municipality=fourth).values("period").distinct().count() == 1
    assert [missing.text for missing in cycle.read(november).missing] == []
    plan = BudgetPlan.objects.get()
    assert (plan.year, Instalment.objects.filter(plan=plan).count()) == (2026, 36)


@pytest.mark.django_db(transaction=True)
def test_tables_laid_bare_are_put_on_as_they_were(owner_connection):
    tables = [model._meta.db_table for model in COPIED]
    before = constraints_and_indexes(tables)
    with transaction.atomic():
        with bare(*COPIED):
            laid_bare = constraints_and_indexes(tables)
        assert constraints_and_indexes(tables) == before
        transaction.set_rollback(True)
    assert len(before) - len(laid_bare) > 30


@pytest.mark.django_db(transaction=True)
def test_copies_into_tables_laid_bare_are_right_too(owner_connection, few_stories):
    @contextmanager
    def laid_bare():
        connection.check_constraints()  # those of the stories, before the tables are changed
        with bare(*COPIED, without=SLEEPING):
            yield

    with transaction.atomic():
        make_copies(tickets=400, into=laid_bare)
        assert list(wrong(until=NOW)) == []
        transaction.set_rollback(True)


def constraints_and_indexes(tables):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = ANY (%s::regclass[])"
            " UNION SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY (%s)",
            [tables, tables],
        )
        return set(cursor.fetchall())


@pytest.fixture
def owner_connection():
    """This test's default connection is the owner of the tables, as for the command itself."""
    default = connection.settings_dict["USER"], connection.settings_dict["PASSWORD"]
    connection.close()
    owner = connections["owner"].settings_dict
    connection.settings_dict.update(USER=owner["USER"], PASSWORD=owner["PASSWORD"])
    yield
    connection.close()
    connection.settings_dict.update(USER=default[0], PASSWORD=default[1])


def test_a_system_with_data_is_left_alone():
    make_municipality("Nordby")
    with pytest.raises(CommandError, match="There are data already"):
        call_command("sample_data", verbosity=0)
    assert list(Municipality.objects.values_list("name", flat=True)) == ["Nordby Kommune"]


@pytest.mark.parametrize("until", ["i går", "2026-11-25T12:00:00"])
def test_the_present_must_be_an_instant(until):
    with pytest.raises(CommandError, match="is no instant"):
        call_command("sample_data", until=until, verbosity=0)


def test_demo_people_can_sign_in_and_are_listed():
    make_desk_sample()
    out = StringIO()
    call_command("demo_people", stdout=out)
    lines = [line.split() for line in out.getvalue().splitlines()]
    assert [line[0] for line in lines] == [
        "requester", "requester", "requester", "agent", "agent", "lead", "finance", "finance", "administrator",
        "director", "director", "director", "municipal_finance",
    ]  # fmt: skip
    for line in lines:
        assert Person.objects.get(email=line[-2]).check_password(line[-1])


def test_a_clock_that_was_tampered_with_is_found_and_put_right():
    make_desk_sample(tickets=20)
    clock = Clock.objects.filter(kind="resolution", state="met").order_by("pk").first()
    elapsed = clock.elapsed_s
    Clock.objects.filter(pk=clock.pk).update(elapsed_s=7)
    assert rebuilding_finds() == [f"resolution 1 elapsed_s: stored 7, by its events {elapsed}"]
    repair(examine([clock.ticket], now=NOW, rules=rulebook()), now=NOW)
    clock.refresh_from_db()
    assert (clock.elapsed_s, rebuilding_finds()) == (elapsed, [])


def test_rebuilding_with_check_reports_and_changes_nothing():
    make_desk_sample(tickets=20)
    clock = Clock.objects.filter(kind="resolution", state="met").order_by("pk").first()
    Clock.objects.filter(pk=clock.pk).update(elapsed_s=7)
    out = StringIO()
    with pytest.raises(CommandError, match="differ from the events"):
        call_command("rebuild_clocks", ticket=clock.ticket.number, check=True, stdout=out)
    assert out.getvalue().splitlines()[-1] == "1 tickets replayed, 1 differences found."
    clock.refresh_from_db()
    assert clock.elapsed_s == 7
    call_command("rebuild_clocks", ticket=clock.ticket.number, stdout=out)
    assert out.getvalue().splitlines()[-1] == "1 tickets replayed, 1 differences put right."
