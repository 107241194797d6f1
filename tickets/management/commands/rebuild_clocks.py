import os
from functools import partial

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from municipalities.models import Municipality
from servicecenter import time_source
from servicecenter.side_by_side import side_by_side
from servicecenter.tenancy.scope import tenant_scope
from tickets.models import Ticket
from tickets.sla.rebuilding import examine, repair
from tickets.sla.terms import rulebook

BATCH = 1000
MOST_PROCESSES = 4


class Command(BaseCommand):
    help = "Replay the events of tickets, report every clock that differs from what is stored, and put it right."

    def add_arguments(self, parser):
        parser.add_argument("--ticket", type=int, help="The number of one ticket; all tickets when left out.")
        parser.add_argument(
            "--check", action="store_true", help="Only report; change nothing. Fails when something differs."
        )
        parser.add_argument(
            "--processes", type=int, default=min(os.cpu_count() or 1, MOST_PROCESSES),
            help="How many work side by side when there is more than one batch of tickets; one for each processor.",
        )  # fmt: skip

    def handle(self, *, ticket, check, processes, **options):
        if processes < 1:
            raise CommandError("At least one process must do the work.")
        places = list(Municipality.objects.values_list("pk", flat=True))
        with tenant_scope(*places):
            wanted = Ticket.objects.filter(number=ticket) if ticket else Ticket.objects.all()
            ids = list(wanted.order_by("pk").values_list("pk", flat=True))
        if ticket and not ids:
            raise CommandError(f"There is no ticket {ticket}.")
        found = self._go_through(ids, partial(rebuild_batch, places=places, check=check), processes=processes)
        outcome = "found" if check else "put right"
        self.stdout.write(f"{len(ids)} tickets replayed, {found} differences {outcome}.")
        if check and found:
            raise CommandError("The stored clocks differ from the events. Run rebuild_clocks without --check.")

    def _go_through(self, ids: list[int], rebuild, *, processes: int) -> int:
        found = 0
        batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
        if len(batches) < 2 or processes < 2:
            told = map(rebuild, batches)
        else:
            told = side_by_side(rebuild, batches, processes=processes)
        with tqdm(total=len(ids), desc="tickets", disable=not self.stderr.isatty()) as progress:
            for batch, differences in zip(batches, told, strict=True):
                for difference in differences:
                    self.stdout.write(difference)
                found += len(differences)
                progress.update(len(batch))
        return found


def rebuild_batch(ids: list[int], *, places: list[int], check: bool) -> list[str]:
    """Returns the differences. Tickets are locked while they are put right, so that no verb changes them in between."""
    with tenant_scope(*places):
        tickets = Ticket.objects.filter(pk__in=ids).order_by("pk").only("municipality_id", "number", "next_due_at")
        tickets = tickets if check else tickets.select_for_update()
        now = time_source.now().replace(microsecond=0)
        unequal = [found for found in examine(tickets, now=now, rules=rulebook()) if found.differences]
        if not check:
            repair(unequal, now=now)
    return [f"{found.ticket.number}: {difference}" for found in unequal for difference in found.differences]
