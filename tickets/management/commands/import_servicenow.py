from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from municipalities.models import Municipality
from servicecenter.tenancy.scope import tenant_scope
from tickets.servicenow.comparing import compare
from tickets.servicenow.mapping import read_mapping
from tickets.servicenow.storing import store
from tickets.servicenow.writing import BadExport, BadMapping, import_export
from tickets.sla.terms import rulebook


class Command(BaseCommand):
    help = "Read tickets with their history from an audit export of ServiceNow. Running it twice adds nothing."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="The export, CSV in UTF-8: one row per update.")
        parser.add_argument("--mapping", type=Path, required=True, help="What its words mean here, TOML.")

    def handle(self, *, file, mapping, **options):
        try:
            rules, lines = read_mapping(text_of(mapping)), text_of(file).splitlines(keepends=True)
            with tenant_scope(*Municipality.objects.values_list("pk", flat=True)):
                outcome = self._import(lines, rules)
                now = timezone.now().replace(microsecond=0)
                store(compare(lines, rules, rules=rulebook(), now=now), at=now)
        except (BadExport, BadMapping) as error:
            raise CommandError(f"{error} Nothing was imported.") from error
        except Municipality.DoesNotExist as error:
            raise CommandError("There is no shared centre yet; make it first. Nothing was imported.") from error
        self._report(outcome)

    def _import(self, lines, rules):
        with tqdm(total=len(lines) - 1, unit=" rows", disable=not self.stderr.isatty()) as progress:
            return import_export(lines, rules, now=timezone.now().replace(microsecond=0), progress=progress.update)

    def _report(self, outcome):
        for problem in outcome.problems:
            self.stdout.write(f"line {problem.line} {problem.number}: {problem.reason}")
        for remark in outcome.remarks:
            self.stdout.write(f"{remark} (the row was used)")
        self.stdout.write(f"{outcome.tickets} tickets imported.")
        known = f" + {outcome.known} of tickets imported before" if outcome.known else ""
        self.stdout.write(f"{outcome.read} rows read = {outcome.used} used{known} + {len(outcome.problems)} reported.")
        if not outcome.adds_up:
            raise CommandError("The numbers do not add up; this is a fault of the program.")


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error
