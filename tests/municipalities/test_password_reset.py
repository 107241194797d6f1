import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from municipalities import password_reset
from municipalities.models import Person
from servicecenter.outbox.models import Mail
from servicecenter.outbox.sending import send_waiting
from tests.factories import make_municipality, make_person, make_requester
from tests.municipalities.test_sign_in import LOGIN, PASSWORD, sign_in
from tests.smtp import mail_server, use

pytestmark = pytest.mark.django_db
NEW = "et-helt-nyt-kodeord"


def ask_for_link(client, municipality, email):
    return client.post(
        reverse("municipalities:password_reset"), {"municipality": municipality.slug, "email": email}, follow=True
    )


def mailed_link():
    send_waiting()
    return re.search(r"http://testserver(/ny-adgangskode/\S+)", mail.outbox[-1].body)[1]


def test_known_and_unknown_addresses_get_the_same_answer_and_only_one_a_mail(client):
    nordby, sydby = make_municipality("Nordby"), make_municipality("Sydby")
    person = make_requester(nordby, password=PASSWORD)
    answers = [
        ask_for_link(client, nordby, person.email),
        ask_for_link(client, nordby, "nobody@nordby.example"),
        ask_for_link(client, sydby, person.email),
    ]
    said = [(a.status_code, a.redirect_chain, [str(m) for m in a.context["messages"]]) for a in answers]
    assert said[0] == said[1] == said[2]
    assert len(said[0][2]) == 1
    assert mail.outbox == []
    send_waiting()
    assert [message.to for message in mail.outbox] == [[person.email]]


def test_no_mail_server_is_met_within_the_request(client, settings):
    person = make_requester(make_municipality(), password=PASSWORD)
    with mail_server() as server:
        use(settings, server.port)
        server.behaviour = "hang"
        ask_for_link(client, person.municipality, person.email)
        assert server.attempts == 0
        server.behaviour = "ok"
        send_waiting()
        assert [message["To"] for message in server.mails] == [person.email]


def test_both_wake_the_sender_and_ask_the_database_almost_alike(client, asked, django_capture_on_commit_callbacks):
    person = make_requester(make_municipality(), password=PASSWORD)
    woken = []
    for address in (person.email, "nobody@nordby.example"):
        with django_capture_on_commit_callbacks() as callbacks, asked(at_most=16) as questions:
            ask_for_link(client, person.municipality, address)
        connection.run_on_commit.clear()  # the test's one transaction holds both requests
        woken.append((len(callbacks), len(questions)))
    assert woken[0][0] == woken[1][0] == 1
    assert woken[0][1] - woken[1][1] <= 2  # is it queued already, and the row itself


def test_the_link_stands_in_no_table(client):
    person = make_requester(make_municipality(), password=PASSWORD)
    ask_for_link(client, person.municipality, person.email)
    before = str(list(Mail.objects.values()))
    token = mailed_link().rstrip("/").rpartition("/")[2]
    assert "ny-adgangskode" not in before
    assert token not in str(list(Mail.objects.values()))


def test_the_link_begins_with_the_desks_address_whatever_host_the_request_names(client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    person = make_requester(make_municipality(), password=PASSWORD)
    data = {"municipality": person.municipality.slug, "email": person.email}
    client.post(reverse("municipalities:password_reset"), data, headers={"host": "evil.example"})
    assert mailed_link()
    assert "evil" not in mail.outbox[0].body


def test_somebody_who_reads_english_is_written_to_in_english(client):
    person = make_requester(make_municipality(), password=PASSWORD, language="en")
    ask_for_link(client, person.municipality, person.email)
    send_waiting()
    assert mail.outbox[0].subject == "New password for the service desk"
    assert "http://testserver/en/ny-adgangskode/" in mail.outbox[0].body


def test_asking_many_times_sends_one_mail_in_ten_minutes():
    person = make_requester(make_municipality(), password=PASSWORD)
    noon = timezone.now().replace(hour=12, minute=0, second=0)
    for minutes in (0, 1, 9, 10, 11):
        password_reset._promise_link(person, at=noon + timedelta(minutes=minutes))
    assert Mail.objects.count() == 2


def test_a_link_that_could_not_leave_for_an_hour_leaves_no_more(client):
    person = make_requester(make_municipality(), password=PASSWORD)
    ask_for_link(client, person.municipality, person.email)
    assert send_waiting(clock=lambda: timezone.now() + timedelta(minutes=61)) == 0
    assert Mail.objects.get().state == "dead"


def test_who_left_in_the_meantime_gets_no_link(client):
    person = make_requester(make_municipality(), password=PASSWORD)
    ask_for_link(client, person.municipality, person.email)
    Person.objects.filter(pk=person.pk).update(is_active=False)
    send_waiting()
    assert mail.outbox == []
    assert Mail.objects.get().last_error == "The person has no account any more."


def test_the_link_sets_a_new_password_once(client):
    person = make_requester(make_municipality(), password=PASSWORD)
    ask_for_link(client, person.municipality, person.email)
    link = mailed_link()
    page = client.get(link, follow=True)
    assert page.context["validlink"] is True
    form = {"new_password1": NEW, "new_password2": NEW}
    assert client.post(page.redirect_chain[-1][0], form)["Location"] == LOGIN
    assert sign_in(client, person).status_code == 422
    assert sign_in(client, person, password=NEW).status_code == 302
    client.logout()
    assert client.get(link, follow=True).context["validlink"] is False


def test_a_short_new_password_is_refused(client):
    person = make_requester(make_municipality(), password=PASSWORD)
    ask_for_link(client, person.municipality, person.email)
    page = client.get(mailed_link(), follow=True)
    answer = client.post(page.redirect_chain[-1][0], {"new_password1": "kort", "new_password2": "kort"})
    assert list(answer.context["form"].errors) == ["new_password2"]


def test_nobody_without_a_password_or_who_left_gets_a_link(client):
    nordby = make_municipality("Nordby")
    ask_for_link(client, nordby, make_person(nordby).email)
    ask_for_link(client, nordby, make_person(nordby, password=PASSWORD, is_active=False).email)
    assert not Mail.objects.exists()
