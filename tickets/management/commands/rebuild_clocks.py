from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from municipalities.models import Municipality
from servicecenter import time_source
from servicecenter.tenancy.scope import tenant_scope
from tickets.models import Ticket
from tickets.sla.rebuilding import examine, repair
from tickets.sla.terms import rulebook

BATCH = 1000


class Command(BaseCommand):
    help = "Replay the events of tickets, report every clock that differs from what is stored, and put it right."

    def add_arguments(self, parser):
        parser.add_argument("--ticket", type=int, help="The number of one ticket; all tickets when left out.")
        parser.add_argument(
            "--check", action="store_true", help="Only report; change nothing. Fails when something differs."
        )

    def handle(self, *, ticket, check, **options):
        places = list(Municipality.objects.values_list("pk", flat=True))
        with tenant_scope(*places):
            wanted = Ticket.objects.filter(number=ticket) if ticket else Ticket.objects.all()
            ids = list(wanted.order_by("pk").values_list("pk", flat=True))
        if ticket and not ids:
            raise CommandError(f"There is no ticket {ticket}.")
        found = self._go_through(ids, places, check=check)
        outcome = "found" if check else "put right"
        self.stdout.write(f"{len(ids)} tickets replayed, {found} differences {outcome}.")
        if check and found:
            raise CommandError("The stored clocks differ from the events. Run rebuild_clocks without --check.")

    def _go_through(self, ids: list[int], places: list[int], *, check: bool) -> int:
        found = 0
        with tqdm(total=len(ids), desc="tickets", disable=not self.stderr.isatty()) as progress:
            for start in range(0, len(ids), BATCH):
                with tenant_scope(*places):
                    found += self._batch(ids[start : start + BATCH], check=check)
                progress.update(len(ids[start : start + BATCH]))
        return found

    def _batch(self, ids: list[int], *, check: bool) -> int:
        """Tickets are locked while they are put right, so that no verb changes them in between."""
        tickets = Ticket.objects.filter(pk__in=ids).order_by("pk").only("municipality_id", "number", "next_due_at")
        tickets = tickets if check else tickets.select_for_update()
        now = time_source.now().replace(microsecond=0)
        unequal = [found for found in examine(tickets, now=now, rules=rulebook()) if found.differences]
        for found in unequal:
            for difference in found.differences:
                self.stdout.write(f"{found.ticket.number}: {difference}")
        if not check:
            repair(unequal, now=now)
        return sum(len(found.differences) for found in unequal)
