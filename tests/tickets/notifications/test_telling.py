"""Who hears what, once, and nobody else."""

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from servicecenter.audit.models import AuditEntry
from servicecenter.tenancy.scope import tenant_scope
from tests.factories import MONDAY, make_agent, make_municipality, make_person, make_requester, make_ticket
from tests.tickets.notifications.world import DAY, HOUR, MINUTE, World, told
from tickets import lifecycle
from tickets.models import ClockEffect, Ticket
from tickets.notifications import telling
from tickets.notifications.models import Duty, Kind, Notice, NoticeSettings, Occasion
from tickets.notifications.telling import MOST_ATTEMPTS, tell_waiting
from tickets.sla.due import fire_all

pytestmark = pytest.mark.django_db
# Priority 4 (only me, hampered): 8 open hours to solve, so 50 % on Monday at 13:00 Danish time and so on.
SECOND = MINUTE / 60
AT = {50: MONDAY + 3 * HOUR, 75: MONDAY + 5 * HOUR, 90: MONDAY + 6.2 * HOUR}


@pytest.fixture
def world():
    return World()


@pytest.fixture
def ticket(world):
    """With its first reply given, so that only the time to the solution runs."""
    ticket = world.taken(at=MONDAY)
    lifecycle.reply(ticket, by=world.sara, body="Vi kigger.", at=MONDAY)
    tell_waiting(now=MONDAY)
    Notice.objects.all().delete()
    return ticket


def resolution(ticket):
    return ticket.clocks.get(kind="resolution")


def fire_up_to(ticket, percent):
    """Let the time pass until the clock has used so much of its target, and tell."""
    clock = resolution(ticket)
    plan = dict(zip(clock.plan_percent, clock.plan_at, strict=True))
    now = plan[percent] + SECOND
    fire_all(now=now)
    return now


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        (50, [("half", "Sara")]),
        (75, [("half", "Sara"), ("three_quarters", "Lone")]),
        (90, [("half", "Sara"), ("three_quarters", "Lone"), ("nearly", "Dan")]),
        (
            100,
            [
                ("half", "Sara"),
                ("three_quarters", "Lone"),
                ("nearly", "Dan"),
                ("breached", "Anna"),
                ("breached", "Sara"),
                ("breached", "Lone"),
            ],
        ),
    ],
)
def test_each_percent_has_its_receivers(world, ticket, percent, expected):
    assert told(fire_up_to(ticket, percent)) == expected


def test_a_warning_is_noted_in_the_statement_that_writes_the_effect(ticket):
    fire_up_to(ticket, 50)
    [occasion] = Occasion.objects.all()
    effect = ClockEffect.objects.get(kind="resolution", percent=50)
    assert (occasion.kind, occasion.at) == ("half", effect.at)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        fire_up_to(ticket, 75)
        1 / 0  # noqa: B018
    assert Occasion.objects.count() == 1


def test_firing_and_telling_again_tells_nothing_more(ticket):
    now = fire_up_to(ticket, 100)
    first = told(now)
    fire_all(now=now + DAY)
    assert told(now + DAY) == first


def test_a_verb_that_finds_a_breach_before_the_worker_notes_it_once(world, ticket):
    clock = resolution(ticket)
    late = clock.plan_at[-1] + MINUTE
    lifecycle.note(ticket, by=world.sara, body="Glemt", at=late)
    fire_all(now=late)
    assert told(late, kind="breached") == [("breached", "Anna"), ("breached", "Sara"), ("breached", "Lone")]
    assert told(late, kind="half") == [("half", "Sara")]


def test_of_several_at_one_instant_only_the_highest_is_told(world, ticket):
    """A priority that leaves less time than was used passes all limits at once."""
    now = MONDAY + 4 * HOUR
    lifecycle.set_priority(ticket, priority=1, by=world.sara, reason="Alle er ramt", at=now)
    fire_all(now=now + MINUTE)
    assert ClockEffect.objects.filter(ticket=ticket, kind="resolution", at=now).count() > 1
    kinds = {kind for kind, _ in told(now + MINUTE)}
    assert kinds - {"half"} == {"breached"}


def test_without_a_duty_manager_the_leads_hear_at_90_percent(world, ticket):
    Duty.objects.all().delete()
    now = fire_up_to(ticket, 90)
    assert told(now, kind="nearly") == [("nearly", "Lone")]


def test_a_duty_manager_who_may_not_see_the_ticket_is_not_told_of_it(world, ticket):
    sydby = make_municipality("Sydby")
    stranger = make_agent(sydby, role="lead", name="Stig Sund")
    Duty.objects.update(person=stranger)
    now = fire_up_to(ticket, 90)
    assert told(now, kind="nearly") == [("nearly", "Lone")]


def test_a_ticket_that_was_solved_in_the_meantime_warns_nobody(world, ticket):
    now = fire_up_to(ticket, 75)
    lifecycle.resolve(ticket, by=world.sara, solution="Ny patron", at=now)
    assert told(now) == [("resolved", "Anna")]


def test_what_a_rebuild_writes_anew_is_told_to_nobody(ticket):
    from tickets.sla.rebuilding import examine, repair
    from tickets.sla.terms import rulebook

    now = fire_up_to(ticket, 100)
    tell_waiting(now=now)
    [examined] = examine([ticket], now=now, rules=rulebook())
    examined.stored.effects.clear()
    repair([examined], now=now)
    assert not Occasion.objects.exists()


def test_the_day_of_a_ticket_as_its_two_sides_hear_it(world):
    ticket = world.ticket()
    lifecycle.assign(ticket, to=world.sara, by=world.lone, at=MONDAY + MINUTE)
    lifecycle.reply(ticket, by=world.sara, body="Hvilken printer?", and_wait=True, at=MONDAY + 2 * MINUTE)
    lifecycle.note(ticket, by=world.sara, body="Internt", at=MONDAY + 3 * MINUTE)
    lifecycle.answer(ticket, by=world.anna, body="Den på 2. sal", at=MONDAY + 4 * MINUTE)
    lifecycle.resolve(ticket, by=world.sara, solution="Ny patron", at=MONDAY + 5 * MINUTE)
    lifecycle.reopen(ticket, by=world.anna, body="Stadig ikke", at=MONDAY + 6 * MINUTE)
    lifecycle.resolve(ticket, by=world.sara, solution="Ny printer", at=MONDAY + 7 * MINUTE)
    lifecycle.close(ticket, by=world.sara, at=MONDAY + 8 * MINUTE)
    assert told(MONDAY + HOUR) == [
        ("received", "Anna"),
        ("assigned", "Sara"),
        ("replied", "Anna"),
        ("answered", "Sara"),
        ("resolved", "Anna"),
        ("reopened", "Sara"),
        ("resolved", "Anna"),
        ("closed", "Anna"),
    ]


def test_what_one_does_oneself_one_is_not_told(world):
    ticket = world.ticket()
    lifecycle.take(ticket, by=world.sara, at=MONDAY)
    lifecycle.close(ticket, by=world.anna, at=MONDAY)
    assert told(MONDAY) == [("received", "Anna")]


def test_closing_open_work_tells_of_the_closing_alone(world):
    ticket = world.taken()
    lifecycle.close(ticket, by=world.sara, at=MONDAY + MINUTE)
    assert told(MONDAY + MINUTE) == [("closed", "Anna")]


def test_a_cancelled_ticket_is_told_as_cancelled(world):
    ticket = world.taken()
    lifecycle.cancel(ticket, by=world.sara, reason="duplicate", at=MONDAY + MINUTE)
    assert told(MONDAY + MINUTE) == [("cancelled", "Anna")]


def test_who_a_ticket_is_filed_for_hears_as_well_as_who_filed_it(world):
    otto = make_requester(world.nordby, name="Otto Olsen")
    world.ticket(on_behalf_of=otto)
    assert told(MONDAY) == [("received", "Anna"), ("received", "Otto")]


def test_an_assignee_who_left_is_told_nothing(world, ticket):
    world.sara.is_active = False
    world.sara.save()
    now = fire_up_to(ticket, 50)
    assert told(now) == []


def test_an_assignee_without_the_grant_is_told_nothing(world):
    ticket = world.ticket()
    Ticket.objects.filter(pk=ticket.pk).update(assignee=make_person(world.nordby, name="Nils Nu"))
    lifecycle.answer(ticket, by=world.anna, body="Hallo?", at=MONDAY + MINUTE)
    assert told(MONDAY + MINUTE, kind="answered") == []


def test_nobody_of_another_municipality_hears_anything(world, ticket):
    sydby = make_municipality("Sydby")
    strangers = [make_requester(sydby), make_agent(sydby), make_agent(sydby, role="lead")]
    told(fire_up_to(ticket, 100))
    make_ticket(sydby, at=MONDAY)
    tell_waiting(now=MONDAY + 30 * DAY)
    in_nordby = Notice.objects.filter(municipality=world.nordby)
    assert in_nordby.count() == 6
    assert not in_nordby.filter(recipient__in=strangers).exists()
    with tenant_scope(sydby.pk):
        assert {notice.municipality_id for notice in Notice.objects.all()} == {sydby.pk}
        assert not Occasion.objects.filter(municipality=world.nordby).exists()


def test_a_choice_of_neither_way_leaves_no_notice(world, ticket):
    choices = {Kind.HALF: {"product": False, "mail": False}}
    NoticeSettings.objects.create(municipality=world.sara.municipality, person=world.sara, choices=choices)
    assert told(fire_up_to(ticket, 50)) == []


@pytest.mark.parametrize(("product", "mail"), [(True, False), (False, True)])
def test_each_way_is_chosen_for_itself(world, ticket, product, mail):
    choices = {Kind.HALF: {"product": product, "mail": mail}}
    NoticeSettings.objects.create(municipality=world.sara.municipality, person=world.sara, choices=choices)
    tell_waiting(now=fire_up_to(ticket, 50))
    [notice] = Notice.objects.all()
    assert (notice.in_product, notice.mail_at is not None) == (product, mail)


@pytest.fixture
def poisoned(world, monkeypatch):
    """A ticket that cannot be told about until `telling.tell` is mended; tried as often as it may."""
    ticket = world.ticket()
    real = telling.tell

    def tell(occasions, *, now):
        if any(occasion.ticket_id == ticket.pk for occasion in occasions):
            raise ValueError("gift")
        real(occasions, now=now)

    whole = world.ticket()
    with monkeypatch.context() as patched:
        patched.setattr(telling, "tell", tell)
        for turn in range(MOST_ATTEMPTS):
            tell_waiting(now=MONDAY + turn * MINUTE)
    assert [notice.ticket_id for notice in Notice.objects.all()] == [whole.pk]
    return ticket


def test_an_occasion_that_cannot_be_told_holds_no_other_and_is_set_aside_at_last(poisoned):
    [left] = Occasion.objects.all()
    assert (left.ticket_id, left.attempts, left.next_at) == (poisoned.pk, MOST_ATTEMPTS, None)
    assert left.error == "ValueError: gift"
    assert list(Occasion.objects.set_aside()) == [left]


def test_a_lead_reads_why_nobody_heard_and_has_it_told_again(client, world, poisoned):
    client.force_login(world.lone)
    page = client.get(reverse("tickets:clocks"))
    assert (f">{poisoned.number}<" in page.content.decode(), "ValueError: gift" in page.content.decode()) == (
        True,
        True,
    )
    [left] = page.context["untold"]
    assert client.post(reverse("tickets:tell_again"), {"occasion": left.pk}).status_code == 302
    assert ("received", "Anna") in told(timezone.now() + MINUTE)
    assert Notice.objects.filter(ticket=poisoned).count() == 1
    assert AuditEntry.objects.get(action="told again").data["reason"] == "ValueError: gift"
    assert not client.get(reverse("tickets:clocks")).context["untold"]


def test_all_are_told_again_at_once_and_told_in_vain_set_aside_once_more(client, world, poisoned, monkeypatch):
    client.force_login(world.lone)
    assert client.post(reverse("tickets:tell_again")).status_code == 302
    monkeypatch.setattr(telling, "tell", lambda occasions, *, now: 1 / 0)
    for turn in range(MOST_ATTEMPTS):
        tell_waiting(now=timezone.now() + (turn + 1) * MINUTE)
    assert Occasion.objects.set_aside().get().error == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize("chosen", ["0", "x", "²"])
def test_what_is_not_set_aside_is_not_told_again(client, world, poisoned, chosen):
    client.force_login(world.lone)
    assert client.post(reverse("tickets:tell_again"), {"occasion": chosen}).status_code == 404


def test_a_lead_of_another_municipality_neither_sees_nor_tells_it(client, world, poisoned):
    client.force_login(make_agent(make_municipality("Sydby"), role="lead"))
    assert not client.get(reverse("tickets:clocks")).context["untold"]
    assert client.post(reverse("tickets:tell_again"), {"occasion": Occasion.objects.get().pk}).status_code == 404
