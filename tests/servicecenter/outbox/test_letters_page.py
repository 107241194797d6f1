import pytest
from django.urls import reverse

from servicecenter.audit.models import AuditEntry
from servicecenter.outbox.models import Mail
from servicecenter.outbox.queueing import queue
from tests.factories import MONDAY, make_agent, make_municipality

pytestmark = pytest.mark.django_db
PAGE = reverse("outbox:letters")


def put(municipality, cause="one", **state):
    mail = queue(
        municipality_id=municipality.pk, cause=cause, to=f"{cause}@{municipality.slug}.example", subject=f"Om {cause}",
        text="Hemmelig tekst", at=MONDAY,
    )  # fmt: skip
    Mail.objects.filter(pk=mail.pk).update(**state)
    return mail


@pytest.fixture
def north():
    return make_municipality("Nordby")


@pytest.fixture
def administrator(client, north):
    administrator = make_agent(north, role="administrator", queues=[])
    client.force_login(administrator)
    return administrator


def addresses(mails):
    return [mail.address for mail in mails]


def test_the_administrator_sees_dead_and_failing_letters_without_their_words(client, administrator, north):
    put(north, "dead", state="dead", last_error="550 No such user")
    put(north, "failing", attempts=2, last_error="451 Later")
    put(north, "fresh")
    page = client.get(PAGE)
    assert addresses(page.context["dead"]) == ["dead@nordby.example"]
    assert addresses(page.context["failing"]) == ["failing@nordby.example"]
    assert (page.context["figures"]["waiting"], page.context["figures"]["dead"]) == (2, 1)
    assert "550 No such user" in page.content.decode()
    assert "Hemmelig tekst" not in page.content.decode()


def test_letters_of_municipalities_that_one_does_not_manage_stay_unseen(client, administrator):
    south = make_municipality("Sydby")
    mail = put(south, state="dead")
    assert addresses(client.get(PAGE).context["dead"]) == []
    assert client.post(reverse("outbox:send_again", args=[mail.pk])).status_code == 404
    client.post(reverse("outbox:send_all_again"))
    mail.refresh_from_db()
    assert mail.state == "dead"


def test_the_administrator_sends_one_again(client, administrator, north):
    mail, other = put(north, state="dead", attempts=3), put(north, "other", state="dead")
    answer = client.post(reverse("outbox:send_again", args=[mail.pk]))
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    for row in (mail, other):
        row.refresh_from_db()
    assert (mail.state, mail.attempts, other.state) == ("waiting", 0, "dead")
    entry = AuditEntry.objects.get(action="mail_sent_again")
    assert (entry.actor, entry.subject, entry.municipality) == (administrator, "one@nordby.example", north)


def test_the_administrator_sends_all_again(client, administrator, north):
    for cause in ("one", "two"):
        put(north, cause, state="dead")
    client.post(reverse("outbox:send_all_again"))
    assert set(Mail.objects.values_list("state", flat=True)) == {"waiting"}


def test_an_agent_has_no_such_page(client, north):
    client.force_login(make_agent(north))
    assert client.get(PAGE).status_code == 404


def test_the_page_costs_the_same_however_many_letters(client, administrator, north, asked):
    for number in range(12):
        put(north, str(number), state="dead")
        put(north, f"w{number}", last_error="451 Later")
    with asked(at_most=8):
        page = client.get(PAGE)
    assert len(page.context["dead"]) == 12
