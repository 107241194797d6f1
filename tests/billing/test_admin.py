"""A key is decided together: the administration shows it, and lets nobody past the decision."""

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from billing.models import KeyVersion
from tests.billing.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def superuser(client):
    world = World()
    person = get_user_model().objects.get(pk=world.lone.pk)
    person.is_staff = person.is_superuser = True
    person.save()
    client.force_login(person)
    return world


def stored():
    return sorted(KeyVersion.objects.values_list("pool_id", "valid_from", "valid_to", "label"))


def test_not_even_a_superuser_enters_a_key_in_the_administration(client, superuser):
    before = stored()
    fields = {
        "pool": superuser.desk.pk, "valid_from": "2030-01-01", "definition": '{"type": "equal"}', "label": "Uden os",
        "sentence": "Deles ligeligt.", "decided_by": "Ingen",
    }  # fmt: skip

    answer = client.post(reverse("admin:billing_keyversion_add"), fields)

    assert (answer.status_code, stored()) == (403, before)


@pytest.mark.parametrize("page", ["change", "delete"])
def test_nor_changes_or_deletes_one(client, superuser, page):
    before, version = stored(), KeyVersion.objects.first()

    answer = client.post(
        reverse(f"admin:billing_keyversion_{page}", args=[version.pk]), {"label": "Uden os", "post": "yes"}
    )

    assert (answer.status_code, stored()) == (403, before)


def test_the_keys_can_be_read_there(client, superuser):
    version = KeyVersion.objects.first()

    shown = client.get(reverse("admin:billing_keyversion_change", args=[version.pk]))
    listed = client.get(reverse("admin:billing_keyversion_changelist"))

    assert (shown.status_code, listed.status_code) == (200, 200)
    assert 'name="label"' not in shown.content.decode()


def test_a_key_is_not_deleted_along_with_its_pool(client, superuser):
    before = stored()

    client.post(reverse("admin:billing_pool_delete", args=[superuser.desk.pk]), {"post": "yes"})

    assert stored() == before
