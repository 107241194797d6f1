"""The simulator asked through its address: what would be, beside what is, and nothing kept."""

import io
import zipfile
from datetime import date

import pytest
from django.urls import reverse

from billing import periods
from billing.models import Allocation, DriverValue, KeyVersion, Period, Run, Snapshot
from tests.billing.world import NOON, World
from tests.factories import make_director, make_municipality

pytestmark = pytest.mark.django_db

URL = "/ledelse/noegler/simulator/"
DESK = 1_984_568  # the desk's pool in øre; security has 10,000


@pytest.fixture
def world():
    world = World()
    world.lines()
    periods.calculate(world.october, by=world.lone, at=NOON)
    return world


@pytest.fixture
def ask(client, world):
    client.force_login(make_director(world.egedal))

    def ask(**fields):
        response = client.get(URL, fields)
        assert response.status_code == 200
        return response.context["outcome"]

    return ask


def difference(outcome):
    return outcome.amounts.difference_ore


def test_without_a_question_everybody_pays_what_the_bill_says(ask):
    outcome = ask()

    booked = {row["municipality__code"]: row["ore"] for row in _booked()}
    assert outcome.amounts.now_ore == outcome.amounts.alternative_ore == booked
    assert outcome.agrees_with_books


def _booked():
    from django.db.models import Sum

    return Allocation.objects.values("municipality__code").annotate(ore=Sum("amount_ore"))


def test_another_key_moves_the_desk_and_the_overhead_that_follows_it(ask):
    outcome = ask(**{"noegle-desk": "lige"})

    # 1,984,568 by 48:38:42 is 744,213 · 589,169 · 651,186; equally 661,523 · 661,523 · 661,522.
    assert outcome.by_pool_ore["desk"] == {"151": 661_523 - 744_213, "190": 661_523 - 589_169, "240": 661_522 - 651_186}
    assert set(outcome.by_pool_ore) == {"desk", "overhead"}
    assert sum(difference(outcome).values()) == 0
    assert outcome.total_ore == sum(outcome.amounts.alternative_ore.values()) == 64_202_401 - 0


def test_two_keys_are_mixed_by_the_weight_that_is_set(ask):
    outcome = ask(**{"noegle-desk": "blanding", "del-desk": "lige", "rest-desk": "m.inhabitants", "vaegt-desk": "30"})

    # 30 % equally and 70 % by inhabitants: 719,406 · 610,875 · 654,287, the worked example of the specification.
    assert outcome.by_pool_ore["desk"] == {"151": 719_406 - 744_213, "190": 610_875 - 589_169, "240": 654_287 - 651_186}


def test_an_agreed_ratio_is_read_in_order_of_code(ask):
    outcome = ask(**{"noegle-security": "forhold", "forhold-security": "3 : 2 : 2"})

    # 10,000 by 3:2:2 is 4,286 · 2,857 · 2,857; equally 3,334 · 3,333 · 3,333.
    assert outcome.by_pool_ore["security"] == {"151": 952, "190": -476, "240": -476}


TIERED = {
    "fri-desk": "driver", "fri-desk-driver": "inhabitants", "fri-desk-tier_bound_0": "40.000",
    "fri-desk-tier_rate_0": "100", "fri-desk-tier_rate_1": "50",
}  # fmt: skip
MIXED = {
    "fri-desk": "mix", "fri-desk-on_zero": "reject",
    "fri-desk-part_weight_0": "30", "fri-desk-part_key_0": "equal",
    "fri-desk-part_weight_1": "70", "fri-desk-part_key_1": "driver:inhabitants",
}  # fmt: skip
PERCENT = {
    "fri-desk": "percent", "fri-desk-percent_151": "40", "fri-desk-percent_190": "32,5", "fri-desk-percent_240": "27,5",
}  # fmt: skip
STEPPED = {
    "fri-desk": "transition", "fri-desk-old_key": "equal", "fri-desk-new_key": "driver:inhabitants",
    "fri-desk-step_day_0": "2026-01-01", "fri-desk-step_part_0": "70",
}  # fmt: skip
HELD = {"fri-desk": "bounded", "fri-desk-inner_key": "driver:inhabitants", "fri-desk-cap_240": "30"}
ALONE = {"fri-desk": "direct", "fri-desk-member": "240"}
NESTED = {
    "fri-desk": "mix", "fri-desk-on_zero": "reject",
    "fri-desk-part_weight_0": "30", "fri-desk-part_key_0": "equal",
    "fri-desk-part_weight_1": "70", "fri-desk-part_key_1": "mix", "fri-desk-part_key_1-on_zero": "reject",
    "fri-desk-part_key_1-part_weight_0": "100", "fri-desk-part_key_1-part_key_0": "driver:inhabitants",
}  # fmt: skip
# What each carries of 1,984,568 øre. Tiers: 40,000 + 4,000, 38,000 and 40,000 + 1,000 of 123,000 units.
ANY_KEY = {
    "tiers": (TIERED, [709_927, 613_118, 661_523]),
    "mix": (MIXED, [719_406, 610_875, 654_287]),
    "percent": (PERCENT, [793_827, 644_985, 545_756]),
    "transition": (STEPPED, [719_406, 610_875, 654_287]),
    "bounded": (HELD, [775_366, 613_832, 595_370]),
    "direct": (ALONE, [0, 0, 1_984_568]),
    "nested": (NESTED, [719_406, 610_875, 654_287]),
}


@pytest.mark.parametrize("kind", ANY_KEY)
def test_every_kind_of_key_can_be_asked_for_and_its_address_shared(client, world, kind):
    fields, carried = ANY_KEY[kind]
    client.force_login(make_director(world.egedal))
    asked = {"noegle-desk": "fri", **fields}

    page = client.get(URL, asked)
    shared = client.get(f"{URL}?{page.context['query']}")
    export = client.get(f"{URL[:-1]}.csv?{page.context['query']}")

    now = {"151": 744_213, "190": 589_169, "240": 651_186}
    for response in (page, shared):
        moved = response.context["outcome"].by_pool_ore["desk"]
        assert {code: now[code] + moved.get(code, 0) for code in now} == dict(zip(now, carried, strict=True))
    assert shared.status_code == export.status_code == 200
    assert any("“Desk”" in text or "»Desk«" in text or "Desk" in text for text in page.context["sentences"])


def test_any_key_begins_with_the_one_in_force(client, world):
    client.force_login(make_director(world.egedal))

    page = client.get(URL, {"noegle-desk": "fri"}, follow=True)

    assert page.redirect_chain[0][0].endswith("?noegle-desk=fri&fri-desk=driver%3Ainhabitants")
    assert not any(difference(page.context["outcome"]).values())


def test_bounds_hold_a_municipality_between_them(ask):
    outcome = ask(**{"loft-desk": "30", "hvem-desk": "240"})

    # Egedal at 30 %: 595,370.4; the other 1,389,197.6 by 48:38.
    assert outcome.by_pool_ore["desk"]["240"] == 595_370 - 651_186
    assert sum(outcome.by_pool_ore["desk"].values()) == 0


def test_the_overhead_can_follow_a_key_of_its_own(ask):
    outcome = ask(**{"noegle-overhead": "lige"})

    assert set(outcome.by_pool_ore) == {"overhead"}
    assert outcome.amounts.alternative_ore["151"] == 744_213 + 3_334 + 111_111


def test_a_municipality_joins_every_shared_pool(ask):
    outcome = ask(ny="Fredensborg", **{"ny-inhabitants": "32.000"})

    assert set(outcome.amounts.alternative_ore) == {"151", "190", "240", "999"}
    assert outcome.amounts.now_ore["999"] == 0
    assert outcome.by_pool_ore["desk"]["999"] == 396_914  # 32 of 160 of 1,984,568, rounded up
    assert outcome.by_pool_ore["security"]["999"] == 2_500
    assert sum(difference(outcome).values()) == 0


def test_who_is_known_joins_under_the_own_code(world, ask):
    make_municipality("Fredensborg", code="210")

    assert "210" in ask(ny="Fredensborg", **{"ny-inhabitants": "32000"}).amounts.alternative_ore


def test_quantities_that_are_not_written_are_estimated(world, ask):
    from decimal import Decimal

    from billing.models import Driver

    users = Driver.objects.create(code="users", name="Brugere", nature="stock", unit="brugere")
    for member in world.members:
        DriverValue.objects.create(
            municipality=member, period=world.october, driver=users, value=Decimal(1000), measured_at=NOON
        )

    outcome = ask(ny="Fredensborg", **{"ny-inhabitants": "64000", "noegle-desk": "m.users"})

    # 64,000 against 128,000 inhabitants is a half, so 1,500 users are estimated: a third of 4,500.
    assert outcome.amounts.alternative_ore["999"] > 0
    assert outcome.by_pool_ore["desk"]["999"] == 661_523


def test_a_whole_year_adds_its_months(client, world):
    september = world.period(date(2026, 9, 1))
    world.lines(september, prefix="9")
    periods.calculate(september, by=world.lone, at=NOON)
    client.force_login(make_director(world.egedal))

    outcome = client.get(URL, {"periode": "2026", "noegle-desk": "lige"}).context["outcome"]

    assert outcome.total_ore == 2 * 64_202_401
    assert outcome.by_pool_ore["desk"]["240"] == 2 * (661_522 - 651_186)


@pytest.mark.parametrize(
    ("fields", "field", "word"),
    [
        ({"noegle-desk": "m.devices"}, "noegle-desk", "devices"),
        ({"noegle-desk": "vrøvl"}, "noegle-desk", "vrøvl"),
        ({"noegle-desk": "forhold", "forhold-desk": "3:2"}, "forhold-desk", "Ballerup, Furesoe, Egedal"),
        ({"noegle-desk": "forhold", "forhold-desk": "3:x:2"}, "forhold-desk", "x"),
        ({"noegle-desk": "forhold", "forhold-desk": "0:0:0"}, "forhold-desk", "nul"),
        ({"noegle-desk": "blanding", "vaegt-desk": "101"}, "vaegt-desk", "100"),
        ({"noegle-desk": "fri", "fri-desk": "percent", "fri-desk-percent_151": "90"}, "fri-desk-percent_151", "90"),
        (
            {
                "noegle-desk": "fri",
                "fri-desk": "mix",
                "fri-desk-part_weight_0": "30",
                "fri-desk-part_key_0": "equal",
                "fri-desk-on_zero": "drop",
            },
            "fri-desk-part_weight_0",
            "30 %",
        ),
        ({"noegle-desk": "fri", "fri-desk": "driver", "fri-desk-driver": "devices"}, "fri-desk-driver", "enheder"),
        (
            {
                "noegle-desk": "fri",
                "fri-desk": "bounded",
                "fri-desk-inner_key": "equal",
                "fri-desk-floor_151": "60",
                "fri-desk-floor_190": "60",
            },
            "fri-desk-floor_151",
            "Desk",
        ),
        ({"noegle-desk": "fri", "fri-desk": "bounded", "fri-desk-cap_151": "x"}, "fri-desk-cap_151", "x"),
        ({"loft-desk": "20"}, "gulv-desk", "Desk"),  # three times 20 % can never be the whole
        ({"gulv-desk": "120"}, "gulv-desk", "100 %"),
        ({"loft-overhead": "50"}, "noegle-overhead", "Overhead"),
        ({"ny": "Fredensborg"}, "ny", "indbyggere"),
        ({"ny-inhabitants": "5"}, "ny", "navn"),
        ({"ny": "Fredensborg", "ny-inhabitants": "mange"}, "ny-inhabitants", "mange"),
    ],
)
def test_what_cannot_be_calculated_is_said_beside_the_field(client, world, fields, field, word):
    from billing.models import Driver

    Driver.objects.create(code="devices", name="Enheder", nature="stock", unit="enheder")
    client.force_login(make_director(world.egedal))

    response = client.get(URL, fields)

    assert response.status_code == 200
    assert "outcome" not in response.context
    forms = {name: form for form in response.context["forms"].all for name in form.fields}
    said = " ".join(forms[field].errors[field])
    assert word.lower() in said.lower() or word == "devices"
    assert f'id="id_{field}_error"' in response.content.decode()


def test_the_address_holds_the_scenario_in_the_fewest_words(client, world):
    client.force_login(make_director(world.egedal))
    noise = {"noegle-desk": "lige", "noegle-security": "", "gulv-desk": "", "vaegt-desk": "50", "ny": "", "andet": "x"}

    response = client.get(URL, noise)

    assert (response.status_code, response["Location"]) == (302, f"{URL}?noegle-desk=lige")
    shared = client.get(response["Location"])
    assert shared.context["outcome"].by_pool_ore.keys() == {"desk", "overhead"}
    pushed = client.get(URL, noise, headers={"HX-Request": "true"})
    assert (pushed.status_code, pushed["HX-Push-Url"]) == (200, f"{URL}?noegle-desk=lige")


def test_nothing_is_stored(client, world):
    client.force_login(make_director(world.egedal))
    tables = (Run, Allocation, Snapshot, KeyVersion, Period, DriverValue)
    before = [
        sorted(table.objects.values_list()) if table is not Snapshot else table.objects.count() for table in tables
    ]

    client.get(URL, {"noegle-desk": "lige", "ny": "Fredensborg", "ny-inhabitants": "1"})
    client.get(f"{URL[:-1]}.xlsx", {"noegle-desk": "lige"})

    after = [
        sorted(table.objects.values_list()) if table is not Snapshot else table.objects.count() for table in tables
    ]
    assert before == after


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_page_and_exports_say_that_it_is_a_simulation(client, world, ending):
    client.force_login(make_director(world.egedal))

    page = client.get(URL, {"noegle-desk": "lige"}).content.decode()
    export = client.get(f"{URL[:-1]}.{ending}", {"noegle-desk": "lige"})

    text = export.content.decode("utf-8-sig") if ending == "csv" else _cells(export.content)
    assert "Beregning til drøftelse" in page
    assert "Beregning til drøftelse" in text
    assert "simulering-2026-10" in export["Content-Disposition"]
    assert "noegle-desk=lige" in text


def _cells(content):
    return zipfile.ZipFile(io.BytesIO(content)).read("xl/sharedStrings.xml").decode()


def test_a_municipality_called_like_a_formula_stays_a_text(client, world):
    client.force_login(make_director(world.egedal))

    export = client.get(f"{URL[:-1]}.csv", {"ny": "=1+1", "ny-inhabitants": "5"}).content.decode("utf-8-sig")

    assert "'=1+1" in export
    assert "\n=1+1" not in export


def test_an_open_month_is_simulated_by_who_sees_every_line(client, world):
    september = world.period(date(2026, 9, 1))
    world.lines(september, prefix="9")
    client.force_login(world.lone)
    outcome = client.get(URL, {"periode": "2026-09", "noegle-desk": "lige"}).context["outcome"]
    assert (outcome.total_ore, outcome.by_pool_ore["desk"]["240"]) == (64_202_401, 661_522 - 651_186)

    client.force_login(make_director(world.egedal))
    response = client.get(URL, {"periode": "2026-09"})
    assert response.context["forms"].period.errors["periode"]


def test_without_any_calculated_month_the_page_says_so(client):
    world = World()
    client.force_login(make_director(world.egedal))

    response = client.get(URL)

    assert "billing/simulator_empty.html" in [template.name for template in response.templates]
    assert client.get(reverse("billing:simulator_csv")).status_code == 404


def test_the_promised_saving_of_who_pays_more_is_told(client, world):
    from tests.billing.savings.world import make_baseline, make_index

    make_baseline(world.furesoe, series=make_index("loen", {2024: "1", 2026: "1"}))
    client.force_login(make_director(world.egedal))

    said = client.get(URL, {"noegle-desk": "lige"}).context["promise"]

    # Furesø would pay 723.54 kr. more of the desk a month, and a little less of the overhead.
    assert said.startswith("Sparemålet på 2,00 mio. kr. for Furesoe")
    assert client.get(URL).context["promise"] == ""


def test_a_changed_quantity_is_told(client, world):
    DriverValue.objects.filter(municipality=world.ballerup).update(value=10)
    client.force_login(make_director(world.egedal))

    assert not client.get(URL).context["outcome"].agrees_with_books


def test_the_page_keeps_to_its_queries(client, world):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(make_director(world.egedal))
    client.get(URL)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(URL, {"noegle-desk": "lige"}).status_code == 200

    reads = [q["sql"] for q in queries if q["sql"].startswith("SELECT") and "set_config" not in q["sql"]]
    assert len(reads) <= 16, "\n".join(reads)  # two of them about what pools give and gave
