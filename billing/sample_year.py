"""The year of the sample data: budget and instalments, contracts, and a fourth municipality that joins at the end.

Fredensborg takes part from the first day of the running month, with a town hall, a few people and quantities of its
own. The months that are closed stay with three.
"""

from datetime import date, datetime
from decimal import Decimal

from django.contrib.auth.hashers import make_password
from stdnum import ean

from billing.measuring import enter_value
from billing.models import BudgetPlan, Contract, Driver, Period, Pool, Run
from billing.settlement import membership
from billing.settlement.budget import fix_budget
from municipalities import roles
from municipalities.models import Municipality, Person, Site
from municipalities.names import sort_key
from municipalities.sample import people
from municipalities.sample.people import Community
from servicecenter.tenancy.scope import current_scope, tenant_scope


def make_year(data: dict, *, year: int, by) -> BudgetPlan | None:
    """Share the budget of the year by the last closed month before it, or the first there is."""
    runs = Run.objects.filter(is_current=True).order_by("period__month")
    basis = runs.filter(period__month__lt=date(year, 1, 1)).last() or runs.first()
    for entry in data["contract"]:
        Contract.objects.create(
            number=entry["number"], vendor=entry["vendor"], name=entry["name"],
            pool=Pool.objects.get(code=entry["pool"]), monthly_ore=entry["monthly"] * 100,
            valid_to=entry.get("valid_to"), notice_months=entry.get("notice_months", 0),
        )  # fmt: skip
    return fix_budget(year, basis=basis, by=by) if basis else None


def make_joining(entry: dict, community: Community, *, month: date, at: datetime, by) -> Municipality:
    """Fredensborg with its people, in all shared pools from `month` on; staff of the centre serve it as the others."""
    joined = Municipality.objects.create(
        code=entry["code"], slug=entry["slug"], name=entry["name"], council_name=entry["council_name"],
        gln=entry["gln"] + ean.calc_check_digit(entry["gln"]), colour=entry["colour"], joined_on=month,
    )  # fmt: skip
    with tenant_scope(*current_scope().municipalities, joined.pk):
        _make_people(entry, joined)
        _serve(community, joined)
        membership.join(joined, Pool.objects.filter(is_direct=False).exclude(participations=None), on=month, by=by)
        period = Period.objects.of_month(month)
        for code, value in entry["values"].items():
            enter_value(Driver.objects.get(code=code), period, joined, Decimal(value), by=by, source="Demotal", at=at)
    return joined


def _make_people(entry: dict, joined: Municipality) -> None:
    name, address = entry["site"]
    site = Site.objects.create(
        municipality=joined, kind="town_hall", name=name, address=address, sort_key=sort_key(name)
    )
    password = make_password(people.catalogue()["password"])
    for name, email, title, role in entry["people"]:
        person = Person.objects.create(
            municipality=joined, name=name, sort_key=sort_key(name), email=email, title=title, site=site,
            department=joined.name, password=password,
        )  # fmt: skip
        roles.give(person, role)


def _serve(community: Community, joined: Municipality) -> None:
    for agent in community.agents:
        roles.give(agent, "agent", municipalities=[joined])
    for role, person in community.demo:
        if role in (*people.OVER_ALL, "lead"):
            roles.give(person, role, municipalities=[joined])
