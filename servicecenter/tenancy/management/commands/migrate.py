from django.core.management.commands import migrate


class Command(migrate.Command):
    """Django's migrate, as the owner of the tables: the application role owns nothing."""

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.set_defaults(database="owner")
