"""Make the four database roles and the database on a real server."""

import os
from typing import Any

import psycopg2
from django.core.management.base import BaseCommand, CommandError, CommandParser

from servicecenter.tenancy.roles import ATTRIBUTES, create_roles


class Command(BaseCommand):
    help = "Makes the database and its four roles (owner, app, worker, backup) on a server; safe to run again."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--admin-url", default=os.environ.get("DATABASE_ADMIN_URL"), help="a superuser's address")
        parser.add_argument("--for-tests", action="store_true", help="let the owner create test databases")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["admin_url"]:
            raise CommandError("Name a superuser: --admin-url postgresql://… or DATABASE_ADMIN_URL.")
        missing = [name for name in ATTRIBUTES if not os.environ.get(name)]
        if missing:
            raise CommandError(f"Set {', '.join(missing)} first: the roles take their names and passwords from there.")
        try:
            create_roles(options["admin_url"], os.environ, for_tests=options["for_tests"])
        except (ValueError, psycopg2.Error) as error:
            raise CommandError(str(error).strip()) from error
        self.stdout.write("The four roles and the database are in place; next: manage.py migrate.")
