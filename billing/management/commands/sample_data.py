from contextlib import contextmanager, nullcontext
from datetime import datetime
from random import Random

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from tqdm import tqdm

from billing.sample import make_bills
from billing.sample_decisions import make_decisions
from municipalities.models import Municipality
from municipalities.sample.people import make_community
from servicecenter.tenancy.scope import tenant_scope
from tickets.levels.pauses import add_pauses
from tickets.models import Ticket
from tickets.sample.bare import bare, may_be_bared
from tickets.sample.checking import wrong
from tickets.sample.copied_pauses import pauses_of
from tickets.sample.desk import make_desk
from tickets.sample.levels import make_levels
from tickets.sample.load import load_history
from tickets.sample.multiply import COPIED, SLEEPING, copy_tickets, prepare
from tickets.sample.proximity import make_ratings_and_visits

SEED = 190240151
MANY_COPIES = 10


class Command(BaseCommand):
    help = (
        "Fill an empty system with three invented municipalities: people, the desk, 13 months of tickets and of cost."
    )

    def add_arguments(self, parser):
        parser.add_argument("--tickets", type=int, default=5000)
        parser.add_argument("--employees", type=int, help="Employees of the three municipalities together.")
        parser.add_argument("--seed", type=int, default=SEED)
        parser.add_argument("--until", help="The present, ISO 8601 with zone; now when left out.")

    def handle(self, *, tickets, employees, seed, until, **options):
        until = _instant(until)
        if tickets < 1:
            raise CommandError("--tickets must be at least 1.")
        if Municipality.objects.exists():
            raise CommandError(
                "There are data already, and sample data belong into an empty system; nothing was changed."
            )
        rng = Random(seed)  # noqa: S311  sample data, no secret
        with tenant_scope():
            community = make_community(rng, employees=employees)
            self._say(f"{len(community.members)} municipalities and the shared centre with their people written")
            desk = make_desk(community)
            self._say(f"{len(desk.queues)} queues, {len(desk.categories)} categories, calendars and agreements written")
            told = load_history(community, desk, count=tickets, until=until, rng=rng, say=self._say)
            ratings, visits = make_ratings_and_visits(told.stories, until=until, rng=Random(seed))  # noqa: S311
            self._say(f"{len(ratings)} ratings and {len(visits)} visits written")
        if told.copies:
            self._multiply(told, community, until=until, rng=rng)
        self._gather_statistics()
        with tenant_scope(*self._everybody(community)):
            make_bills(community, until=until, rng=rng, say=self._say)
            pauses = pauses_of(told) if told.copies else add_pauses
            make_levels(community, until=until, rng=Random(seed), say=self._say, pauses=pauses)  # noqa: S311
            make_decisions(community, until=until, say=self._say)
        self._gather_statistics()
        if told.copies:
            self._check(community, until=until)
        self._say(f"{tickets} tickets up to {timezone.localtime(until):%Y-%m-%d %H:%M}. Done.")

    def _multiply(self, told, community, *, until, rng):
        """Many copies come into tables without their checks, which are made again at the end."""
        with tenant_scope(*self._everybody(community)):
            plan = prepare(told, community, until=until, rng=rng)
            self._say(f"{len(plan.tickets)} copies of the stories planned")
        many = told.copies > MANY_COPIES and may_be_bared(Ticket)
        with (
            tenant_scope(*self._everybody(community)),
            bare(*COPIED, without=SLEEPING, say=self._say) if many else nullcontext(),
            self._progress(len(plan.tickets), "copies of the stories") as progress,
        ):
            for batch in plan.batches():
                copy_tickets(batch)
                progress(len(batch))

    def _check(self, community, *, until):
        with tenant_scope(*self._everybody(community)):
            found = list(wrong(until=until))
        if found:
            raise CommandError(
                "The copies are not right; empty the database and start again:\n" + "\n".join(found[:20])
            )
        self._say("Counts, clocks, events and messages agree")

    def _everybody(self, community):
        return [community.operator.pk, *(member.pk for member in community.members)]

    @contextmanager
    def _progress(self, total, what):
        """A bar for people; for a log, a line now and then."""
        shown, done = self.stderr.isatty(), 0
        with tqdm(total=total, desc=what, disable=not shown) as bar:

            def progress(number):
                nonlocal done
                done += number
                bar.update(number)
                if not shown:
                    self._say(f"{done} of {total} {what} written")

            yield progress

    def _gather_statistics(self):
        """Without them the planner takes the new tables for empty ones."""
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _say(self, line):
        if self.verbosity:
            self.stdout.write(line)

    def execute(self, *args, **options):
        self.verbosity = options["verbosity"]
        return super().execute(*args, **options)


def _instant(text: str | None) -> datetime:
    if text is None:
        return timezone.now().replace(microsecond=0)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise CommandError(f"--until {text} is no instant. Write for example 2026-11-25T12:00:00+01:00.")
    return instant.replace(microsecond=0)
