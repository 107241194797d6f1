import csv
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from municipalities.models import Municipality
from servicecenter.tenancy.scope import tenant_scope
from tickets.management.commands.import_servicenow import text_of
from tickets.servicenow.comparing import CAUSES, KEPT, MISSED, OURS, THEIRS, Comparison, compare
from tickets.servicenow.export import BadExport
from tickets.servicenow.mapping import BadMapping, read_mapping
from tickets.servicenow.storing import store
from tickets.sla.terms import rulebook

COLUMNS = (
    "incident",
    "ticket",
    "priority",
    "ours",
    "export",
    "cause",
    "elapsed_minutes",
    "target_minutes",
    "closed_after_minutes",
)


class Command(BaseCommand):
    help = "Put the attainment of imported incidents, judged by our law, beside the export's own, and keep both."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="The export that was imported, CSV in UTF-8.")
        parser.add_argument("--mapping", type=Path, required=True, help="What its words mean here, TOML.")
        parser.add_argument("--csv", type=Path, help="Where to write every incident, one a row.")

    def handle(self, *, file, mapping, csv, **options):
        try:
            lines, rules = text_of(file).splitlines(keepends=True), read_mapping(text_of(mapping))
            with tenant_scope(*Municipality.objects.values_list("pk", flat=True)):
                now = timezone.now().replace(microsecond=0)
                comparison = compare(lines, rules, rules=rulebook(), now=now)
                store(comparison, at=now)
        except (BadExport, BadMapping) as error:
            raise CommandError(str(error)) from error
        if not comparison.compared:
            raise CommandError("None of its incidents was imported. Run import_servicenow first.")
        self._report(comparison)
        if csv:
            write_csv(csv, comparison)
        if not comparison.adds_up:
            raise CommandError("The numbers do not add up; this is a fault of the program.")

    def _report(self, comparison: Comparison):
        missing = len(comparison.missing)
        self.stdout.write(
            f"{comparison.incidents} incidents = {len(comparison.compared)} compared + {missing} not imported."
        )
        self._table(comparison)
        self._causes(comparison)
        self.stdout.write("\nThe export's own limit from opening to closing, as its figures tell it:")
        for priority, limit in comparison.limits.items():
            within = (
                f"{limit.within.total_seconds() / 3600:.1f} hours" if limit.within else "shorter than any was closed"
            )
            self.stdout.write(f"P{priority}: {within}; {limit.wrong} of {limit.n} incidents contradict it")

    def _table(self, comparison: Comparison):
        table = comparison.table
        self.stdout.write("\n| ours | " + " | ".join(f"export: {theirs}" for theirs in THEIRS) + " | all |")
        self.stdout.write("| --- |" + " ---: |" * (len(THEIRS) + 1))
        for ours in OURS:
            counts = [table[ours, theirs] for theirs in THEIRS]
            self.stdout.write(f"| {ours} | " + " | ".join(map(str, counts)) + f" | {sum(counts)} |")
        totals = [sum(table[ours, theirs] for ours in OURS) for theirs in THEIRS]
        self.stdout.write("| all | " + " | ".join(map(str, totals)) + f" | {sum(totals)} |")
        same = table[KEPT, KEPT] + table[MISSED, MISSED]
        both = same + table[KEPT, MISSED] + table[MISSED, KEPT]
        self.stdout.write(f"\nBoth decided: {both}; they agree on {same} and differ on {both - same}.")

    def _causes(self, comparison: Comparison):
        causes = comparison.causes
        self.stdout.write("\n| cause of the difference | ours kept, export missed | ours missed, export kept |")
        self.stdout.write("| --- | ---: | ---: |")
        for cause, words in CAUSES.items():
            self.stdout.write(f"| {words} | {causes[cause, KEPT]} | {causes[cause, MISSED]} |")
        kept, missed = (sum(n for (_, ours), n in causes.items() if ours == outcome) for outcome in (KEPT, MISSED))
        self.stdout.write(f"| all | {kept} | {missed} |")


def write_csv(path: Path, comparison: Comparison) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in comparison.compared:
            closed = "" if row.closed_after is None else int(row.closed_after.total_seconds()) // 60
            target = "" if row.target_s is None else row.target_s // 60
            writer.writerow(
                [
                    row.incident,
                    row.ticket,
                    row.priority,
                    row.ours,
                    row.theirs,
                    row.cause,
                    row.elapsed_s // 60,
                    target,
                    closed,
                ]
            )
