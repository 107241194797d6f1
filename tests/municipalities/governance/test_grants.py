"""Groups that were made before there were proposals get the new grants by a migration."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from municipalities import roles
from municipalities.models import Municipality, MunicipalityGroupPermission
from servicecenter.tenancy.grants import granted_ids
from tests.factories import make_agent, make_agreement, make_director, make_municipality

pytestmark = pytest.mark.django_db


def test_directors_there_are_may_decide_for_their_municipality_only():
    north, south = make_municipality("Nordby"), make_municipality("Sydby")
    director = make_director(north)
    roles.group_for("director", "municipality", south)
    MunicipalityGroupPermission.objects.filter(permission__codename="decide_proposals").delete()
    assert granted_ids(director, Municipality, "decide_proposals") == frozenset()

    import_module("municipalities.migrations.0006_governance_grants").grant(apps, connection.schema_editor())

    director.__dict__.pop("_grants")
    assert granted_ids(director, Municipality, "decide_proposals") == {north.pk}


def test_what_is_promised_is_only_read_in_the_administration(client):
    version = make_agreement()
    client.force_login(make_agent(make_municipality("Nordby"), role="administrator", queues=[]))
    for model in ("calendar", "calendarversion", "agreement", "agreementversion"):
        assert client.get(f"/admin/tickets/{model}/").status_code == 200
        assert client.get(f"/admin/tickets/{model}/add/").status_code == 403
    change = client.post(f"/admin/tickets/agreementversion/{version.pk}/change/", {"terms": "{}"})
    assert change.status_code == 403
