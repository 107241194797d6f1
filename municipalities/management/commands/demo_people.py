from django.core.management.base import BaseCommand

from municipalities.models import Municipality, Person
from municipalities.sample.people import catalogue
from servicecenter.tenancy.scope import tenant_scope


class Command(BaseCommand):
    help = "Print one line per person of the sample data: role, name, where, e-mail address and password."

    def handle(self, *args, **options):
        lines = self._lines()
        if not lines:
            self.stdout.write("There are no demo people. Make the sample data first: manage.py sample_data.")
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            self.stdout.write("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip())

    def _lines(self):
        places = {place.slug: place for place in Municipality.objects.all()}
        with tenant_scope(*(place.pk for place in places.values())):
            known = set(Person.objects.active().values_list("municipality__slug", "email"))
        return [
            (entry["role"], entry["name"], places[entry["place"]].name, entry["email"], catalogue()["password"])
            for entry in catalogue()["person"]
            if (entry["place"], entry["email"]) in known
        ]
