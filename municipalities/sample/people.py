"""The municipalities, their sites and staff, and the staff of the shared centre, from `demo.toml` and a seed."""

import functools
import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random

from django.contrib.auth.hashers import make_password
from stdnum import ean

from municipalities import roles
from municipalities.models import Municipality, Person, Site
from municipalities.names import sort_key
from municipalities.sample.rows import draw_ids, write
from servicecenter.tenancy.scope import Scope, current_scope, enter

AGENTS = 60
NO_PASSWORD = "!"  # noqa: S105  Django's mark of an account that cannot sign in
LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", " ": "."})
SITE_KINDS = {"schools": "school", "care_homes": "care_home", "day_care": "day_care", "libraries": "library"}
# Roles that need no queue are given here; the desk gives its own.
WITHOUT_QUEUES = ("requester", "director", "municipal_finance")
OVER_ALL = ("finance", "administrator")


@functools.cache
def catalogue() -> dict:
    return tomllib.loads(Path(__file__).with_name("demo.toml").read_text(encoding="utf-8"))


@dataclass
class Community:
    """Everybody there is. `demo` holds (role, person) of the people one can sign in as."""

    operator: Municipality
    members: list[Municipality] = field(default_factory=list)
    requesters: dict[int, list[Person]] = field(default_factory=dict)
    agents: list[Person] = field(default_factory=list)
    demo: list[tuple[str, Person]] = field(default_factory=list)

    def holders(self, role: str) -> list[Person]:
        return [person for wanted, person in self.demo if wanted == role]


def make_community(rng: Random, *, employees: int | None = None) -> Community:
    """Write everybody. Needs a running transaction, whose scope it widens to the new municipalities."""
    data = catalogue()
    community = Community(_make_operator(data["operator"]))
    community.members = [_make_member(entry) for entry in data["municipality"]]
    everybody = [community.operator, *community.members]
    enter(Scope(tuple(sorted({*current_scope().municipalities, *(place.pk for place in everybody)}))))
    names = _Names(rng, data["names"])
    password_hash = make_password(data["password"])
    sites = {
        entry["slug"]: _make_sites(entry, place)
        for entry, place in zip(data["municipality"], community.members, strict=True)
    }
    sites[community.operator.slug] = {
        "town_hall": [_site(community.operator, "town_hall", data["operator"]["site"], data["operator"]["address"])]
    }
    for rows in sites.values():
        Site.objects.bulk_create([site for of_kind in rows.values() for site in of_kind])
    _make_demo_people(community, names, sites, password_hash)
    _make_employees(community, rng, names, sites, employees or data["employees"])
    _make_agents(community, names, sites)
    return community


def _make_operator(entry: dict) -> Municipality:
    fields = {name: value for name, value in entry.items() if name not in ("site", "address")}
    return Municipality.objects.create(kind=Municipality.Kind.OPERATOR, joined_on=date(2014, 1, 1), **fields)


def _make_member(entry: dict) -> Municipality:
    names = ("code", "slug", "name", "cvr", "council_name", "colour", "shares_department_tickets")
    return Municipality.objects.create(
        **{name: entry[name] for name in names},
        gln=entry["gln"] + ean.calc_check_digit(entry["gln"]),
        joined_on=date(2014, 1, 1),
    )


def _make_sites(entry: dict, municipality: Municipality) -> dict[str, list[Site]]:
    sites = {"town_hall": [_site(municipality, "town_hall", *entry["town_hall"])]}
    for key, kind in SITE_KINDS.items():
        sites[kind] = [_site(municipality, kind, name) for name in entry[key]]
    return sites


def _site(municipality, kind, name, address=""):
    return Site(municipality=municipality, kind=kind, name=name, address=address, sort_key=sort_key(name))


class _Names:
    """Names of people, and an address for each that nobody else in the place has."""

    def __init__(self, rng: Random, names: dict):
        self.rng = rng
        self.names = names
        self.taken: set[str] = set()

    def next_name(self) -> str:
        first, last = self.rng.choice(self.names["first"]), self.rng.choice(self.names["last"])
        middle = f" {self.rng.choice(self.names['last'])}" if self.rng.random() < 0.25 else ""
        return f"{first}{middle} {last}"

    def address(self, name: str, domain: str) -> str:
        words = name.casefold().translate(LETTERS).split(".")
        stem = f"{words[0]}.{words[-1]}"
        address, number = f"{stem}@{domain}.example", 1
        while address in self.taken:
            number += 1
            address = f"{stem}{number}@{domain}.example"
        self.taken.add(address)
        return address


def _person(municipality, name, email, site, *, department, password=NO_PASSWORD, **fields):
    path = "|".join(part for part in (municipality.name, department) if part)
    return Person(
        municipality=municipality, name=name, sort_key=sort_key(name), email=email, site=site, department=path,
        password=password, **fields,
    )  # fmt: skip


def _make_demo_people(community, names, sites, password):
    places = {place.slug: place for place in [community.operator, *community.members]}
    for number, entry in enumerate(catalogue()["person"]):
        place = places[entry["place"]]
        names.taken.add(entry["email"])
        person = _person(
            place, entry["name"], entry["email"], sites[place.slug]["town_hall"][0], title=entry["title"],
            password=password, department=entry.get("department", "Servicedesk"), phone=f"72 35 40 {number + 10}",
        )  # fmt: skip
        person.save()
        community.demo.append((entry["role"], person))
        if entry["role"] != "requester":  # everybody at work may ask for help
            roles.give(person, "requester")
        if entry["role"] in WITHOUT_QUEUES:
            roles.give(person, entry["role"])
        elif entry["role"] in OVER_ALL:
            roles.give(person, entry["role"], municipalities=[*community.members, community.operator])


def _make_employees(community, rng, names, sites, employees):
    """Everybody's own municipality, in contiguous rows of ids."""
    membership = Person.groups.through
    shares = {entry["slug"]: entry["share"] for entry in catalogue()["municipality"]}
    for place, count in zip(community.members, _split(employees, list(shares.values())), strict=True):
        phone = next(entry["phone"] for entry in catalogue()["municipality"] if entry["slug"] == place.slug)
        people = [_employee(place, rng, names, sites[place.slug], phone) for _ in range(count)]
        for person, pk in zip(people, draw_ids(Person, count), strict=True):
            person.pk = pk
        write(Person, people)
        group = roles.group_for("requester", "municipality", place)
        write(membership, [membership(person_id=person.pk, group_id=group.pk) for person in people])
        community.requesters[place.pk] = people


def _split(total: int, weights: list[int]) -> list[int]:
    parts = [total * weight // sum(weights) for weight in weights]
    parts[-1] += total - sum(parts)
    return parts


def _employee(place, rng, names, sites, phone):
    workplaces = catalogue()["workplaces"]
    kind = rng.choices(list(workplaces), [workplace["share"] for workplace in workplaces.values()])[0]
    workplace, site = workplaces[kind], rng.choice(sites[kind])
    department = (
        rng.choice(workplace["departments"]) if "departments" in workplace else f"{workplace['department']}|{site.name}"
    )
    name = names.next_name()
    return _person(
        place, name, names.address(name, place.slug), site, department=department,
        title=rng.choice(workplace["titles"]), phone=f"{phone} {rng.randrange(10, 100)} {rng.randrange(10, 100)}",
    )  # fmt: skip


def _make_agents(community, names, sites):
    """The demo agents are the first of the sixty."""
    site = sites[community.operator.slug]["town_hall"][0]
    community.agents = community.holders("agent")
    rest = []
    for number in range(AGENTS - len(community.agents)):
        name = names.next_name()
        rest.append(
            _person(
                community.operator, name, names.address(name, "fsd"), site, department="Servicedesk",
                title="It-supporter", phone=f"72 35 41 {number + 10}",
            )
        )  # fmt: skip
    community.agents += Person.objects.bulk_create(rest)
