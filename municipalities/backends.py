from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import make_password

from municipalities.models import Person
from servicecenter.tenancy.scope import tenant_scope


class MunicipalityBackend(ModelBackend):
    """Sign-in by password looks within the chosen municipality only."""

    def authenticate(self, request, municipality=None, email=None, password=None, **kwargs):
        if municipality is None or not email or password is None:
            return None
        with tenant_scope(municipality.pk):
            person = Person.objects.filter(municipality=municipality, email__iexact=email).first()
        if person is None:
            make_password(password)  # as slow as a wrong password, so that accounts cannot be counted
            return None
        return person if person.check_password(password) and self.user_can_authenticate(person) else None

    def get_user(self, user_id):
        """Together with the municipality, which every page names."""
        person = Person.objects.select_related("municipality").filter(pk=user_id).first()
        return person if person and self.user_can_authenticate(person) else None
