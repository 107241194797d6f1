"""The numbers of the console come from rows that the database appends; they equal a fresh count at every moment."""

import threading
from collections import Counter
from datetime import timedelta
from random import Random

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections, transaction
from django.db.models import Sum

from municipalities.models import Municipality
from servicecenter.tenancy.scope import tenant_scope
from tests.factories import (
    MONDAY,
    make_agent,
    make_category,
    make_municipality,
    make_queue,
    make_ticket,
)
from tickets import counts, lifecycle
from tickets.models import QueueCount, Service, Ticket, Vendor

HOUR = timedelta(hours=1)


def counted():
    """What the rows say, places without tickets left out."""
    places = QueueCount.objects.values_list("municipality", "queue", "status", "is_assigned")
    return {tuple(place): number for *place, number in places.annotate(Sum("number")) if number}


def fresh():
    tickets = Ticket.objects.values_list("municipality", "queue", "status", "assignee")
    return dict(Counter((*place, assignee is not None) for *place, assignee in tickets))


def file_two(agent):
    """One in each of two queues, so that a number put in the wrong place shows."""
    nordby = Municipality.objects.get(slug="nordby")
    make_ticket(nordby, category=make_category("net", make_queue("net")))
    return make_ticket(nordby)


VERBS = {
    "take": lambda t, by: lifecycle.take(t, by=by),
    "assign": lambda t, by: lifecycle.assign(t, to=by, by=by),
    "put back": lambda t, by: lifecycle.assign(lifecycle.take(t, by=by), to=None, by=by),
    "move": lambda t, by: lifecycle.move(lifecycle.take(t, by=by), queue=make_queue("net"), by=by),
    "priority": lambda t, by: lifecycle.set_priority(t, priority=1, reason="Alle.", by=by),
    "service": lambda t, by: lifecycle.set_service(t, service=Service.objects.create(code="nexus"), by=by),
    "wait for requester": lambda t, by: lifecycle.wait_for_requester(t, by=by),
    "wait for planned": lambda t, by: lifecycle.wait_for_planned(t, by=by, planned_at=MONDAY + 40 * HOUR),
    "wait for vendor": lambda t, by: lifecycle.wait_for_vendor(t, by=by, vendor=Vendor.objects.create(code="kmd")),
    "wait for third party": lambda t, by: lifecycle.wait_for_third_party(t, by=by),
    "resume": lambda t, by: lifecycle.resume(lifecycle.wait_for_third_party(t, by=by), by=by),
    "reply": lambda t, by: lifecycle.reply(t, by=by, body="Hvilken?", and_wait=True),
    "note": lambda t, by: lifecycle.note(t, by=by, body="Set før."),
    "answer": lambda t, by: lifecycle.answer(t, by=t.requester, body="Den røde."),
    "add files": lambda t, by: lifecycle.add_files(t, [SimpleUploadedFile("log.txt", b"7")], by=by),
    "resolve": lambda t, by: lifecycle.resolve(t, by=by, solution="Ny toner."),
    "reopen": lambda t, by: lifecycle.reopen(lifecycle.resolve(t, by=by, solution="Ok."), by=by, body="Nej."),
    "close": lambda t, by: lifecycle.close(t, by=by),
    "cancel": lambda t, by: lifecycle.cancel(t, by=by, reason="spam"),
    "time": lambda t, by: lifecycle.register_time(t, by=by, minutes=5),
}


@pytest.mark.django_db
@pytest.mark.parametrize("verb", VERBS)
def test_the_rows_equal_a_fresh_count_after_every_verb(verb):
    agent = make_agent(make_municipality("Nordby"), queues=[make_queue(), make_queue("net")])
    ticket = file_two(agent)
    VERBS[verb](ticket, agent)
    assert counted() == fresh()
    assert sum(counted().values()) == 2


@pytest.mark.django_db
def test_a_statement_over_many_tickets_appends_one_row_for_each_place():
    nordby = make_municipality("Nordby")
    for _number in range(5):
        make_ticket(nordby)
    counts.fold()
    before = QueueCount.objects.count()
    Ticket.objects.in_scope().update(queue=make_queue("net"))
    assert counted() == fresh()
    assert QueueCount.objects.count() == before + 2


@pytest.mark.django_db
def test_what_changes_no_place_appends_nothing():
    ticket = make_ticket()
    before = QueueCount.objects.count()
    lifecycle.note(ticket, by=make_agent(ticket.municipality), body="Set før.")
    assert QueueCount.objects.count() == before


@pytest.mark.django_db
def test_folding_keeps_the_numbers_and_leaves_one_row_for_each_place():
    nordby, sydby = make_municipality("Nordby"), make_municipality("Sydby")
    for number in range(6):
        ticket = make_ticket(sydby if number % 2 else nordby)
        lifecycle.take(ticket, by=make_agent(nordby, sydby))
    before = counted()
    counts.fold()
    assert counted() == before == fresh()
    assert QueueCount.objects.count() == len(before) == 2


@pytest.mark.django_db
def test_folding_what_is_folded_writes_nothing():
    make_ticket()
    counts.fold()
    before = list(QueueCount.objects.values_list("pk", flat=True))
    counts.fold()
    assert list(QueueCount.objects.values_list("pk", flat=True)) == before


@pytest.mark.django_db
def test_a_deleted_ticket_is_counted_no_more():
    ticket = make_ticket()
    with transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk)._raw_delete("default")
        assert counted() == fresh() == {}
        transaction.set_rollback(True)  # its history would keep it
    assert counted() == fresh() != {}


@pytest.mark.django_db
def test_nobody_reads_the_numbers_of_a_foreign_municipality():
    nordby, sydby = make_municipality("Nordby"), make_municipality("Sydby")
    for municipality in (nordby, sydby):
        make_ticket(municipality)
    with tenant_scope(nordby.pk):
        assert {place for place, *_ in counted()} == {nordby.pk}


THREADS, ROUNDS = 5, 12


class Desk:
    """Agents who file, take, move and solve at the same time, while others fold the rows without pause."""

    def __init__(self):
        with transaction.atomic():
            self.places = [make_municipality("Nordby"), make_municipality("Sydby")]
            self.queues = [make_queue(), make_queue("net")]
            self.agent = make_agent(*self.places, queues=self.queues)
            self.shared = [make_ticket(place) for place in self.places]
            self.requesters = [ticket.requester for ticket in self.shared]
        self.failures = []
        self.is_over = threading.Event()

    def scope(self):
        return tenant_scope(*(place.pk for place in self.places))

    def work(self, seed):
        rng = Random(seed)
        for _round in range(ROUNDS):
            with self.scope():
                ticket = make_ticket(requester=rng.choice(self.requesters))
                lifecycle.take(ticket, by=self.agent)
            with self.scope():
                contested = Ticket.objects.get(pk=rng.choice(self.shared).pk)
                lifecycle.move(contested, queue=rng.choice(self.queues), by=self.agent)
                if rng.random() < 0.3:
                    lifecycle.resolve(ticket, by=self.agent, solution="Ok.")

    def fold(self):
        while not self.is_over.is_set():
            counts.fold()

    def guarded(self, task, *arguments):
        try:
            task(*arguments)
        except Exception as failure:  # noqa: BLE001  the test tells it
            self.failures.append(failure)
        finally:
            connections.close_all()

    def start(self, task, *arguments):
        thread = threading.Thread(target=self.guarded, args=(task, *arguments))
        thread.start()
        return thread


@pytest.mark.django_db(transaction=True)
def test_who_files_and_moves_and_folds_at_the_same_moment_loses_and_doubles_nothing():
    desk = Desk()
    folders = [desk.start(desk.fold) for _folder in range(2)]
    for worker in [desk.start(desk.work, seed) for seed in range(THREADS)]:
        worker.join()
    desk.is_over.set()
    for folder in folders:
        folder.join()
    assert desk.failures == []
    with desk.scope():
        assert sum(counted().values()) == 2 + THREADS * ROUNDS
        assert counted() == fresh()
        counts.fold()
        assert counted() == fresh()
        assert QueueCount.objects.count() == len(fresh())
