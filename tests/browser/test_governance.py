"""Joint decisions in the browser: an administrator proposes, directors say yes, and the last yes gives force."""

import os
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from billing import periods
from billing.models import KeyVersion
from municipalities.governance.models import Proposal
from servicecenter.tenancy.scope import tenant_scope
from tests.billing.world import NOON, World
from tests.browser.conftest import PASSWORD
from tests.factories import make_agent, make_agreement, make_director, make_queue, make_ticket
from tickets.models import CalendarVersion, Vendor

COLOURS = ["#bc8734", "#17406d", "#1a7a86"]


@pytest.fixture
def world(transactional_db):
    """Three municipalities with their directors, an administrator, finance, a ticket of each, and October closed."""
    with tenant_scope():
        world = World()
        for member, member.colour in zip(world.members, COLOURS, strict=True):
            member.save()
        world.lines()
        periods.calculate(world.october, by=world.lone, at=NOON)
        periods.approve(world.october, by=world.per, at=NOON)
        periods.close(world.october, by=world.per, at=NOON)
        make_queue("drift")
        Vendor.objects.create(code="kmd", name="KMD")
        make_agreement()
        for member in world.members:
            make_ticket(member, at=timezone.now().replace(microsecond=0), impact=3, urgency=3)
        world.directors = [make_director(m, name=f"Direktør {m.name}", password=PASSWORD) for m in world.members]
        world.amir = make_agent(*world.members, role="administrator", queues=[], name="Amir Haddad", password=PASSWORD)
        return world


def versions(world):
    with tenant_scope(*(member.pk for member in world.members)):
        return CalendarVersion.objects.filter(calendar__code="desk").count()


def look(reader, name):
    """Kept as a picture when somebody asks for it."""
    if folder := os.environ.get("PICTURES"):
        width = reader.page.viewport_size["width"]
        reader.page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def day_in(days):
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def fill_calendar(reader, world, *, tuesday):
    reader.sign_in(world.amir, PASSWORD)
    reader.open(reverse("tickets:calendars"))
    look(reader, "calendars")
    reader.press("main tbody a")
    look(reader, "calendar")
    reader.press("main .sd-rep-tools a")
    reader.page.fill("[name=valid_from]", day_in(1))
    reader.page.fill("[name=tue]", tuesday)
    reader.page.fill("[name=reason]", "Telefonerne er stille før ti.")


def test_hours_that_cannot_be_are_refused_beside_their_field(reader, world):
    fill_calendar(reader, world, tuesday="10-8")
    with reader.page.expect_navigation():
        reader.page.locator("[name=preview]").click()
    reader.complaints.clear()  # the browser tells of the status 422, which is meant
    reader.check()
    assert "10-8" in reader.page.locator("#id_tue_error").inner_text()
    look(reader, "calendar-refused")


def test_the_last_yes_gives_a_calendar_force(reader, world):
    fill_calendar(reader, world, tuesday="10-12, 12.30-16")
    reader.press("[name=preview]")
    look(reader, "calendar-effect")
    reader.press("[name=propose]")
    proposal = reader.page.url.removeprefix(reader.address)
    look(reader, "proposal-admin")
    before = versions(world)

    for director in world.directors:
        assert versions(world) == before
        say_yes(reader, director, proposal)

    assert versions(world) == before + 1
    look(reader, "proposal-adopted")
    with tenant_scope(*(member.pk for member in world.members)):
        assert Proposal.objects.get().state == Proposal.State.ADOPTED
    reader.open(reverse("municipalities:proposals"))
    look(reader, "proposals-settled")


def proposed(world):
    with tenant_scope(*(member.pk for member in world.members)):
        return Proposal.objects.select_related("proposed_by").get()


def say_yes(reader, director, proposal):
    reader.page.context.clear_cookies()
    reader.sign_in(director, PASSWORD)
    reader.open(reverse("municipalities:proposals"))
    look(reader, "proposals")
    reader.open(proposal)
    look(reader, f"proposal-{director.municipality.slug}")
    reader.page.check("input[name=answer][value=yes]", force=True)
    reader.page.fill("[name=reference]", "Punkt 4, 12. november 2026")
    reader.press("#decide button.button-primary")


def test_an_agreement_is_proposed_with_its_effect(reader, world):
    reader.sign_in(world.amir, PASSWORD)
    reader.open(reverse("tickets:agreements"))
    look(reader, "agreements")
    reader.press("main tbody a")
    look(reader, "agreement")
    reader.press("main .sd-rep-tools a")
    look(reader, "agreement-form")
    reader.page.fill("[name=first_response_4]", "1 t")
    reader.page.fill("[name=reason]", "Vi svarer allerede hurtigere.")
    reader.press("[name=preview]")
    look(reader, "agreement-effect")
    reader.press("[name=propose]")
    look(reader, "proposal-agreement")
    made = proposed(world)
    assert (made.kind, made.state, made.proposed_by) == ("agreement", Proposal.State.PROPOSED, world.amir)
    assert made.change["terms"]["timers"]["first_response"]["target_minutes"]["4"] == 60


def write_key(reader, kind):
    """The figures of each kind; the mixture holds a key with fields of its own."""
    if kind == "mix":
        reader.page.fill("[name=part_weight_0]", "30")
        reader.page.select_option("[name=part_key_0]", "equal")
        reader.page.fill("[name=part_weight_1]", "70")
        reader.page.select_option("[name=part_key_1]", "driver")
        reader.press("[name=fields]")
        look(reader, "key-form-inside")
        reader.page.fill("[name=part_key_1-tier_bound_0]", "40.000")
        reader.page.fill("[name=part_key_1-tier_rate_0]", "100")
        reader.page.fill("[name=part_key_1-tier_rate_1]", "50")
    if kind == "transition":
        reader.page.select_option("[name=old_key]", "equal")
        reader.page.select_option("[name=new_key]", "driver:inhabitants")
        reader.page.fill("[name=step_day_0]", "2030-01-01")
        reader.page.fill("[name=step_part_0]", "50")
    if kind in ("fixed", "percent"):
        for code, value in zip(("151", "190", "240"), ("40", "30", "30"), strict=True):
            reader.page.fill(f"[name={kind}_{code}]", value)


@pytest.mark.parametrize("kind", ["equal", "driver", "fixed", "percent", "direct", "mix", "transition"])
def test_a_key_is_proposed_with_its_effect(reader, world, kind):
    reader.sign_in(world.lone, "en lang adgangskode")
    reader.open(reverse("billing:keys"))
    reader.open(reverse("billing:key", args=["desk"]))
    look(reader, "key")
    reader.open(reverse("billing:key_new", args=["desk"]) + f"?type={kind}")
    look(reader, f"key-form-{kind}")
    reader.page.fill("[name=label]", "Ny nøgle")
    reader.page.fill("[name=reason]", "Aftalt i styregruppen.")
    write_key(reader, kind)
    reader.press("[name=preview]")
    look(reader, f"key-effect-{kind}")
    reader.press("[name=propose]")
    look(reader, "proposal-key")
    made = proposed(world)
    assert (made.kind, made.subject, made.state) == ("key", "desk", Proposal.State.PROPOSED)
    assert made.change["definition"]["type"] == kind
    assert KeyVersion.objects.filter(pool=world.desk).count() == 1  # nothing has force before everybody's yes
