"""Directors hear of a proposal and its outcome, in the product and by mail; who proposed it hears the outcome."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from municipalities.governance import proposals
from servicecenter.outbox.models import Mail
from tests.factories import make_agent, make_director, make_municipality, make_requester
from tests.municipalities.governance.world import LATER, MIDNIGHT, Together
from tickets.notifications.delivering import deliver_waiting
from tickets.notifications.models import Notice, NoticeSettings
from tickets.notifications.proposals import STILL_NEWS, tell_of_proposals

pytestmark = pytest.mark.django_db


@pytest.fixture
def together():
    return Together()


def told(together, at=LATER):
    """Kind, state and recipient of each notice."""
    tell_of_proposals(now=at)
    names = {director.pk: code for code, director in zip("BFE", together.directors.values(), strict=True)}
    names[together.amir.pk] = "Amir"
    rows = Notice.objects.order_by("id").values_list("kind", "data__state", "recipient_id")
    return [(kind, state, names[pk]) for kind, state, pk in rows]


def decide(together, proposal, *members, is_yes=True):
    for member in members:
        proposal = together.decide(proposal, member, is_yes=is_yes)
    return proposal


def withdraw(together, proposal):
    return proposals.withdraw(proposal, by=together.amir, note="Fejl.", at=LATER)


NEW = [("proposed", "proposed", name) for name in "BFE"]


def test_each_director_hears_of_a_proposal_once_and_nobody_else(together):
    make_director(make_municipality("Vestby"))
    make_requester(together.egedal)
    make_agent(*together.members, role="lead")
    together.propose(municipalities=together.members)
    assert told(together) == NEW
    assert told(together) == NEW
    assert {notice.municipality_id for notice in Notice.objects.all()} == {member.pk for member in together.members}


def test_the_last_yes_tells_the_outcome_to_all_and_to_who_proposed(together):
    proposal = together.propose()
    told(together)
    decide(together, proposal, together.ballerup, together.furesoe)
    assert told(together) == NEW
    decide(together, proposal, together.egedal)
    assert told(together)[3:] == [("settled", "adopted", name) for name in ("B", "F", "E", "Amir")]


@pytest.mark.parametrize(
    ("settle", "state"),
    [
        (lambda together, proposal: decide(together, proposal, together.egedal, is_yes=False), "rejected"),
        (
            lambda together, proposal: proposals.withdraw(proposal, by=together.amir, note="Fejl.", at=LATER),
            "withdrawn",
        ),
    ],
)
def test_a_no_and_a_withdrawal_are_told_as_well(together, settle, state):
    proposal = together.propose()
    told(together)
    settle(together, proposal)
    assert {row[1] for row in told(together)[3:]} == {state}


def test_a_proposal_whose_day_came_too_soon_is_told_as_too_late_once(together):
    together.propose()
    told(together)
    late = [("settled", "lapsed", name) for name in ("B", "F", "E", "Amir")]
    assert told(together, MIDNIGHT)[3:] == late
    assert told(together, MIDNIGHT + timedelta(hours=1))[3:] == late


def test_what_is_old_is_no_news(together):
    together.propose(at=LATER)
    assert told(together, LATER + STILL_NEWS + timedelta(days=30)) == []


def test_the_mail_names_the_proposal_its_day_and_the_way_there(together):
    proposal = together.propose()
    told(together)
    deliver_waiting(now=LATER)
    mail = Mail.objects.order_by("id").first()
    assert mail.subject == "Forslag til afgørelse: »Kalender: Åbningstid«"
    assert f"http://testserver{proposal.get_absolute_url()}" in mail.text
    assert "i morgen kl. 00:00" in mail.text
    assert Mail.objects.count() == 3


def test_the_list_shows_it_and_leads_to_the_proposal(client, together):
    proposal = together.propose()
    told(together)
    director = together.directors[together.egedal.pk]
    client.force_login(director)
    page = client.get(reverse("tickets:notices"))
    assert [row.headline for row in page.context["rows"]] == ["Forslag til afgørelse: »Kalender: Åbningstid«"]
    notice = Notice.objects.get(recipient=director)
    assert client.get(reverse("tickets:notice", args=[notice.pk]))["Location"] == proposal.get_absolute_url()
    with translation.override("en"):
        page = client.get(reverse("tickets:notices"))
        assert page.status_code == 200


def test_each_chooses_and_only_who_takes_part_is_asked(client, together):
    director = together.directors[together.egedal.pk]
    choices = {"proposed": {"product": True, "mail": False}}
    NoticeSettings.objects.create(municipality=together.egedal, person=director, choices=choices)
    together.propose()
    tell_of_proposals(now=LATER)
    deliver_waiting(now=LATER)
    assert Notice.objects.get(recipient=director).mail_at is None
    assert not Mail.objects.filter(recipient=director).exists()
    offered = []
    for person in (director, make_requester(together.egedal)):
        client.force_login(person)
        offered.append("proposed" in client.get(reverse("tickets:notice_settings")).context["form"].kinds)
    assert offered == [True, False]
