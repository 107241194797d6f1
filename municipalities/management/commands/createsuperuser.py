from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError
from django.utils.text import slugify

from municipalities.models import Municipality
from servicecenter.tenancy.scope import tenant_scope


class Command(createsuperuser.Command):
    """Django's createsuperuser, within one municipality: the shared centre unless another is named."""

    def add_arguments(self, parser):
        super().add_arguments(parser)
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--municipality", help="Slug of the municipality; the shared centre when left out.")
        where.add_argument("--operator", help="Name of the shared centre, which is made first when there is none yet.")

    def handle(self, *args, **options):
        municipality = _municipality(options.pop("municipality"), options.pop("operator"))
        with tenant_scope(municipality.pk):
            return super().handle(*args, **options)


def _municipality(slug, operator_name):
    if slug:
        found = Municipality.objects.filter(slug=slug).first()
    else:
        found = Municipality.objects.filter(kind=Municipality.Kind.OPERATOR).first()
        if operator_name and not found:
            found = _make_operator(operator_name)
    if not found:
        raise CommandError(
            f'There is no municipality "{slug}": name one that exists.'
            if slug
            else 'There is no shared centre yet: name it with --operator "NAME", or one with --municipality SLUG.'
        )
    return found


def _make_operator(name):
    operator = Municipality(code="operator", kind=Municipality.Kind.OPERATOR, slug=slugify(name), name=name)
    operator.full_clean()
    operator.save()
    return operator
