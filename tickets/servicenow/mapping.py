"""What the words of an export mean at this desk: a TOML file, checked as a whole before anything is read.

[defaults]              # for what is unknown or not named below
municipality = "240"
queue = "foerste-linje"
category = "pc"
channel = "portal"
impact = 3
urgency = 2
vendor = "kmd"          # who has what waits for a vendor; may be left out
[states]                # state of the export -> status here
[channels]
[groups]                # -> code of a queue
[categories]            # -> code of a category
[locations."Location 204"]
municipality = "240"
site = "Egedal Rådhus"  # may be left out
[names]                 # how people are called whose names the export does not tell
caller = "Rekvirent"
agent = "It-supporter"
"""

import tomllib
from dataclasses import dataclass, field
from typing import Any

from tickets.models import Channel
from tickets.status import Status

# An export knows no merging.
STATUSES = frozenset(Status) - {Status.MERGED}
NEEDED = ("municipality", "queue", "category", "channel", "impact", "urgency")


class BadMapping(Exception):
    """The mapping file cannot be used; the message says what to mend."""


@dataclass(frozen=True)
class Place:
    municipality: str
    site: str = ""


@dataclass(frozen=True)
class Mapping:
    defaults: dict[str, Any]
    states: dict[str, str]
    channels: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    locations: dict[str, Place] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def place(self, location: str) -> Place:
        return self.locations.get(location) or Place(self.defaults["municipality"])

    def queue(self, group: str) -> str:
        return self.groups.get(group, self.defaults["queue"])

    def category(self, name: str) -> str:
        return self.categories.get(name, self.defaults["category"])

    def channel(self, contact: str) -> str:
        return self.channels.get(contact, self.defaults["channel"])


def read_mapping(text: str) -> Mapping:
    """Raises BadMapping."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadMapping(f"The mapping file is no TOML: {error}.") from error
    defaults = data.get("defaults", {})
    missing = [name for name in NEEDED if name not in defaults]
    if missing:
        raise BadMapping(f"[defaults] lacks {', '.join(missing)}.")
    _refuse_unknown("[states]", data.get("states", {}).values(), STATUSES)
    _refuse_unknown("[channels]", [*data.get("channels", {}).values(), defaults["channel"]], set(Channel))
    _refuse_unknown("[defaults] impact and urgency", [defaults["impact"], defaults["urgency"]], {1, 2, 3})
    return Mapping(
        defaults=defaults,
        states=data.get("states", {}),
        channels=data.get("channels", {}),
        groups=data.get("groups", {}),
        categories=data.get("categories", {}),
        locations={name: _place(name, place) for name, place in data.get("locations", {}).items()},
        names=data.get("names", {}),
    )


def _refuse_unknown(where, values, known):
    unknown = [str(value) for value in values if value not in known]
    if unknown:
        raise BadMapping(f"{where}: {', '.join(unknown)} is not one of {', '.join(sorted(map(str, known)))}.")


def _place(name, place):
    if not isinstance(place, dict) or "municipality" not in place:
        raise BadMapping(f'[locations."{name}"] lacks municipality.')
    return Place(place["municipality"], place.get("site", ""))
