"""Keys are entered in the administration, and what could never be calculated is refused there."""

import pytest

from billing.admin import KeyVersionForm
from tests.billing.world import World

pytestmark = pytest.mark.django_db


def form(world, definition, **fields):
    data = {
        "pool": world.nexus.pk, "valid_from": "2026-01-01", "definition": definition, "label": "Nøgle",
        "sentence": "Nøglen i ord", "decided_by": "Styregruppen",
    }  # fmt: skip
    return KeyVersionForm(data | fields)


@pytest.mark.parametrize(
    "definition",
    ['{"type": "equal"}', '{"type": "percent", "percent": {"151": "100"}}', '{"type": "on_cost", "of": ["direct"]}'],
)
def test_a_key_that_can_be_read_is_accepted(definition):
    assert form(World(), definition).is_valid()


@pytest.mark.parametrize(
    "definition", ['{"type": "magic"}', '{"type": "driver"}', "[]", "nonsense", '{"type": "on_cost", "of": "desk"}']
)
def test_a_key_that_cannot_be_read_is_refused(definition):
    assert list(form(World(), definition).errors) == ["definition"]


def test_two_keys_of_a_pool_never_cover_the_same_day():
    world = World()

    assert list(form(world, '{"type": "equal"}', pool=world.desk.pk).errors) == ["valid_from"]
