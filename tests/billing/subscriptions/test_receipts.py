"""The last step of the month: who got the statement, when, who waits, and who has nobody to get it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from billing import cycle
from billing.models import ReportDelivery, ReportSubscription
from billing.subscriptions import receipts, sending
from servicecenter.audit.models import AuditEntry
from servicecenter.outbox.models import Mail
from tests.billing.invoicing.community import AT, Community
from tests.billing.world import NOON
from tests.factories import make_director

pytestmark = pytest.mark.django_db
BEFORE, AFTER = NOON - timedelta(days=3), NOON + timedelta(hours=1)


@pytest.fixture
def community():
    found = Community()
    found.directors = {member.slug: make_director(member, name=f"Direktør {member.slug}") for member in found.members}
    return found


def subscribed(community, slug, *, at=BEFORE):
    person = community.directors[slug]
    return ReportSubscription.objects.create(
        municipality=person.municipality, recipient=person, kind="statement", created_by=community.lone, created_at=at
    )


def step(community):
    return cycle.read(community.october).steps[-1]


def deliver():
    for row, period in sending.due(at=AT):
        sending.send(row, period, at=AT)


def page(client, community):
    client.force_login(community.lone)
    return client.get(reverse("billing:period", args=["2026-10"]))


def test_municipalities_without_a_receiver_are_listed_with_the_page_that_mends_it(community):
    subscribed(community, "egedal")
    community.close_october()
    deliver()

    last = step(community)

    assert (last.code, str(last.state), last.is_done) == ("statements", "next", False)
    assert [(missing.text, missing.address) for missing in last.missing] == [
        ("Ingen får afregningen for Ballerup Kommune, Furesoe Kommune.", reverse("billing:subscriptions")),
    ]


def test_the_step_is_done_when_every_municipality_has_it(client, community):
    for member in community.members:
        subscribed(community, member.slug)
    community.close_october()
    assert not step(community).is_done
    deliver()

    assert (step(community).is_done, str(step(community).state)) == (True, "done")
    html = page(client, community).content.decode()
    for person in community.directors.values():
        assert f"{person.name}, 10. november 2026" in html.replace("\N{NO-BREAK SPACE}", " ")


def test_who_came_on_the_list_later_waits_until_somebody_sends_it_and_gets_it_once(client, community):
    community.close_october()
    for member in community.members:
        subscribed(community, member.slug, at=AFTER)
    deliver()
    assert not ReportDelivery.objects.exists()
    html = page(client, community).content.decode()
    address = reverse("billing:statements_sending", args=["2026-10"])
    assert address in html
    assert step(community).missing[0].text == "3 modtagere venter på afregningen."

    for _twice in range(2):
        assert client.post(address).status_code == 302

    assert ReportDelivery.objects.count() == Mail.objects.count() == 3
    assert {mail.recipient for mail in Mail.objects.all()} == set(community.directors.values())
    assert AuditEntry.objects.filter(action="statement_sent", actor=community.lone).count() == 3
    assert step(community).is_done
    assert address not in page(client, community).content.decode()


def test_nothing_is_sent_of_a_month_that_is_not_closed(client, community):
    subscribed(community, "egedal")
    community.lines()
    client.force_login(community.lone)

    assert client.post(reverse("billing:statements_sending", args=["2026-10"])).status_code == 409
    assert not ReportDelivery.objects.exists()


def test_who_may_no_longer_read_is_no_receiver(community):
    subscribed(community, "egedal")
    community.close_october()
    community.directors["egedal"].groups.clear()

    (egedal,) = [r for r in receipts.read(community.october, community.members) if r.municipality.slug == "egedal"]

    assert egedal.has_nobody


def test_the_page_asks_no_more_when_there_are_more_receivers(client, community, django_assert_max_num_queries):
    subscribed(community, "egedal")
    community.close_october()
    page(client, community)
    with django_assert_max_num_queries(100) as before:
        page(client, community)
    for slug in ("ballerup", "furesoe"):
        subscribed(community, slug)
    with django_assert_max_num_queries(len(before)):
        page(client, community)
