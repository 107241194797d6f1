"""`python -m tests.faults.furnish` makes the tables of an empty database, and one ticket for the clocks to hang on."""

import django
from django.core.management import call_command
from django.db import transaction


def main():
    django.setup()
    from servicecenter import time_source
    from tests.factories import make_ticket

    call_command("migrate", verbosity=0, database="owner")
    with transaction.atomic():
        make_ticket(at=time_source.now())  # none of its own clocks is due while the tests run


if __name__ == "__main__":
    main()
