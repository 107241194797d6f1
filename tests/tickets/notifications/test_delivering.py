"""Mails: one by one, held at night, and never a storm."""

from datetime import UTC, datetime, timedelta

import pytest

from servicecenter.outbox.models import Mail
from tests.factories import MONDAY, make_agent, make_municipality, make_requester
from tests.tickets.notifications.world import HOUR, MINUTE, World, mailed
from tickets import lifecycle
from tickets.notifications.delivering import WINDOW, deliver_waiting
from tickets.notifications.models import Kind, Notice, NoticeSettings
from tickets.notifications.quiet import desk_hours, quiet_until
from tickets.notifications.telling import tell_waiting

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
EVENING = datetime(2026, 11, 2, 22, 30, tzinfo=UTC)  # 23:30 in Denmark
MORNING = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)  # 7:00


@pytest.fixture
def world():
    return World()


def subjects(now):
    return [subject for _, subject in mailed(now)]


def test_a_mail_has_number_link_and_no_text_of_the_ticket(world):
    ticket = world.ticket(subject="Hemmeligt emne", description="Hemmelig forklaring", at=MONDAY)
    lifecycle.reply(ticket, by=world.sara, body="Hemmeligt svar", and_wait=True, at=MONDAY)
    mailed(MONDAY)
    receipt, answer = Mail.objects.order_by("id")
    assert receipt.subject == f"Vi har modtaget sag {ticket.number}"
    assert "Hej Anna Ager" in receipt.text
    assert f"http://testserver/sager/{ticket.number}/" in answer.text
    assert "Vi venter på dit svar." in answer.text
    assert "emmelig" not in receipt.text + answer.text + receipt.subject + answer.subject
    assert (receipt.recipient, receipt.municipality) == (world.anna, world.nordby)


def test_the_receipt_says_when_one_hears_from_us(world):
    world.ticket(at=MONDAY)
    mailed(MONDAY)
    assert "Du hører fra os senest i dag kl. 13:00." in Mail.objects.get().text


def test_each_reads_the_own_language(world):
    world.anna.language = "en"
    world.anna.save()
    ticket = world.ticket(at=MONDAY)
    lifecycle.assign(ticket, to=world.sara, by=world.lone, at=MONDAY)
    assert mailed(MONDAY) == [
        ("Anna", f"We have received ticket {ticket.number}"),
        ("Sara", f"Sag {ticket.number} er din"),
    ]
    english, danish = Mail.objects.order_by("id")
    assert f"http://testserver/en/sager/{ticket.number}/" in english.text
    assert f"http://testserver/konsol/sag/{ticket.number}/" in danish.text


def test_a_solution_says_how_long_one_may_reopen(world):
    ticket = world.taken()
    lifecycle.resolve(ticket, by=world.sara, solution="Ny patron", at=MONDAY)
    mailed(MONDAY)
    assert "Du kan genåbne sagen indtil 16. november 2026 kl. 23:59." in Mail.objects.get().text


def test_mails_of_one_ticket_are_one_thread_and_telling_again_sends_no_more(world):
    ticket = world.ticket(at=MONDAY)
    lifecycle.reply(ticket, by=world.sara, body="Hej", at=MONDAY)
    assert len(mailed(MONDAY)) == len(mailed(MONDAY)) == 2
    assert set(Mail.objects.values_list("thread_id", flat=True)) == {f"<t.{ticket.number}@localhost.localdomain>"}


# Quiet


def test_at_night_mails_wait_for_the_morning_but_a_receipt_does_not(world):
    ticket = world.ticket(at=EVENING)
    lifecycle.reply(ticket, by=world.sara, body="Hej", at=EVENING)
    assert subjects(EVENING) == [f"Vi har modtaget sag {ticket.number}"]
    assert subjects(MORNING - MINUTE) == [f"Vi har modtaget sag {ticket.number}"]
    assert subjects(MORNING)[1:] == [f"Vi har svaret på sag {ticket.number}"]


def test_priority_1_does_not_wait(world):
    ticket = world.ticket(at=EVENING, impact=1, urgency=1)
    assert ticket.priority == 1
    lifecycle.reply(ticket, by=world.sara, body="Hej", at=EVENING)
    assert len(subjects(EVENING)) == 2


def test_at_night_the_product_shows_it_at_once(world):
    ticket = world.ticket(at=EVENING)
    lifecycle.reply(ticket, by=world.sara, body="Hej", at=EVENING)
    tell_waiting(now=EVENING)
    assert Notice.objects.of(world.anna).unread().count() == 2


@pytest.mark.parametrize(
    ("quiet", "at", "expected"),
    [
        ("night", "2026-11-02T06:59", "2026-11-02T07:00"),
        ("night", "2026-11-02T07:00", "2026-11-02T07:00"),
        ("night", "2026-11-02T21:59", "2026-11-02T21:59"),
        ("night", "2026-11-02T22:00", "2026-11-03T07:00"),
        ("night", "2026-11-03T00:00", "2026-11-03T07:00"),
        ("night", "2026-10-24T23:00", "2026-10-25T07:00"),  # the night that is an hour longer
        ("closed", "2026-11-02T17:00", "2026-11-03T08:00"),
        ("closed", "2026-11-02T15:59", "2026-11-02T15:59"),
        ("closed", "2026-11-06T16:00", "2026-11-09T08:00"),
        ("never", "2026-11-03T03:00", "2026-11-03T03:00"),
    ],
)
def test_quiet_by_the_clock_on_the_wall(world, quiet, at, expected):
    from django.utils import timezone

    wall = [timezone.make_aware(datetime.fromisoformat(text)).astimezone(UTC) for text in (at, expected)]
    assert quiet_until(wall[0], quiet=quiet, hours=desk_hours(world.ticket(at=MONDAY))) == wall[1]


def test_each_may_choose_to_be_disturbed(world):
    NoticeSettings.objects.create(municipality=world.nordby, person=world.anna, quiet="never")
    ticket = world.ticket(at=EVENING)
    lifecycle.reply(ticket, by=world.sara, body="Hej", at=EVENING)
    assert len(subjects(EVENING)) == 2


# Storms


def notices(person, count, *, at, start=0, kind=Kind.ASSIGNED, is_urgent=False):
    """So many notices to one person, whose mails are due."""
    Notice.objects.bulk_create(
        Notice(
            municipality=notices.ticket.municipality, ticket=notices.ticket, recipient=person, kind=kind,
            cause=f"t:{start + number}", at=at, mail_at=at, is_urgent=is_urgent,
        )
        for number in range(count)
    )  # fmt: skip


def trickle(person, count, *, every, at=MONDAY, start=0, **options):
    """One notice each `every` seconds, the worker coming by each second. Returns the instant after the last."""
    for number in range(count):
        notices(person, 1, at=at, start=start + number, **options)
        for _ in range(every):
            deliver_waiting(now=at)
            at += SECOND
    return at


def sent_by(at):
    """(minutes and seconds since MONDAY, first word of the subject) of each mail."""
    rows = Mail.objects.order_by("id").values_list("queued_at", "subject")
    return [(str(when - MONDAY)[2:], subject.partition(" ")[0]) for when, subject in rows if when < at]


@pytest.fixture
def storm(world):
    notices.ticket = world.taken()
    Mail.objects.all().delete()
    return world


def test_five_go_at_once_and_up_to_twenty_one_by_one_five_minutes_later(storm):
    notices(storm.sara, 20, at=MONDAY)
    assert len(subjects(MONDAY)) == 5
    assert len(subjects(MONDAY + WINDOW - SECOND)) == 5
    assert len(subjects(MONDAY + WINDOW)) == 20


def test_more_than_twenty_at_once_are_one(storm):
    notices(storm.sara, 25, at=MONDAY)
    assert subjects(MONDAY) == ["25 beskeder om sager"]
    digest = Mail.objects.get()
    assert digest.text.count(f"/konsol/sag/{notices.ticket.number}/") == 25
    assert digest.municipality == storm.sara.municipality
    assert subjects(MONDAY + HOUR) == ["25 beskeder om sager"]


def test_twenty_one_that_trickle_in_are_five_mails_and_a_digest(storm):
    after = trickle(storm.sara, 21, every=10)
    assert after < MONDAY + WINDOW
    assert sent_by(after) == [(f"00:{second:02}", "Sag") for second in (0, 10, 20, 30, 40)]
    assert subjects(MONDAY + WINDOW)[5:] == ["16 beskeder om sager"]
    assert not Notice.objects.filter(mailed_at=None, mail_at__isnull=False).exists()


def test_twenty_that_trickle_in_stay_single(storm):
    trickle(storm.sara, 20, every=10)
    assert len(subjects(MONDAY + WINDOW)) == 20
    assert not Notice.objects.filter(in_digest=True).exists()


def test_a_storm_of_half_an_hour_is_six_mails_in_any_five_minutes_and_the_last_is_told(storm):
    after = trickle(storm.sara, 360, every=5)
    trickle_ends = after + WINDOW
    while after <= trickle_ends:
        deliver_waiting(now=after)
        after += SECOND
    sent = [when for when, _ in Mail.objects.order_by("id").values_list("queued_at", "subject")]
    assert max(sum(start <= when < start + WINDOW for when in sent) for start in sent) <= 6
    assert not Notice.objects.filter(mailed_at=None).exists()
    late = [notice.mailed_at - notice.at for notice in Notice.objects.filter(recipient=storm.sara)]
    assert max(late) <= WINDOW


def test_a_quiet_day_holds_nothing(storm):
    trickle(storm.sara, 10, every=75)
    assert all(notice.mailed_at == notice.at for notice in Notice.objects.filter(recipient=storm.sara))


def test_what_is_urgent_is_not_held_until_twenty_have_gone(storm):
    trickle(storm.sara, 8, every=1)  # five have gone, three are held
    notices(storm.sara, 20, at=MONDAY + MINUTE, start=100, is_urgent=True)
    assert len(subjects(MONDAY + MINUTE)) == 20
    assert Notice.objects.filter(mailed_at=None, is_urgent=True, is_held=True).count() == 5
    assert subjects(MONDAY + WINDOW)[20:] == ["8 beskeder om sager"]


def test_only_priority_1_and_a_receipt_are_urgent(world):
    first = world.ticket(impact=1, urgency=1)
    second = world.ticket()
    for ticket in (first, second):
        lifecycle.assign(ticket, to=world.sara, by=world.lone, at=MONDAY)
    tell_waiting(now=MONDAY)
    urgent = Notice.objects.filter(is_urgent=True).order_by("id").values_list("kind", "ticket__number")
    assert list(urgent) == [("received", first.number), ("received", second.number), ("assigned", first.number)]


def test_what_is_held_into_the_night_waits_for_the_morning(storm):
    evening = datetime(2026, 11, 2, 20, 58, tzinfo=UTC)  # 21:58
    notices(storm.sara, 8, at=evening)
    assert len(subjects(evening)) == 5
    assert len(subjects(evening + HOUR)) == 5
    assert len(subjects(MORNING)) == 8


def test_one_persons_storm_is_not_anothers(storm):
    notices(storm.sara, 25, at=MONDAY)
    notices(storm.lone, 1, at=MONDAY)
    assert sorted(mailed(MONDAY)) == [
        ("Lone", f"Sag {notices.ticket.number} er din"),
        ("Sara", "25 beskeder om sager"),
    ]


def test_a_night_of_more_than_twenty_is_one_in_the_morning(world):
    for _ in range(21):
        ticket = world.ticket(at=EVENING)
        lifecycle.reply(ticket, by=world.sara, body="Hej", at=EVENING)
    tell_waiting(now=EVENING)
    Notice.objects.filter(kind=Kind.RECEIVED).delete()
    assert subjects(EVENING) == []
    assert subjects(MORNING) == ["21 beskeder om sager"]


def test_what_cannot_be_written_for_one_is_put_off_and_holds_nobody_up(storm, monkeypatch):
    from tickets.notifications import words

    real = words.mail_of

    def mail_of(notice, *, now):
        if notice.recipient_id == storm.sara.pk:
            raise ValueError("gift")
        return real(notice, now=now)

    monkeypatch.setattr(words, "mail_of", mail_of)
    notices(storm.sara, 1, at=MONDAY)
    notices(storm.lone, 1, at=MONDAY)
    assert [name for name, _ in mailed(MONDAY)] == ["Lone"]
    assert Notice.objects.get(recipient=storm.sara).mail_at == MONDAY + WINDOW


def test_who_left_gets_no_mail(storm):
    notices(storm.sara, 1, at=MONDAY)
    storm.sara.is_active = False
    storm.sara.save()
    assert mailed(MONDAY) == []
    assert not Notice.objects.to_mail(at=MONDAY).exists()


def test_a_digest_over_municipalities_names_only_tickets_its_reader_works(world):
    sydby = make_municipality("Sydby")
    both = make_agent(world.nordby, sydby, name="Bo Begge")
    only_south = make_agent(sydby, name="Siv Syd")
    for requester in (world.anna, make_requester(sydby)):
        for _ in range(11):
            ticket = world.ticket() if requester == world.anna else _filed(requester)
            lifecycle.assign(ticket, to=both, by=world.lone, at=MONDAY)
    tell_waiting(now=MONDAY)
    Notice.objects.filter(kind=Kind.RECEIVED).delete()
    assert mailed(MONDAY) == [("Bo", "22 beskeder om sager")]
    assert not Notice.objects.filter(recipient=only_south).exists()


def _filed(requester):
    from tests.factories import make_ticket

    return make_ticket(requester=requester, at=MONDAY)
