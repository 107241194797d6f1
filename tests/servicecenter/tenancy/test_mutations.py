"""Each protection is taken away, and the proof must notice: a proof that cannot fail proves nothing."""

import pytest
from django.db import connection, connections

from servicecenter.tenancy.checks import escapes
from servicecenter.tenancy.rls import IN_SCOPE
from servicecenter.tenancy.scope import tenant_scope
from tests.factories import make_municipality
from tests.servicecenter.tenancy.catalogue import UNPROTECTED, rows

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
TABLE = "municipalities_site"
INSERT = f"INSERT INTO {TABLE} (municipality_id, kind, name, sort_key, address) VALUES (%s, 'school', %s, '', '')"
POLICY = f"USING ({IN_SCOPE}) WITH CHECK ({IN_SCOPE})"
MUTATIONS = {
    "row-level security off": (
        f"ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY",
    ),
    "USING (true)": (f"ALTER POLICY tenant ON {TABLE} USING (true)", f"ALTER POLICY tenant ON {TABLE} {POLICY}"),
    "WITH CHECK (true)": (
        f"ALTER POLICY tenant ON {TABLE} WITH CHECK (true)",
        f"ALTER POLICY tenant ON {TABLE} {POLICY}",
    ),
    "not forced": (f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY", f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY"),
    "no policy": (f"DROP POLICY tenant ON {TABLE}", f"CREATE POLICY tenant ON {TABLE} FOR ALL {POLICY}"),
}


def holes(north, south):
    """Everything that lets one municipality reach the other's sites."""
    found = [f"unprotected {name}" for (name,) in rows(UNPROTECTED)]
    if reason := escapes():
        found.append(reason)
    with tenant_scope(north.pk):
        if rows(f"SELECT 1 FROM {TABLE} WHERE municipality_id = {south.pk}"):
            found.append("read")
    if _is_written(north, south):
        found.append("written")
    with tenant_scope(south.pk):
        if not rows(f"SELECT 1 FROM {TABLE} WHERE municipality_id = {south.pk}"):
            found.append("own rows are hidden")
    return found


def _is_written(north, south):
    """A raw INSERT: the ORM's RETURNING would be stopped by the read policy and hide a missing check."""
    from django.db.utils import ProgrammingError

    try:
        with tenant_scope(north.pk), connection.cursor() as cursor:
            cursor.execute(INSERT, [south.pk, "Smuglet skole"])
    except ProgrammingError:
        return False
    return True


@pytest.fixture
def pair():
    north, south = make_municipality("Nordby"), make_municipality("Sydby")
    with tenant_scope(south.pk), connection.cursor() as cursor:
        cursor.execute(INSERT, [south.pk, "Sydskolen"])
    return north, south


def _as_owner(sql):
    from django.conf import settings

    names = {role: f'"{name}"' for role, name in settings.DATABASE_ROLE_NAMES.items()}
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql.format(**names))


def test_the_whole_protection_has_no_hole(pair):
    assert holes(*pair) == []


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_missing_protection_is_noticed(pair, mutation):
    do, undo = MUTATIONS[mutation]
    _as_owner(do)
    try:
        assert holes(*pair) != []
    finally:
        _as_owner(undo)
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE name = 'Smuglet skole'")
    assert holes(*pair) == []
