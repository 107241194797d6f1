"""Reports by mail: once per month, person and report, to those who may read, with a record of who got what."""

import hashlib
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from billing import tasks
from billing.invoicing import drafts, issuing, mailing
from billing.models import ReportDelivery, ReportSubscription
from billing.subscriptions import reports, sending
from municipalities import roles
from servicecenter.outbox.models import Mail, MailFile
from tests.billing.invoicing.community import AT, OCTOBER, Community
from tests.billing.world import NOON
from tests.factories import make_director, make_requester

pytestmark = pytest.mark.django_db
BEFORE = NOON - timedelta(days=3)


@pytest.fixture
def community():
    found = Community()
    found.director = make_director(found.egedal, name="Niels Thorup")
    return found


def subscribed(community, person, kind="statement", member=None, at=BEFORE):
    return ReportSubscription.objects.create(
        municipality=member or community.egedal, recipient=person, kind=kind, created_by=community.lone, created_at=at
    )


def sent(community, at=AT):
    return [sending.send(subscription, period, at=at) for subscription, period in sending.due(at=at)]


def test_a_closed_month_is_sent_to_everybody_on_the_list_once(community):
    for person in (community.clerk, community.director):
        subscribed(community, person)
    assert sent(community) == []  # nothing is closed yet
    community.close_october()

    assert len(sent(community)) == 2
    assert sent(community) == []

    mails = Mail.objects.order_by("id")
    assert {mail.recipient for mail in mails} == {community.clerk, community.director}
    assert "oktober 2026" in mails[0].subject
    names = set(MailFile.objects.values_list("name", flat=True))
    assert names == {"afregning-2026-10-egedal.pdf", "afregning-2026-10-egedal.xlsx"}


def test_the_record_says_who_got_which_bytes(community):
    subscribed(community, community.clerk)
    community.close_october()
    (delivery,) = sent(community)

    files = {file.name: bytes(file.content) for file in MailFile.objects.all()}
    assert {file["name"]: file["sha256"] for file in delivery.files} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM billing_reportdelivery")


def test_who_comes_later_gets_no_old_month(community):
    community.close_october()
    subscribed(community, community.clerk, at=AT)

    assert sent(community, at=AT + timedelta(hours=1)) == []


def test_who_may_no_longer_read_gets_nothing_more(community):
    subscribed(community, community.clerk)
    community.close_october()
    community.clerk.groups.clear()

    assert sent(community) == [None]
    assert not Mail.objects.exists()


def test_an_ended_subscription_is_over(community):
    subscription = subscribed(community, community.clerk)
    subscription.ended_at = NOON
    subscription.save()
    community.close_october()

    assert sent(community) == []


def test_the_communitys_month_goes_on_the_fifteenth_and_holds_totals_only(community):
    subscribed(community, community.director, kind="community")
    community.close_october()

    assert sent(community) == []
    fifteenth = AT.replace(day=15)
    assert len(sent(community, at=fifteenth)) == 1
    names = set(MailFile.objects.values_list("name", flat=True))
    assert names == {"faellesskabet-2026-10.pdf", "faellesskabet-2026-10.xlsx"}


def test_a_report_is_the_same_bytes_for_the_same_month(community):
    community.close_october()

    for kind in ("statement", "community"):
        first, second = (reports.files_of(kind, community.egedal, community.october) for _ in range(2))
        pdfs = [[file.content for file in files if file.name.endswith("pdf")] for files in (first, second)]
        assert pdfs[0] == pdfs[1]


def test_the_totals_of_the_community_add_up(community):
    community.close_october()

    totals = reports.Totals.read(community.october)

    assert sum(totals.sums) == 64_202_401
    assert [member.slug for member in totals.members] == ["ballerup", "furesoe", "egedal"]


def test_the_sweep_sends_what_is_due(community):
    subscribed(community, community.clerk)
    community.close_october()

    tasks.send_reports()
    tasks.send_reports()

    assert ReportDelivery.objects.count() == Mail.objects.count() == (1 if ReportDelivery.objects.exists() else 0)


def choose(client, person, municipality, recipient, kind="statement"):
    client.force_login(person)
    return client.post(
        reverse("billing:subscriptions"),
        {"municipality": municipality.pk, "recipient": recipient.pk, "kind": kind},
    )


def test_finance_of_a_municipality_puts_its_people_on_the_list(client, community):
    assert choose(client, community.clerk, community.egedal, community.director).status_code == 302

    assert ReportSubscription.objects.get().recipient == community.director
    assert choose(client, community.clerk, community.egedal, community.director).status_code == 422


def test_a_director_puts_nobody_but_themselves(client, community):
    assert choose(client, community.director, community.egedal, community.clerk).status_code == 422
    assert choose(client, community.director, community.egedal, community.director).status_code == 302


def test_nobody_is_put_on_the_list_of_what_they_may_not_read(client, community):
    stranger = make_requester(community.egedal)
    assert choose(client, community.clerk, community.egedal, stranger).status_code == 422
    assert choose(client, community.clerk, community.ballerup, community.clerk).status_code == 422
    assert not ReportSubscription.objects.exists()


def test_one_takes_oneself_off_and_finance_takes_off_others(client, community):
    own, other = subscribed(community, community.director), subscribed(community, community.clerk)
    client.force_login(community.director)

    assert client.post(reverse("billing:subscription_end", args=[own.pk])).status_code == 302
    assert client.post(reverse("billing:subscription_end", args=[other.pk])).status_code == 404
    assert list(ReportSubscription.objects.running()) == [other]


def test_the_page_tells_who_got_what(client, community):
    subscribed(community, community.director)
    community.close_october()
    sent(community)
    client.force_login(community.clerk)

    html = client.get(reverse("billing:subscriptions")).content.decode()

    assert html.count("Niels Thorup") >= 2
    assert "afregning-2026-10-egedal.pdf" in html


def test_an_invoice_is_mailed_with_both_files_and_once_a_day(client, community):
    community.close_october()
    invoice = issuing.issue(drafts.of_month(community.egedal, OCTOBER), by=community.lone, at=AT)
    client.force_login(community.lone)

    for _press in range(2):
        assert client.post(reverse("billing:invoice_mail", args=[invoice.code])).status_code == 302

    (mail,) = mailing.sent(invoice)
    assert mail.address == "aase@kommune.example"
    contents = {file.name: bytes(file.content).decode() for file in mail.files.all()}
    assert contents == {f"faktura-2026-00001-{file.format}.xml": file.content for file in invoice.files.all()}


def test_joint_finance_may_put_its_own_people_on_a_list(client, community):
    roles.give(community.lone, "finance", municipalities=[community.operator])

    assert choose(client, community.lone, community.furesoe, community.per).status_code == 302
