"""What pools give, changed in the simulator: step-down and reciprocally beside each other, and nothing kept."""

import io
import zipfile

import pytest

from billing import periods
from billing.models import Allocation, GivenPart, Giving, Run, Transfer
from tests.billing.giving.test_giving_months import give
from tests.billing.simulator.test_page import URL
from tests.billing.world import NOON, World
from tests.factories import make_director

pytestmark = pytest.mark.django_db

# The desk (1,984,568 øre by 48:38:42) comes before security (10,000 equally); the overhead follows the cost.
MUTUAL = {
    "giver-0": "desk", "til-0": "security", "procent-0": "25",
    "giver-1": "security", "til-1": "desk", "procent-1": "20",
}  # fmt: skip
STRONG = MUTUAL | {"procent-0": "60", "procent-1": "60"}
CLOSED = {
    "giver-0": "desk", "til-0": "security", "procent-0": "100",
    "giver-1": "security", "til-1": "desk", "procent-1": "100",
}  # fmt: skip


@pytest.fixture
def world(client):
    world = World()
    world.lines()
    periods.calculate(world.october, by=world.lone, at=NOON)
    client.force_login(make_director(world.egedal))
    return world


def shared_equally_and_by_inhabitants(equally, by_inhabitants):
    return [equally / 3 + by_inhabitants * part / 128 for part in (48, 38, 42)]


def test_both_ways_stand_beside_each_other_with_their_difference(client, world):
    both = client.get(URL, MUTUAL).context["both"]

    # Step-down: the desk gives 496,142 to security, which gives nothing back and shares 506,142 equally.
    down = shared_equally_and_by_inhabitants(506_142, 1_488_426)
    # Reciprocally: desk = 1,984,568 + 0.2 × security and security = 10,000 + 0.25 × desk.
    desk = (1_984_568 + 0.2 * 10_000) / 0.95
    ring = shared_equally_and_by_inhabitants(0.8 * (10_000 + 0.25 * desk), 0.75 * desk)
    direct = 61_874_500  # Egedal's own
    for number, (_code, step_down, reciprocal) in enumerate(both.rows()):
        for shared, found in ((down, step_down), (ring, reciprocal)):
            carried = shared[number] + (direct if number == 2 else 0)
            whole = sum(shared) + direct
            assert abs(found - carried * (1 + 333_333 / whole)) < 3  # the overhead follows; some roundings
    assert sum(both.difference_ore().values()) == 0
    assert both.sums() == (64_202_401, 64_202_401)
    assert [(row.giver, row.receiver, row.percent) for row in both.left_out] == [("security", "desk", 20)]


def test_the_page_says_whether_the_ways_differ_materially_and_what_is_left_out(client, world):
    page = client.get(URL, STRONG)

    text = page.content.decode()
    difference = page.context["both"].difference_ore()
    assert page.context["both"].is_material
    assert page.context["both"].largest() == max(difference, key=lambda code: abs(difference[code]))
    assert "Væsentlig forskel" in text
    assert "adskiller sig væsentligt" in text
    assert "60 % af Security til Desk er udeladt".replace(" %", "\N{NO-BREAK SPACE}%") in text
    assert "Desk: Giver 60" in text


def test_a_small_part_given_back_is_not_material(client, world):
    page = client.get(URL, MUTUAL | {"procent-1": "0,5"})

    assert any(page.context["both"].difference_ore().values())
    assert not page.context["both"].is_material
    assert "adskiller sig ikke væsentligt" in page.content.decode()


def test_without_giving_back_the_two_ways_are_equal_to_the_oere(client, world):
    page = client.get(URL, {"giver-0": "desk", "til-0": "security", "procent-0": "8"})

    both = page.context["both"]
    assert set(both.difference_ore().values()) == {0}
    assert both.step_down.amounts.alternative_ore == both.reciprocal_ore
    assert both.step_down.amounts.alternative_ore != both.step_down.amounts.now_ore
    assert "Trinvis og gensidig fordeling giver det samme" in page.content.decode()


def test_rows_replace_what_the_pool_gives_now_and_zero_ends_it(client):
    world = World()
    world.lines()
    give(world.desk, {"security": "8", "overhead": "3"})
    periods.calculate(world.october, by=world.lone, at=NOON)
    client.force_login(make_director(world.egedal))

    page = client.get(URL, {"giver-0": "desk", "til-0": "security", "procent-0": "0"})

    assert "Nu: Desk: Giver 3" in " ".join(page.content.decode().split())
    outcome = page.context["outcome"]
    # Ballerup when nobody gives: 744,213 of the desk, 3,334 of security, 3,901.45 of the overhead (rounded up).
    assert outcome.amounts.now_ore["151"] != outcome.amounts.alternative_ore["151"] == 744_213 + 3_334 + 3_902


def test_a_pool_that_gives_everything_back_is_shared_reciprocally_alone(client, world):
    asked = {"giver-0": "security", "til-0": "desk", "procent-0": "100"}
    page = client.get(URL, asked)
    export = client.get(f"{URL[:-1]}.csv", asked)

    both, text = page.context["both"], page.content.decode()
    assert (both.step_down, both.stuck) == (None, "security")
    assert sum(both.reciprocal_ore.values()) == 64_202_401
    assert "»Security« giver alt til puljer, der beregnes før den" in text
    assert "Kun den gensidige fordeling kan beregnes" in text
    assert export.status_code == 200
    assert "Gensidigt, kr." in export.content.decode("utf-8-sig")


@pytest.mark.parametrize(
    ("asked", "field", "word"),
    [
        (CLOSED, "procent-0", "Omkostningspulje Desk, Security: "),
        ({"giver-0": "overhead", "til-0": "desk", "procent-0": "10"}, "procent-0", "Desk"),
        (MUTUAL | {"til-1": "security"}, "til-1", "sig selv"),
        (MUTUAL | {"giver-1": "desk", "til-1": "security"}, "til-1", "to gange"),
        (
            MUTUAL | {"giver-1": "desk", "til-1": "overhead", "procent-1": "76"},
            "procent-1",
            "Omkostningspulje Desk: Der gives mere væk end de 100 %",
        ),
        (MUTUAL | {"procent-1": "mange"}, "procent-1", "mange"),
        (MUTUAL | {"giver-1": "vrøvl"}, "giver-1", "ingen sådan pulje"),
    ],
)
def test_what_cannot_be_given_is_said_beside_the_field(client, world, asked, field, word):
    page = client.get(URL, asked)

    assert page.status_code == 200
    assert word in " ".join(page.context["forms"].giving.errors[field])
    assert f'id="id_{field}_error"' in page.content.decode()


def test_a_pool_with_a_credit_cannot_serve_others_both_ways_but_step_down_is_shown(client):
    world = World()
    world.lines()
    world.line("S2", -30_000, world.security)
    periods.calculate(world.october, by=world.lone, at=NOON)
    client.force_login(make_director(world.egedal))

    page = client.get(URL, MUTUAL)

    assert "trinvis" in " ".join(page.context["forms"].giving.errors["procent-1"])
    assert page.context["outcome"].balances
    assert page.context["both"].reciprocal_ore is None
    assert "Den gensidige fordeling kan ikke beregnes" in page.content.decode()


def test_a_row_that_is_begun_waits_and_says_so(client, world):
    page = client.get(URL, {"giver-0": "desk"})

    assert page.context.get("both") is None
    assert "Tæller ikke med endnu" in page.content.decode()
    assert page.context["query"] == "giver-0=desk"


def test_the_address_numbers_the_rows_anew_and_can_be_shared(client, world):
    gaps = {"giver-3": "desk", "til-3": "security", "procent-3": "25", "giver-7": "", "til-9": ""}

    moved = client.get(URL, gaps)

    assert (moved.status_code, moved["Location"]) == (302, f"{URL}?giver-0=desk&til-0=security&procent-0=25")
    assert client.get(moved["Location"]).context["outcome"].by_pool_ore["security"]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_exports_carry_both_ways(client, world, ending):
    both = client.get(URL, STRONG).context["both"]
    export = client.get(f"{URL[:-1]}.{ending}", STRONG)

    if ending == "csv":
        text = export.content.decode("utf-8-sig")
        down, reciprocal = both.step_down.amounts.alternative_ore["151"], both.reciprocal_ore["151"]
        assert f"Ballerup;{_kroner(down)};{_kroner(reciprocal)};{_kroner(reciprocal - down)};" in text
    else:
        text = zipfile.ZipFile(io.BytesIO(export.content)).read("xl/sharedStrings.xml").decode()
    assert "Trinvist, kr." in text
    assert "adskiller sig væsentligt" in text


def _kroner(ore):
    return f"{'-' if ore < 0 else ''}{abs(ore) // 100},{abs(ore) % 100:02d}"


def test_nothing_of_it_is_stored(client, world):
    tables = (Run, Allocation, Transfer, Giving, GivenPart)
    before = [sorted(table.objects.values_list()) for table in tables]

    assert client.get(URL, MUTUAL).context["both"].reciprocal_ore

    assert [sorted(table.objects.values_list()) for table in tables] == before
