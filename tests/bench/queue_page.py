"""The agent's queue page: 50 tickets of the largest queue, through the whole program and in SQL alone."""

import time

from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from municipalities.models import Municipality, Person
from servicecenter.tenancy.scope import tenant_scope
from tests.bench.desk import execute
from tests.bench.measured import Measured, Statements, busiest_agent, milliseconds
from tickets.models import Queue
from tickets.status import ACTIVE

RUNS = 21
BARE_PAGE = """
SELECT ticket.*, place.*, requester.*, assignee.*, category.* FROM tickets_ticket AS ticket
JOIN municipalities_municipality AS place ON place.id = ticket.municipality_id
JOIN municipalities_person AS requester ON requester.id = ticket.requester_id
LEFT JOIN municipalities_person AS assignee ON assignee.id = ticket.assignee_id
JOIN tickets_category AS category ON category.id = ticket.category_id
WHERE ticket.queue_id = %s AND ticket.status = ANY (%s) AND ticket.municipality_id = ANY (%s)
ORDER BY ticket.next_due_at, ticket.id LIMIT 51
"""


def queue_page():
    """The largest queue of an agent who works for every municipality, 50 tickets of it."""
    agent, queue = busiest_agent(), _largest_queue()
    size = execute("SELECT count(*) FROM tickets_ticket")
    pages, statements = ask(agent, reverse("tickets:queue", args=[queue.code]))
    bare = _bare_page(queue)
    page, sql = milliseconds(pages), milliseconds([heard.total for heard in statements])
    return [
        Measured(f"queue page, {size:,} tickets: the list's SQL", _list(statements), bare),
        Measured(f"queue page, {size:,} tickets: all {statements[0].queries} queries", sql, bare),
        Measured(f"queue page, {size:,} tickets: whole page", page, bare),
    ]


def growth_of_page(rows):
    pages = [row for row in rows if row.what.endswith("whole page")]
    yield Measured(f"{pages[-1].what} against {pages[0].what}", pages[-1].ours, pages[0].ours)


def _largest_queue():
    agent = busiest_agent()
    names = agent.groups.filter(name__startswith="agent#").values_list("name", flat=True)
    codes = [name.partition("#")[2] for name in names]
    found = execute(
        "SELECT queue_id FROM tickets_ticket JOIN tickets_queue AS queue ON queue.id = queue_id"
        " WHERE status = ANY (%s) AND queue.code = ANY (%s) GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
        [[str(status) for status in ACTIVE], codes],
    )
    return Queue.objects.get(pk=found)


def ask(agent, address, *, rows_expected=50):
    settings.ALLOWED_HOSTS = ["localhost"]
    client = Client(HTTP_HOST="localhost")
    with tenant_scope(agent.municipality_id):
        client.force_login(Person.objects.get(pk=agent.pk), backend=settings.AUTHENTICATION_BACKENDS[0])
    pages, statements = [], []
    for run in range(RUNS + 3):
        heard = Statements()
        start = time.perf_counter()
        with connection.execute_wrapper(heard):
            answer = client.get(address, secure=settings.HTTPS)
        taken = time.perf_counter() - start
        rows = answer.content.count(b'href="/konsol/sag/')
        if answer.status_code != 200 or rows < rows_expected:
            raise SystemExit(f"{address} answered {answer.status_code} with {rows} rows, so nothing can be measured.")
        if run >= 3:
            pages.append(taken)
            statements.append(heard)
    return pages, statements


def _list(statements):
    return milliseconds([heard.of_list() for heard in statements])


def _bare_page(queue):
    places = list(Municipality.objects.members().values_list("pk", flat=True))
    parameters = [queue.pk, [str(status) for status in ACTIVE], places]
    with connections["owner"].cursor() as cursor:
        return milliseconds(timed(lambda: cursor.execute(BARE_PAGE, parameters) or cursor.fetchall()))


def timed(run):
    """Seconds of each run, the first ones left out."""
    taken = []
    for _run in range(RUNS + 3):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return taken[3:]
