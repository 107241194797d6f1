import pytest
from django.db import transaction

from servicecenter.outbox import texts
from servicecenter.outbox.models import Mail
from servicecenter.outbox.queueing import BadMail, File, queue
from servicecenter.outbox.tasks import wake_sender
from servicecenter.tenancy.scope import tenant_scope
from tests.factories import MONDAY, make_municipality, make_person

pytestmark = pytest.mark.django_db


def put(municipality, cause="one", **changes):
    words = {"to": "anna@nordby.example", "subject": "Hej", "text": "Goddag."} | changes
    return queue(municipality_id=municipality.pk, cause=cause, at=MONDAY, **words)


def test_the_same_cause_queues_one_mail():
    north = make_municipality("Nordby")
    first, second = put(north), put(north, subject="En anden gang")
    assert first.pk == second.pk
    assert list(Mail.objects.values_list("subject", flat=True)) == ["Hej"]


def test_the_same_cause_in_two_municipalities_is_two_mails():
    assert put(make_municipality("Nordby")).pk != put(make_municipality("Sydby")).pk


def test_a_mail_of_one_municipality_does_not_exist_for_another():
    north, south = make_municipality("Nordby"), make_municipality("Sydby")
    put(north, files=[File("a.txt", "text/plain", b"a")])
    with tenant_scope(south.pk):
        assert not Mail.objects.exists()
        assert not Mail.files.rel.related_model.objects.exists()


def test_a_mail_lives_and_dies_with_its_transaction():
    north = make_municipality("Nordby")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        put(north)
        1 / 0  # noqa: B018
    assert not Mail.objects.exists()


def test_the_sender_is_woken_once_however_many_mails_are_queued(django_capture_on_commit_callbacks):
    north = make_municipality("Nordby")
    with django_capture_on_commit_callbacks() as callbacks:
        for number in range(3):
            put(north, cause=str(number))
    assert callbacks == [wake_sender]


def test_a_person_is_written_to_at_their_address():
    person = make_person(make_municipality())
    mail = put(person.municipality, to=person)
    assert (mail.address, mail.recipient) == (person.email, person)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"subject": "Hej\r\nBcc: everybody@nordby.example"}, "line break"),
        ({"subject": "Hej\nX: y"}, "line break"),
        ({"thread_id": "<a@b>\r\nBcc: c@d.example"}, "line break"),
        ({"message_id": "<a@b>\nBcc: c@d.example"}, "line break"),
        ({"files": [File("a\r\nBcc: c@d.example", "text/plain", b"")]}, "line break"),
        ({"to": "anna@nordby.example\r\nBcc: c@d.example"}, "no mail address"),
        ({"to": "anna@nordby.example, eve@evil.example"}, "no mail address"),
        ({"to": "Anna <anna@nordby.example>"}, "no mail address"),
        ({"to": ""}, "no mail address"),
        ({"subject": ""}, "needs a subject"),
        ({"text": ""}, "needs a subject"),
        ({"text_name": "nobody makes this"}, "Nobody makes"),
        ({"files": [File("a", "text/plain", b"12345"), File("b", "text/plain", b"123456")]}, "larger than 10"),
    ],
)
def test_a_bad_mail_is_refused_and_nothing_is_written(settings, changes, complaint):
    settings.MAIL_MAX_BYTES = 10
    with pytest.raises(BadMail, match=complaint):
        put(make_municipality(), **changes)
    assert not Mail.objects.exists()


def test_two_makers_cannot_share_a_name(monkeypatch):
    monkeypatch.setattr(texts, "_makers", {})
    texts.text_maker("a")(print)
    with pytest.raises(ValueError, match="Two functions"):
        texts.text_maker("a")(repr)
