"""One line of the table, and the ear that counts and times statements."""

import time
from dataclasses import dataclass

from municipalities.models import Person


@dataclass(frozen=True)
class Measured:
    what: str
    ours: float
    bare: float
    unit: str = "ms"

    @property
    def ratio(self):
        return self.ours / self.bare

    def as_line(self):
        return f"| {self.what} | {self.ours:,.2f} {self.unit} | {self.bare:,.2f} {self.unit} | {self.ratio:.2f} |"


class Statements:
    """Counts and times the statements that run through the application's connection."""

    def __init__(self):
        self.heard = []

    def __call__(self, execute, sql, params, many, context):
        start = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.heard.append((sql, params, time.perf_counter() - start))

    @property
    def total(self):
        return sum(seconds for _sql, _params, seconds in self.heard)

    @property
    def queries(self):
        """How many ask for rows; the others open and close the transaction and set its scope."""
        asking = [sql for sql, _params, _seconds in self.heard if sql.lstrip("(").startswith("SELECT")]
        return len([sql for sql in asking if "set_config" not in sql])

    def of_list(self):
        """The one that fetches the page's tickets."""
        (found,) = [seconds for sql, _params, seconds in self.heard if "LIMIT 51" in sql and '"subject"' in sql]
        return found


def milliseconds(values):
    """The quickest run: whatever else the machine does can only add to it."""
    return min(values) * 1000


def busiest_agent():
    """Who works in the most queues, for every municipality."""
    everywhere = Person.objects.using("owner").filter(groups__name__startswith="agent@")
    queues = dict.fromkeys(everywhere.values_list("pk", flat=True), 0)
    for pk in everywhere.filter(groups__name__startswith="agent#").values_list("pk", flat=True):
        queues[pk] += 1
    return Person.objects.using("owner").get(pk=max(queues, key=queues.get))
