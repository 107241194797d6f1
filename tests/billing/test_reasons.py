"""Why a share is what it is: key version, quantities, own tickets, and parts that add up on the screen."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from django.urls import reverse
from django.utils import translation

from billing import entries, exports, periods
from billing.measuring import measure_drivers
from billing.models import Driver
from tests.billing.world import NOON, OCTOBER, World
from tests.factories import make_agent, make_director, make_ticket
from tickets import lifecycle

pytestmark = pytest.mark.django_db


def october():
    world = World()
    world.lines()
    periods.calculate(world.october, by=world.lone, at=NOON)
    return world


def pool(found, name):
    return next(pool for pool in found.pools if pool.name == name)


def test_a_share_names_its_key_version_and_its_quantity():
    world = october()

    with translation.override("en"):
        (reason,) = pool(entries.read(world.egedal, OCTOBER), "Desk").reasons

    assert (str(reason.version.valid_from), reason.version.decided_by) == ("2014-01-01", "Styregruppen")
    assert [(q.name, q.mine, q.total, q.unit) for q in reason.quantities] == [
        ("Indbyggere", "42,000", "128,000", "indbyggere")
    ]


def test_a_share_on_cost_names_what_it_rests_on():
    world = october()

    with translation.override("en"):
        (reason,) = pool(entries.read(world.egedal, OCTOBER), "Overhead").reasons

    # Egedal carries 6,511.86 + 33.33 + 618,745.00 of 19,845.68 + 100.00 + 618,745.00.
    assert [(q.mine, q.total) for q in reason.quantities] == [("625,290", "638,691")]


def test_own_tickets_stand_behind_a_quantity_and_those_of_others_do_not(client):
    world = World()
    Driver.objects.create(code="tickets", name="Sager", nature="flow", unit="sager", source="tickets")
    helpdesk = world.pool("helpdesk", {"type": "driver", "driver": "tickets"}, label="Sager")
    world.lines()
    world.line("H1", 100_000, helpdesk)
    at = datetime(2026, 10, 5, 7, 0, tzinfo=UTC)
    mine, other = (make_ticket(member, at=at) for member in (world.egedal, world.ballerup))
    make_ticket(world.furesoe, at=at)
    for ticket in (mine, other):
        lifecycle.resolve(ticket, by=make_agent(world.egedal, world.ballerup), solution="Ok.", at=at)
    measure_drivers(world.october, by=world.lone, at=NOON)
    periods.calculate(world.october, by=world.lone, at=NOON)

    client.force_login(make_director(world.egedal))
    html = client.get(reverse("billing:entries", args=["2026-10", "egedal"])).content.decode()

    assert str(mine.number) in html
    assert str(other.number) not in html


def test_the_parts_add_up_as_they_stand_on_the_screen():
    world = World()
    for place in range(1, 30):
        world.line(f"T{place}", 100 * place + 1, world.security)
    periods.calculate(world.october, by=world.lone, at=NOON)

    for member in world.members:
        found = pool(entries.read(member, OCTOBER), "Security")
        shown = [traced.shown_ore for traced in found.lines]
        assert all(
            abs(part - traced.exact_ore) < Fraction(1, 10_000) for part, traced in zip(shown, found.lines, strict=True)
        )
        assert all((part * 10_000).denominator == 1 for part in shown)
        assert sum(shown) + found.shown_rounding_ore == found.allocation.amount_ore
        assert abs(found.shown_rounding_ore - found.rounding_ore) < Fraction(1, 10_000)


def test_the_parts_add_up_in_an_export_too():
    world = World()
    for place in range(1, 30):
        world.line(f"T{place}", 100 * place + 1, world.security)
    periods.calculate(world.october, by=world.lone, at=NOON)

    with translation.override("en"):
        *rows, whole = exports.rows(entries.read(world.egedal, OCTOBER))

    assert whole[7:] == ["The statement in all", None, sum(row[-1] for row in rows if row[7] == "Total")]
    assert sum(row[-1] for row in rows if row[7] != "Total") == sum(row[-1] for row in rows if row[7] == "Total")
