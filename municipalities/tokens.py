from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from knox.models import get_token_model
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed

from servicecenter.tenancy.middleware import scope_of
from servicecenter.tenancy.scope import Scope, enter


class PersonTokenAuthentication(TokenAuthentication):
    """API tokens (stored hashed, expiring). The token is read inside the view, so the scope is set again here."""

    def authenticate_credentials(self, token):
        """Open the row of the person the token's public part names, and no other, before the token is checked."""
        key = token.decode("utf-8", "replace")[: CONSTANTS.TOKEN_KEY_LENGTH]
        owner = get_token_model().objects.filter(token_key=key).values_list("user_id", flat=True).first()
        enter(Scope(person=owner))
        return super().authenticate_credentials(token)

    def validate_user(self, auth_token):
        person = auth_token.user
        if not person.is_active:
            raise AuthenticationFailed(_("This token's owner is not active."))
        enter(scope_of(person))
        return person, auth_token
