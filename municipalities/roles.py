"""Roles are groups: one per role and municipality (or queue), so a grant is a membership and rows stay few."""

import functools
import tomllib
from pathlib import Path

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from guardian.shortcuts import assign_perm

from servicecenter.audit.models import AuditEntry


@functools.cache
def catalogue() -> dict[str, dict]:
    """The roles as written in roles.toml."""
    return tomllib.loads(Path(__file__).with_name("roles.toml").read_text(encoding="utf-8"))


@transaction.atomic
def give(person, role: str, *, municipalities=None, queues=(), by=None) -> None:
    """Make `person` a holder of `role` on these municipalities (default: the own one) and queues."""
    places = [person.municipality] if municipalities is None else list(municipalities)
    groups = [group_for(role, "municipality", place) for place in places]
    groups += [group_for(role, "queue", queue) for queue in queues]
    person.groups.add(*groups)
    if "administration" in catalogue()[role] and not person.is_staff:
        person.is_staff = True
        person.save(update_fields=["is_staff"])
    person.__dict__.pop("_grants", None)
    AuditEntry.objects.record(
        "role_given",
        municipality_id=person.municipality_id,
        actor=by,
        subject=person.email,
        role=role,
        on=[group.name for group in groups],
    )


def group_for(role: str, kind: str, place) -> Group:
    """The group that holds `role` on one municipality or queue, with its grants; made when first asked for."""
    mark = "@" if kind == "municipality" else "#"
    group, is_new = Group.objects.get_or_create(name=f"{role}{mark}{place.slug}")
    if is_new:
        for permission in catalogue()[role].get(kind, ()):
            assign_perm(permission, group, place)
        group.permissions.set(_administration(role))
    return group


def _administration(role: str):
    wanted = catalogue()[role].get("administration", ())
    labels, names = {name.split(".")[0] for name in wanted}, {name.split(".")[1] for name in wanted}
    return Permission.objects.filter(content_type__app_label__in=labels, codename__in=names)
