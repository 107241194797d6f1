"""One sender and one real mail server, with every fault that a server has."""

from datetime import timedelta

import pytest

from servicecenter.outbox import keeping, sending, texts
from servicecenter.outbox.models import Mail, MailFile
from servicecenter.outbox.queueing import File, queue
from servicecenter.outbox.retries import MOST_ATTEMPTS
from servicecenter.outbox.sending import LEASE, Outcome, Result, claim, send_waiting, settle
from tests.factories import MONDAY, make_agent, make_municipality
from tests.smtp import free_port, mail_server, use

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


class Clock:
    """Stands still until the test moves it."""

    def __init__(self):
        self.now = MONDAY

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(settings):
    with mail_server() as server:
        use(settings, server.port)
        yield server


@pytest.fixture
def north():
    return make_municipality("Nordby")


def put(municipality, cause="one", **changes):
    words = {"to": "anna@nordby.example", "subject": "Hej Ærø", "text": "Goddag på Ærø."} | changes
    return queue(municipality_id=municipality.pk, cause=cause, at=MONDAY, **words)


def state_of(mail):
    mail.refresh_from_db()
    return mail.state


def test_a_mail_goes_out_once_as_automatic_mail(server, north, clock):
    mail = put(north, thread_id="<t.1@localhost.localdomain>")
    assert [send_waiting(clock=clock), send_waiting(clock=clock)] == [1, 0]
    assert server.envelopes == [("<>", ["anna@nordby.example"])]
    [sent] = server.mails
    assert (sent["Subject"], sent.get_content().strip()) == ("Hej Ærø", "Goddag på Ærø.")
    assert (sent["To"], sent["From"]) == ("anna@nordby.example", "desk@localhost.localdomain")
    assert (sent["Message-ID"], sent["References"]) == (mail.message_id, "<t.1@localhost.localdomain>")
    assert sent["Auto-Submitted"] == "auto-generated"
    assert (state_of(mail), mail.sent_at, mail.attempts) == ("sent", MONDAY, 1)


def test_html_and_files_travel_along(server, north, clock):
    files = [File("opgørelse.csv", "text/csv", "a;ø".encode()), File("a.pdf", "application/pdf", b"%PDF\x00\xff")]
    put(north, html="<p>Goddag</p>", files=files)
    send_waiting(clock=clock)
    [sent] = server.mails
    assert sent.get_body(("html",)).get_content().strip() == "<p>Goddag</p>"
    assert sent.get_body(("plain",)).get_content().strip() == "Goddag på Ærø."
    found = [(part.get_filename(), part.get_payload(decode=True)) for part in sent.iter_attachments()]
    assert found == [("opgørelse.csv", "a;ø".encode()), ("a.pdf", b"%PDF\x00\xff")]


def test_a_file_that_changed_since_is_not_sent(server, north, clock):
    mail = put(north, files=[File("a.csv", "text/csv", b"1000")])
    MailFile.objects.update(content=b"9000")
    send_waiting(clock=clock)
    assert server.raw == []
    assert state_of(mail) == "waiting"
    assert "no longer what was queued" in mail.last_error


def test_a_mail_that_is_put_off_waits_for_its_time(server, north, clock):
    put(north, not_before=MONDAY + 60 * MINUTE)
    assert send_waiting(clock=clock) == 0
    clock.now += 60 * MINUTE
    assert send_waiting(clock=clock) == 1


def test_a_mail_that_is_of_no_more_use_is_not_sent(server, north, clock):
    mail = put(north, useful_until=MONDAY + MINUTE)
    clock.now += 2 * MINUTE
    assert send_waiting(clock=clock) == 0
    assert (state_of(mail), mail.last_error) == ("dead", "It came too late to be of use.")


@pytest.mark.parametrize("behaviour", ["451", "421", "hang", "nobody listens"])
def test_a_server_that_refuses_for_ten_minutes_loses_and_doubles_nothing(behaviour, settings, north, clock):
    port = free_port()
    use(settings, port)
    settings.EMAIL_TIMEOUT = 0.3
    mails = [put(north, cause=str(number)) for number in range(5)]
    if behaviour == "nobody listens":
        for _ in range(20):
            assert send_waiting(clock=clock) == 0
            clock.now += MINUTE / 2
    with mail_server(port) as server:
        server.behaviour = "ok" if behaviour == "nobody listens" else behaviour
        for _ in range(20 if server.behaviour != "ok" else 0):
            assert send_waiting(clock=clock) == 0
            clock.now += MINUTE / 2
        assert server.raw == []
        server.behaviour = "ok"
        for _ in range(20):
            send_waiting(clock=clock)
            clock.now += MINUTE
        assert sorted(server.ids) == sorted(mail.message_id for mail in mails)
    assert [state_of(mail) for mail in mails] == ["sent"] * 5


@pytest.mark.parametrize("behaviour", ["421", "hang"])
def test_a_run_that_meets_a_dead_server_asks_it_once(behaviour, settings, server, north, clock):
    settings.EMAIL_TIMEOUT = 0.3
    mails = [put(north, cause=str(number)) for number in range(5)]
    server.behaviour = behaviour
    send_waiting(clock=clock)
    assert server.attempts == 1
    for mail in mails:
        mail.refresh_from_db()
    assert sorted(mail.attempts for mail in mails) == [0, 0, 0, 0, 1]


def test_a_mail_that_is_refused_for_a_while_does_not_hold_the_others(server, north, clock):
    mails = [put(north, cause=str(number)) for number in range(3)]
    server.behaviour = "451"
    send_waiting(clock=clock)
    assert server.attempts == 3
    assert [state_of(mail) for mail in mails] == ["waiting"] * 3
    assert mails[0].last_error == "451 not now"
    assert mails[0].next_attempt_at == MONDAY + MINUTE


@pytest.mark.parametrize(("behaviour", "words"), [("550", "550 not now"), ("550 recipient", "550 5.1.1 No such user")])
def test_a_final_no_is_a_dead_letter_at_once_and_others_go_on(behaviour, words, server, north, clock):
    refused = put(north)
    server.behaviour = behaviour
    assert send_waiting(clock=clock) == 0
    assert (state_of(refused), refused.last_error) == ("dead", words)
    server.behaviour = "ok"
    accepted = put(north, cause="two")
    assert send_waiting(clock=clock) == 1
    assert server.ids == [accepted.message_id]


def test_a_server_that_drops_after_data_gets_one_repeat_with_the_same_id(server, north, clock):
    mail = put(north)
    server.behaviour = "drop"
    assert send_waiting(clock=clock) == 0
    assert (state_of(mail), mail.next_attempt_at) == ("waiting", MONDAY + MINUTE)
    server.behaviour = "ok"
    clock.now += MINUTE
    assert send_waiting(clock=clock) == 1
    assert server.ids == [mail.message_id] * 2
    assert server.mails[0]["Date"] == server.mails[1]["Date"]


def test_after_three_days_of_refusal_a_mail_is_a_dead_letter(server, north, clock):
    mail = put(north)
    server.behaviour = "451"
    for _ in range(MOST_ATTEMPTS):
        assert state_of(mail) == "waiting"
        clock.now = mail.next_attempt_at
        send_waiting(clock=clock)
    assert (state_of(mail), mail.attempts, server.attempts) == ("dead", MOST_ATTEMPTS, MOST_ATTEMPTS)
    assert clock.now - MONDAY == timedelta(days=3, minutes=81)


def test_a_sender_that_died_leaves_its_mail_to_the_next_when_the_lease_ends(server, north, clock):
    mail = put(north)
    claim(now=MONDAY)
    clock.now = MONDAY + LEASE - timedelta(seconds=1)
    assert send_waiting(clock=clock) == 0
    clock.now = MONDAY + LEASE
    assert send_waiting(clock=clock) == 1
    assert server.ids == [mail.message_id]


def test_who_lost_the_lease_writes_nothing(north):
    mail = put(north)
    first = claim(now=MONDAY)
    second = claim(now=MONDAY + LEASE)
    assert not settle(first, Outcome(Result.NEVER, "late"), now=MONDAY + LEASE)
    assert settle(second, Outcome(Result.SENT), now=MONDAY + LEASE)
    assert not settle(first, Outcome(Result.NEVER, "later"), now=MONDAY + LEASE)
    assert (state_of(mail), mail.last_error) == ("sent", "")


def test_a_mail_that_kills_every_sender_is_set_aside(north, clock):
    mail = put(north)
    Mail.objects.update(attempts=MOST_ATTEMPTS)
    assert send_waiting(clock=clock) == 0
    assert (state_of(mail), mail.last_error) == ("dead", "Every sender died with it.")


def test_words_are_made_when_the_mail_is_sent_and_stand_in_no_row(server, north, clock, monkeypatch):
    monkeypatch.setattr(texts, "_makers", {})
    texts.text_maker("greeting")(lambda data: texts.Text("Hej", f"Hemmeligt til {data['name']}"))
    put(north, subject="", text="", text_name="greeting", text_data={"name": "Anna"})
    send_waiting(clock=clock)
    assert server.mails[0].get_content().strip() == "Hemmeligt til Anna"
    assert "Hemmeligt" not in str(list(Mail.objects.values()))


def test_a_maker_that_fails_is_tried_again_and_one_with_nothing_to_say_is_not(server, north, clock, monkeypatch):
    def silent(data):
        raise texts.NothingToSay("The person has left.")

    monkeypatch.setattr(texts, "_makers", {"broken": lambda data: 1 / 0, "silent": silent})
    broken = put(north, cause="1", subject="", text="", text_name="broken")
    gone = put(north, cause="2", subject="", text="", text_name="silent")
    whole = put(north, cause="3")
    assert send_waiting(clock=clock) == 1
    assert [state_of(mail) for mail in (broken, gone, whole)] == ["waiting", "dead", "sent"]
    assert broken.last_error == "It cannot be written: division by zero"
    assert gone.last_error == "The person has left."


def test_a_run_ends_before_the_limit_of_its_task(server, north, clock, monkeypatch):
    for number in range(3):
        put(north, cause=str(number))
    real = sending.attempt

    def slow(*arguments, **named):
        clock.now += sending.LONGEST_RUN / 2
        return real(*arguments, **named)

    monkeypatch.setattr(sending, "attempt", slow)
    assert [send_waiting(clock=clock), send_waiting(clock=clock)] == [2, 1]


def test_words_and_files_are_erased_after_a_month_and_the_evidence_stays(server, north, clock, settings):
    mail = put(north, files=[File("a.csv", "text/csv", b"1000")])
    waiting = put(north, cause="two", not_before=MONDAY + timedelta(days=400))
    send_waiting(clock=clock)
    assert keeping.erase_old(now=MONDAY + timedelta(days=settings.MAIL_KEEP_DAYS)) == 0
    assert keeping.erase_old(now=MONDAY + timedelta(days=settings.MAIL_KEEP_DAYS, seconds=1)) == 1
    mail.refresh_from_db()
    assert (mail.text, mail.subject, mail.address) == ("", "Hej Ærø", "anna@nordby.example")
    assert not MailFile.objects.exists()
    assert state_of(waiting) == "waiting"
    assert waiting.text


def test_a_dead_letter_that_is_sent_again_has_all_its_attempts_anew(server, north, clock):
    mail = put(north)
    server.behaviour = "550"
    send_waiting(clock=clock)
    assert keeping.send_again(Mail.objects.all(), by=make_agent(north), at=MONDAY) == 1
    server.behaviour = "ok"
    assert send_waiting(clock=clock) == 1
    assert (state_of(mail), mail.attempts) == ("sent", 1)
    assert keeping.send_again(Mail.objects.all(), by=make_agent(north), at=MONDAY) == 0
