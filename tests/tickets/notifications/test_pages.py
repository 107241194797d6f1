import pytest
from django.urls import reverse

from servicecenter.audit.models import AuditEntry
from tests.factories import MONDAY, make_municipality, make_requester, make_ticket
from tests.tickets.notifications.world import DAY, World
from tickets import lifecycle
from tickets.notifications.models import Duty, Notice, NoticeSettings
from tickets.notifications.telling import tell_waiting

pytestmark = pytest.mark.django_db
LIST, SETTINGS, DUTY = reverse("tickets:notices"), reverse("tickets:notice_settings"), reverse("tickets:duty")


@pytest.fixture
def world():
    return World()


@pytest.fixture
def answered(world):
    """Anna has heard that her ticket was received and answered."""
    ticket = world.ticket()
    lifecycle.reply(ticket, by=world.sara, body="Hemmeligt svar", at=MONDAY)
    tell_waiting(now=MONDAY)
    return ticket


def headlines(page):
    return [row.headline for row in page.context["rows"]]


def test_the_bell_counts_what_is_unread_on_every_page(client, world, answered):
    client.force_login(world.anna)
    page = client.get(reverse("tickets:home"))
    assert page.context["unread_notices"] == 2
    assert 'class="sd-bell"' in page.content.decode()


def test_the_list_shows_the_newest_first_and_no_text_of_the_ticket(client, world, answered):
    client.force_login(world.anna)
    page = client.get(LIST)
    assert headlines(page) == [f"Vi har svaret på sag {answered.number}", f"Vi har modtaget sag {answered.number}"]
    assert "Hemmeligt svar" not in page.content.decode()


def test_following_a_notice_leads_to_the_ticket_and_marks_it_read(client, world, answered):
    client.force_login(world.anna)
    newest = Notice.objects.of(world.anna)[0]
    response = client.get(reverse("tickets:notice", args=[newest.pk]))
    assert response["Location"] == reverse("tickets:ticket", args=[answered.number])
    assert Notice.objects.of(world.anna).unread().count() == 1


def test_an_agent_is_led_to_the_workspace(client, world):
    ticket = world.ticket()
    lifecycle.assign(ticket, to=world.sara, by=world.lone, at=MONDAY)
    tell_waiting(now=MONDAY)
    client.force_login(world.sara)
    notice = Notice.objects.of(world.sara).get()
    response = client.get(reverse("tickets:notice", args=[notice.pk]))
    assert response["Location"] == reverse("tickets:console_ticket", args=[ticket.number])
    assert client.get(response["Location"]).status_code == 200


def test_all_are_marked_read_at_once_and_only_the_own(client, world, answered):
    lifecycle.assign(answered, to=world.sara, by=world.lone, at=MONDAY)
    tell_waiting(now=MONDAY)
    client.force_login(world.anna)
    assert client.post(LIST)["Location"] == LIST
    assert not Notice.objects.of(world.anna).unread().exists()
    assert Notice.objects.of(world.sara).unread().count() == 1


def test_somebody_elses_notice_is_not_there(client, world, answered):
    client.force_login(make_requester(world.nordby))
    assert headlines(client.get(LIST)) == []
    assert client.get(reverse("tickets:notice", args=[Notice.objects.first().pk])).status_code == 404


def test_a_notice_of_another_municipality_is_not_there(client, world, answered):
    client.force_login(make_requester(make_municipality("Sydby")))
    assert headlines(client.get(LIST)) == []
    assert client.get(reverse("tickets:notice", args=[Notice.objects.first().pk])).status_code == 404


def test_what_is_wanted_by_mail_only_stays_off_the_list(client, world, answered):
    Notice.objects.update(in_product=False)
    client.force_login(world.anna)
    assert headlines(client.get(LIST)) == []


def test_older_ones_are_a_page_further_and_the_list_costs_the_same(client, world, asked):
    for _ in range(35):
        world.ticket()
    tell_waiting(now=MONDAY)
    client.force_login(world.anna)
    with asked(at_most=9):
        page = client.get(LIST)
    assert len(headlines(page)) == 30
    older = client.get(LIST + page.context["next"])
    assert len(headlines(older)) == 5
    assert not set(headlines(page)) & set(headlines(older))
    assert client.get(LIST + "?foer=abc").status_code == 200


def test_an_employee_chooses_among_what_can_happen_to_an_employee(client, world):
    client.force_login(world.anna)
    form = client.get(SETTINGS).context["form"]
    assert [kind.value for kind in form.kinds] == ["received", "replied", "resolved", "closed", "cancelled", "breached"]
    assert all(box.value() for _, boxes in form.rows() for box in boxes)


def test_choices_are_kept_and_shown_again(client, world):
    client.force_login(world.anna)
    sent = {"quiet": "never", "replied_product": "on", "resolved_mail": "on"}
    assert client.post(SETTINGS, sent)["Location"] == SETTINGS
    chosen = NoticeSettings.objects.get(person=world.anna)
    assert (chosen.quiet, chosen.wants("replied", "product"), chosen.wants("replied", "mail")) == ("never", True, False)
    assert chosen.wants("assigned", "mail") is True
    form = client.get(SETTINGS).context["form"]
    shown = {box.html_name for _, boxes in form.rows() for box in boxes if box.value()}
    assert shown == {"replied_product", "resolved_mail"}
    client.post(SETTINGS, {"quiet": "night"})
    assert NoticeSettings.objects.count() == 1


def test_an_unknown_choice_is_refused(client, world):
    client.force_login(world.anna)
    assert client.post(SETTINGS, {"quiet": "always"}).status_code == 422
    assert not NoticeSettings.objects.exists()


def duty_form(person, begins="2027-01-04T08:00", ends="2027-01-11T08:00"):
    return {"person": person.pk, "starts_at": begins, "ends_at": ends}


def test_a_lead_says_who_is_on_duty(client, world):
    client.force_login(world.lone)
    assert client.post(DUTY, duty_form(world.dan))["Location"] == DUTY
    given = Duty.objects.latest("pk")
    assert (given.person, given.starts_at.isoformat()) == (world.dan, "2027-01-04T07:00:00+00:00")
    assert AuditEntry.objects.get(action="duty_given").actor == world.lone


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ends_at": "2027-01-04T08:00"}, "ends_at"),
        ({"ends_at": "2027-01-01T08:00"}, "ends_at"),
        ({"starts_at": "2027-01-06T08:00"}, "starts_at"),
        ({"starts_at": "i morgen"}, "starts_at"),
        ({"person": ""}, "person"),
    ],
)
def test_a_duty_that_cannot_be_is_refused_beside_its_field(client, world, change, field):
    client.force_login(world.lone)
    client.post(DUTY, duty_form(world.dan))
    before = Duty.objects.count()
    response = client.post(DUTY, duty_form(world.lone, begins="2027-01-11T08:00", ends="2027-01-12T08:00") | change)
    if change == {"starts_at": "2027-01-06T08:00"}:
        assert "Dan Dam" in response.context["form"].errors["starts_at"][0]
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert Duty.objects.count() == before


def test_only_those_who_lead_can_be_on_duty(client, world):
    client.force_login(world.lone)
    for person in (world.sara, world.anna):
        assert client.post(DUTY, duty_form(person)).status_code == 422


def test_a_running_duty_ends_now_and_one_to_come_is_taken_away(client, world):
    client.force_login(world.lone)
    client.post(DUTY, duty_form(world.dan))
    to_come = Duty.objects.latest("pk")
    assert client.post(reverse("tickets:end_duty", args=[to_come.pk]))["Location"] == DUTY
    assert not Duty.objects.filter(pk=to_come.pk).exists()
    running = Duty.objects.get()
    client.post(reverse("tickets:end_duty", args=[running.pk]))
    running.refresh_from_db()
    assert running.ends_at < MONDAY + 30 * DAY
    assert client.post(reverse("tickets:end_duty", args=[running.pk])).status_code == 404


def test_an_agent_has_no_page_of_duties(client, world):
    client.force_login(world.sara)
    assert client.get(DUTY).status_code == 404


def test_two_at_once_are_impossible_in_the_database(world):
    from django.db.utils import IntegrityError

    with pytest.raises(IntegrityError, match="duty_one_at_a_time"):
        Duty.objects.create(person=world.lone, starts_at=MONDAY, ends_at=MONDAY + DAY)


def test_tickets_of_others_make_no_notice_for_me(client, world):
    make_ticket(world.nordby, at=MONDAY)
    tell_waiting(now=MONDAY)
    client.force_login(world.anna)
    assert headlines(client.get(LIST)) == []
