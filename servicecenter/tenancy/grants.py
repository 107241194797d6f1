"""The one place that asks guardian: what has this person been granted, and on which objects?

Grants sit on municipalities (whose tickets) and queues (which of them), mostly through groups. The tables are read
directly: guardian's own shortcuts let a model-wide permission or the superuser flag open every tenant.
"""

from typing import Any

from django.db.models import Manager
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model


def granted_ids(person, model, permission: str) -> frozenset[int]:
    """Ids of the `model` rows on which `person` holds `permission`; one query per person and model, then kept."""
    if not (person.is_authenticated and person.is_active):
        return frozenset()
    kept = person.__dict__.setdefault("_grants", {})
    if model not in kept:
        kept[model] = _read(person, model)
    return kept[model].get(permission, frozenset())


def every_granted_id(person, model) -> frozenset[int]:
    granted_ids(person, model, "")
    return frozenset().union(*person.__dict__.get("_grants", {}).get(model, {}).values())


def _read(person, model) -> dict[str, frozenset[int]]:
    columns = ("permission__codename", "content_object_id")
    of_people, of_groups = _permission_tables(model)
    direct = of_people.filter(user=person).values_list(*columns)
    by_group = of_groups.filter(group__user=person).values_list(*columns)
    found: dict[str, set[int]] = {}
    for permission, pk in direct.union(by_group):
        found.setdefault(permission, set()).add(pk)
    return {permission: frozenset(ids) for permission, ids in found.items()}


def holder_ids(place, permission: str):
    """A query for the ids of everyone who holds `permission` on this municipality or queue, directly or by a group."""
    wanted = {"content_object": place, "permission__codename": permission}
    of_people, of_groups = _permission_tables(type(place))
    return of_people.filter(**wanted).values("user_id").union(of_groups.filter(**wanted).values("group__user__id"))


def held(model, permission: str) -> frozenset[tuple[int, int]]:
    """(person, row) for everyone who is active and holds `permission` on a row of `model`; one query."""
    of_people, of_groups = _permission_tables(model)
    wanted = {"permission__codename": permission}
    direct = of_people.filter(**wanted, user__is_active=True).values_list("user_id", "content_object_id")
    by_group = of_groups.filter(**wanted, group__user__is_active=True)
    return frozenset(direct.union(by_group.values_list("group__user__id", "content_object_id")))


def _permission_tables(model: Any) -> tuple[Manager, Manager]:
    return get_user_obj_perms_model(model)._default_manager, get_group_obj_perms_model(model)._default_manager
