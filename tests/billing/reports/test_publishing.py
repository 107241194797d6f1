"""The account as it is published: open to anybody, frozen, without a person, and withdrawn for good."""

import hashlib
import json

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from billing import periods
from billing.models import Allocation, Lesson, PublishedAccount
from billing.reports import publishing
from servicecenter.audit.models import AuditEntry
from tests.billing.world import NOON, OCTOBER, World
from tests.factories import make_agent, make_director
from tickets.levels.models import LevelFigure

pytestmark = pytest.mark.django_db
PUBLIC = "/beretning/"


@pytest.fixture
def world():
    world = World()
    world.lines()
    periods.calculate(world.october, by=world.lone, at=NOON)
    return world


def lesson(world, text="Vi begyndte med for mange kategorier.", title="Start med få"):
    author = make_director(world.egedal, name="Niels Thorup")
    return Lesson.objects.create(
        municipality=world.egedal, title=title, text=text, created_by=author, created_at=NOON
    )  # fmt: skip


def test_nothing_is_public_before_somebody_publishes_it(client, world):
    assert client.get(PUBLIC).status_code == 404
    assert client.get(f"{PUBLIC}1/").status_code == 404
    assert client.get(f"{PUBLIC}1.json").status_code == 404


def test_finance_publishes_deliberately_and_anybody_reads_it(client, world):
    lesson(world)
    client.force_login(world.lone)
    address = reverse("billing:publications")
    hasty = client.post(address)
    client.post(address, {"has_read": "on"})
    client.logout()

    page = client.get(PUBLIC)

    assert (hasty.status_code, list(hasty.context["form"].errors)) == (422, ["has_read"])
    assert page.status_code == 200
    html = page.content.decode()
    for text in ("Egedal", "Start med få", "642.024,01", PublishedAccount.objects.get().sha256):
        assert text in html.replace("\N{NO-BREAK SPACE}", " ")
    assert AuditEntry.objects.get(action="account_published").actor == world.lone


@pytest.mark.parametrize("who", ["lead", "finance", "director", "agent"])
def test_only_finance_and_the_lead_of_the_desk_publish(client, world, who):
    person = {
        "lead": lambda: make_agent(*world.members, role="lead"), "finance": lambda: world.per,
        "director": lambda: make_director(world.egedal), "agent": lambda: make_agent(*world.members),
    }[who]()  # fmt: skip
    client.force_login(person)

    answer = client.post(reverse("billing:publications"), {"has_read": "on"})

    may = who in ("lead", "finance")
    assert (answer.status_code, PublishedAccount.objects.count()) == ((302, 1) if may else (404, 0))
    assert (reverse("billing:publications") in client.get(reverse("billing:experience")).content.decode()) == may


def test_a_version_stays_as_it_was_whatever_happens_later(client, world):
    first = publishing.publish(by=world.lone, at=NOON)
    before = article(client)

    lesson(world)
    september = world.period(OCTOBER.replace(month=9))
    world.lines(september, prefix="S")
    periods.calculate(september, by=world.lone, at=NOON)
    second = publishing.publish(by=world.per, at=NOON)

    assert article(client) == before
    assert (first.number, second.number) == (1, 2)
    assert client.get(PUBLIC).context["version"] == second


def article(client):
    """The page without what belongs to the visit: the form of the language carries a token."""
    return client.get(f"{PUBLIC}1/").content.partition(b"<main")[2]


@pytest.mark.parametrize(
    "change", ["content = '{}'", "sha256 = 'x'", "number = 9", "published_at = now()", "withdrawal_reason = 'x'"]
)
def test_the_database_refuses_to_change_a_version(world, change):
    publishing.publish(by=world.lone, at=NOON)

    for sql in (f"UPDATE billing_publishedaccount SET {change}", "DELETE FROM billing_publishedaccount"):
        with pytest.raises(DatabaseError), transaction.atomic():
            run(sql)


def run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_check_sum_is_that_of_the_file(client, world):
    lesson(world)
    version = publishing.publish(by=world.lone, at=NOON)

    file = client.get(f"{PUBLIC}1.json")

    assert hashlib.sha256(file.content).hexdigest() == version.sha256
    told = json.loads(file.content)
    assert set(told) == {"da", "en"}
    assert sum(row["ore"][0] for row in told["da"]["costs"]) == told["da"]["total_ore"][0] == 64_202_401
    assert told["da"]["total_ore"][0] == sum(Allocation.objects.values_list("amount_ore", flat=True))


def test_a_withdrawn_version_says_so_and_nothing_more(client, world):
    lesson(world)
    publishing.publish(by=world.lone, at=NOON)
    client.force_login(world.per)
    address = reverse("billing:publication_withdrawal", args=[1])
    silent = client.post(address)
    client.post(address, {"reason": "Et tal var forkert."})
    again = client.post(address, {"reason": "Igen"})
    client.logout()

    gone = client.get(f"{PUBLIC}1/")

    assert (silent.status_code, again.status_code, gone.status_code) == (422, 409, 410)
    told = silent.content.decode()
    assert "<details open>" in told
    assert 'href="#reason-1"' in told
    assert told.count("Skriv, hvorfor den trækkes tilbage.") == 2  # above the form, and beside the field
    assert "Et tal var forkert." in gone.content.decode()
    assert "Start med få" not in gone.content.decode()
    assert client.get(f"{PUBLIC}1.json").status_code == 404
    assert client.get(PUBLIC).status_code == 404
    with pytest.raises(DatabaseError):
        run("UPDATE billing_publishedaccount SET withdrawn_at = NULL, withdrawn_by_id = NULL, withdrawal_reason = ''")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ring til Niels Thorup.", "Niels Thorup"), ("skriv til NIELS THORUP", "Niels Thorup"),
        ("010190-1234 klagede", "010190-1234"), ("Skriv til niels@egedal.dk", "niels@egedal.dk"),
    ],
)  # fmt: skip
def test_what_points_at_a_person_is_never_published(client, world, text, found):
    lesson(world, text=text)

    with pytest.raises(publishing.NamesAPerson) as refused:
        publishing.publish(by=world.lone, at=NOON)
    client.force_login(world.lone)
    page = client.post(reverse("billing:publications"), {"has_read": "on"})

    assert found in str(refused.value.message)
    assert (page.status_code, PublishedAccount.objects.count()) == (422, 0)


def test_nobody_is_named_and_small_counts_are_left_out(client, world):
    lesson(world)
    LevelFigure.objects.create(
        municipality=world.egedal, month=OCTOBER, kind="resolution", met=28, breached=1, measured_at=NOON
    )
    LevelFigure.objects.create(
        municipality=world.egedal, month=OCTOBER, kind="first_response", met=29, breached=1, measured_at=NOON
    )
    publishing.publish(by=world.lone, at=NOON)

    text = client.get(f"{PUBLIC}1.json").content.decode() + client.get(PUBLIC).content.decode()

    for secret in ("Niels", "Thorup", world.lone.name, "28 af", "(28"):
        assert secret not in text
    assert "(29 af 30)" in text


def test_the_same_account_is_not_published_twice(world):
    publishing.publish(by=world.lone, at=NOON)

    with pytest.raises(publishing.AlreadyPublished):
        publishing.publish(by=world.per, at=NOON)
    publishing.withdraw(PublishedAccount.objects.get(), reason="Fejl", by=world.per, at=NOON)
    assert publishing.publish(by=world.per, at=NOON).number == 2


def test_without_a_calculated_month_there_is_nothing_to_publish():
    world = World()

    with pytest.raises(publishing.NothingToPublish):
        publishing.publish(by=world.lone, at=NOON)


def test_the_public_page_speaks_the_readers_language(client, world):
    publishing.publish(by=world.lone, at=NOON)

    assert "DKK 642,024.01" in client.get(f"/en{PUBLIC}").content.decode().replace("\N{NO-BREAK SPACE}", " ")
