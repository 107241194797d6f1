"""The pages of joint decisions: who reads, who decides, what they cost."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from municipalities.governance.models import Decision
from servicecenter.tenancy.scope import Scope, enter
from tests.factories import make_agent, make_requester
from tests.municipalities.governance.world import Together

pytestmark = pytest.mark.django_db
QUERIES = 12


@pytest.fixture
def together():
    return Together()


def in_a_week():
    day = timezone.localdate() + timedelta(days=7)
    return day, timezone.make_aware(datetime.combine(day, datetime.min.time()))


def proposal_of(together):
    day, instant = in_a_week()
    change = together.change(valid_from=day.isoformat())
    return together.propose(at=timezone.now(), change=change, takes_effect_at=instant)


def test_the_list_shows_the_director_what_waits_for_the_own_municipality(client, together, asked):
    first = proposal_of(together)
    client.force_login(together.directors[together.egedal.pk])
    with asked(at_most=QUERIES):
        page = client.get(reverse("municipalities:proposals"))
    assert [(row["proposal"], row["is_mine"]) for row in page.context["waiting"]] == [(first, True)]
    together.decide(first, together.egedal, at=timezone.now())
    page = client.get(reverse("municipalities:proposals"))
    assert (page.context["mine"], [row["is_mine"] for row in page.context["waiting"]]) == (0, [False])


def test_a_director_decides_on_the_page(client, together, asked):
    proposal = proposal_of(together)
    client.force_login(together.directors[together.egedal.pk])
    with asked(at_most=16):
        assert client.get(proposal.get_absolute_url()).status_code == 200
    address = reverse("municipalities:decision", args=[proposal.pk])
    empty = client.post(address, {"answer": "yes", "reference": ""})
    assert (empty.status_code, Decision.objects.count()) == (422, 0)

    done = client.post(address, {"answer": "yes", "reference": "Punkt 4", "note": "Enig."}, follow=True)

    assert done.status_code == 200
    enter(Scope(tuple(member.pk for member in together.members)))
    (answer,) = Decision.objects.all()
    assert (answer.municipality, answer.is_yes, answer.reference) == (together.egedal, True, "Punkt 4")
    page = client.get(proposal.get_absolute_url())
    assert page.context["decision_form"] is None
    assert "Punkt 4" in page.content.decode()


def test_a_director_reads_what_the_others_decided_by_name(client, together):
    proposal = proposal_of(together)
    decider = together.directors[together.furesoe.pk]
    together.decide(proposal, together.furesoe, at=timezone.now())
    client.force_login(together.directors[together.egedal.pk])
    assert decider.name in client.get(proposal.get_absolute_url()).content.decode()


def test_a_director_reads_the_own_tickets_and_only_totals_of_others(client, together):
    now = timezone.now().replace(microsecond=0)
    own, foreign = (
        together.ticket(member, at=now, impact=3, urgency=3) for member in (together.egedal, together.furesoe)
    )
    day = timezone.localdate() + timedelta(days=1)
    instant = timezone.make_aware(datetime.combine(day, datetime.min.time()))
    proposal = together.propose(
        at=now, change=together.change(valid_from=day.isoformat(), weekly={"sun": [["10:00", "10:30"]]}),
        takes_effect_at=instant,
    )  # fmt: skip
    assert (proposal.effect["240"]["moved"], proposal.effect["190"]["moved"]) == (1, 1)
    client.force_login(together.directors[together.egedal.pk])
    text = client.get(proposal.get_absolute_url()).content.decode()
    assert f">{own.number}<" in text
    assert f">{foreign.number}<" not in text


def test_the_page_says_when_the_effect_is_no_longer_the_one_proposed(client, together):
    now = timezone.now().replace(microsecond=0)
    day = timezone.localdate() + timedelta(days=1)
    change = together.change(valid_from=day.isoformat(), weekly={"sun": [["10:00", "10:30"]]})
    instant = timezone.make_aware(datetime.combine(day, datetime.min.time()))
    proposal = together.propose(at=now, change=change, takes_effect_at=instant)
    client.force_login(together.directors[together.egedal.pk])
    assert client.get(proposal.get_absolute_url()).context["changed"] == []

    together.ticket(together.egedal, at=now, impact=3, urgency=3)
    together.ticket(together.furesoe, at=now, impact=3, urgency=3)

    ((member, before, after),) = client.get(proposal.get_absolute_url()).context["changed"]
    assert (member, before["moved"], after["moved"]) == (together.egedal, 0, 1)


def test_others_do_not_decide_or_withdraw(client, together):
    proposal = proposal_of(together)
    lead = make_agent(*together.members, role="lead")
    data = {"answer": "yes", "reference": "Punkt 4", "withdraw-note": "Nej"}
    for person, decides, withdraws in (
        (make_requester(together.egedal), 404, 404),
        (make_agent(*together.members), 404, 404),
        (together.directors[together.egedal.pk], 302, 404),
        (lead, 404, 302),
    ):
        client.force_login(person)
        assert client.post(reverse("municipalities:decision", args=[proposal.pk]), data).status_code == decides
        assert client.post(reverse("municipalities:withdrawal", args=[proposal.pk]), data).status_code == withdraws
    proposal.refresh_from_db()
    assert (proposal.state, Decision.objects.count()) == ("withdrawn", 1)
