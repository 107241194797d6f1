from django.core.management.base import BaseCommand, CommandError

from billing import periods, seals
from servicecenter.audit import chain
from servicecenter.tenancy.scope import tenant_scope

SHOWN = 20


class Command(BaseCommand):
    help = "Reads every audit entry, ledger line and closed month against its hash; fails when one was changed."

    def handle(self, *args, **options):
        with tenant_scope():
            everybody = periods.everybody()
        with tenant_scope(*everybody):
            faults = chain.faults() + seals.faults()
            waiting = chain.unsealed()
        if faults:
            for fault in faults[:SHOWN]:
                self.stderr.write(f"{fault.chain}: link {fault.number}, row {fault.row} does not hold")
            raise CommandError(f"{len(faults)} links do not hold: something was changed behind the database's back.")
        self.stdout.write(f"All chains hold. {waiting} audit entries wait for the next batch.")
