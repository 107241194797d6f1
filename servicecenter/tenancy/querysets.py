from django.contrib.auth import get_user_model
from django.db import models

from servicecenter.tenancy.grants import granted_ids
from servicecenter.tenancy.scope import current_scope


def tenant_model():
    return get_user_model()._meta.get_field("municipality").related_model


class OwnedQuerySet(models.QuerySet):
    """Rows that belong to a municipality. The database hides foreign ones; these methods name the wanted ones."""

    def granted(self, person, permission: str):
        """Rows of the municipalities on which `person` holds `permission`."""
        return self.filter(municipality_id__in=granted_ids(person, tenant_model(), permission))

    def in_scope(self):
        """Rows of the current scope, named so that the planner can use the municipality's index."""
        return self.filter(municipality_id__in=current_scope().municipalities)
