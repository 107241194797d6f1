from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from municipalities.models import Person
from servicecenter.tenancy.middleware import scope_of
from servicecenter.tenancy.scope import Scope, enter


class PersonTokenAuthentication(TokenAuthentication):
    """API tokens (stored hashed, expiring). The token is read inside the view, so the scope is set again here."""

    def validate_user(self, auth_token):
        enter(Scope(person=auth_token.user_id))
        person = Person.objects.filter(pk=auth_token.user_id, is_active=True).first()
        if person is None:
            raise AuthenticationFailed(_("This token's owner is not active."))
        enter(scope_of(person))
        return person, auth_token
