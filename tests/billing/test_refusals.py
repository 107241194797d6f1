"""Every refusal reaches the finance officer as a sentence that names pool, municipality, driver and day."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import translation

from billing import tasks
from billing.allocation.errors import FAULTS, AllocationError
from billing.models import RunRequest
from tests.billing.world import NOON, World

NAMES = {"pool": {"desk": "Servicedesk"}, "member": {"151": "Ballerup"}, "driver": {"inhabitants": "Indbyggertal"}}
WHERE = {"pool": "desk", "member": "151", "driver": "inhabitants@desk", "day": date(2026, 10, 15)}
PLACES = {
    "da": ["pulje Servicedesk", "Ballerup", "Indbyggertal", "15. oktober 2026"],
    "en": ["pool Servicedesk", "Ballerup", "Indbyggertal", "2026"],
}


def sentence(kind, language, **where):
    """As the page shows it: refused in the worker, kept as plain data, read in the reader's language."""
    code, _, reason = kind.partition(".")
    fault = tasks.as_data(AllocationError(code, reason, found="7", **where))
    with translation.override(language):
        return RunRequest(fault=fault).sentence(NAMES)


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("kind", FAULTS)
def test_every_refusal_names_the_place_in_words(kind, language):
    told = sentence(kind, language, **WHERE)

    for place in PLACES[language]:
        assert place.casefold() in told.casefold()
    assert kind.partition(".")[0] not in told
    assert "desk@" not in told
    assert told.rstrip()[-1] == "."


@pytest.mark.parametrize("kind", FAULTS)
def test_every_refusal_is_told_in_danish_in_danish(kind):
    assert sentence(kind, "da") != sentence(kind, "en")


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["MISSING_DRIVER", "GAP", "BAD_PERCENT", "NEGATIVE_BASIS.own"])
def test_the_page_of_the_month_shows_the_sentence(client, kind):
    world = World()
    code, _, reason = kind.partition(".")
    error = AllocationError(
        code, reason, found="7", pool="desk", member="151", driver="inhabitants", day=date(2026, 10, 1)
    )
    RunRequest.objects.create(
        period=world.october, requested_by=world.lone, requested_at=NOON, settled_at=NOON, fault=tasks.as_data(error)
    )
    client.force_login(world.lone)

    html = client.get(reverse("billing:period", args=["2026-10"])).content.decode()

    for name in ("Desk", "Ballerup Kommune", "Indbyggere", "1. oktober 2026"):
        assert name in html
