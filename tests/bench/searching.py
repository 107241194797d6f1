"""Search by words on the agent's page, against the same words in SQL alone."""

from django.db import connections
from django.urls import reverse

from tests.bench.desk import execute
from tests.bench.measured import Measured, busiest_agent, milliseconds
from tests.bench.queue_page import ask, timed

# In very many tickets, in some, in none.
WORDS = {"printer": "a common word", "delt postkasse": "two words", "ukendtord": "a word of no ticket"}
BARE = """
SELECT id FROM tickets_ticket WHERE words @@ to_tsquery('danish', %s) ORDER BY received_at DESC, id DESC LIMIT 51
"""


def searching():
    """The statement that finds the newest 50, by the function that keeps the scope, against the owner's own query."""
    agent, size = busiest_agent(), execute("SELECT count(*) FROM tickets_ticket")
    return [_search(agent, text, f"search, {size:,} tickets: {what}") for text, what in WORDS.items()]


def _search(agent, text, what):
    _pages, statements = ask(agent, f"{reverse('tickets:console')}?q={text}", rows_expected=0)
    ours = milliseconds([_found(heard) for heard in statements])
    query = " & ".join(f"'{word}':*" for word in text.split())
    with connections["owner"].cursor() as cursor:
        return Measured(what, ours, milliseconds(timed(lambda: _bare(cursor, query))))


def _found(heard):
    (found,) = [seconds for sql, _params, seconds in heard.heard if "find_tickets(" in sql]
    return found


def _bare(cursor, query):
    cursor.execute(BARE, [query])
    cursor.fetchall()
