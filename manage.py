#!/usr/bin/env python3
"""Django's commands, by hand. Without DATABASE_URL they use the servers that come with the set-up."""

import importlib.util
import os
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent
PYTHON = CHECKOUT / ".venv" / "bin" / "python"

OWNER_COMMANDS = {"flush", "migrate"}  # only the owner may make and empty tables
# These cross municipalities and write in bulk, so the whole command connects as the owner.
BULK_COMMANDS = {"demo_people", "import_servicenow", "rebuild_clocks", "sample_data"}
COMMANDS_WITHOUT_DATABASE = {
    "collectstatic", "compilemessages", "create_roles", "diffsettings", "findstatic", "help", "makemessages",
    "spectacular", "startapp", "version", "--help", "--version",
}  # fmt: skip


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicecenter.settings")
    if importlib.util.find_spec("django") is None:
        use_the_environment_of_the_set_up()
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command in OWNER_COMMANDS and not any(word.startswith("--database") for word in sys.argv):
        sys.argv.append("--database=owner")
    if command in BULK_COMMANDS:
        os.environ["DATABASE_ROLE"] = "owner"
    if not os.environ.get("DATABASE_URL") and command not in COMMANDS_WITHOUT_DATABASE:
        start_the_embedded_servers()
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))


def use_the_environment_of_the_set_up() -> None:
    if not PYTHON.exists() or Path(sys.prefix) == PYTHON.parents[1]:
        sys.exit("The set-up is missing or broken: run 'make setup' first.")
    os.execv(PYTHON, [str(PYTHON), *sys.argv])


def start_the_embedded_servers() -> None:
    from servicecenter.local.processes import CannotStart
    from servicecenter.local.servers import ensure_started

    try:
        ensure_started()
    except CannotStart as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
