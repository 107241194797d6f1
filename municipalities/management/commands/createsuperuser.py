from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError

from municipalities.models import Municipality
from servicecenter.tenancy.scope import tenant_scope


class Command(createsuperuser.Command):
    """Django's createsuperuser, within one municipality (the shared centre unless named)."""

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--municipality", help="Slug of the municipality; the shared centre when left out.")

    def handle(self, *args, **options):
        slug = options.pop("municipality", None)
        found = Municipality.objects.filter(slug=slug) if slug else Municipality.objects.filter(kind="operator")
        if not (municipality := found.first()):
            raise CommandError("No such municipality. Make it first, or name one with --municipality SLUG.")
        self.UserModel._default_manager.municipality_of_new = municipality
        with tenant_scope(municipality.pk):
            return super().handle(*args, **options)
