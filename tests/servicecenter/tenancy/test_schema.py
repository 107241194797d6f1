"""What must be true of the schema from day one."""

import pytest
from django.apps import apps
from django.db import models

from servicecenter.tenancy.querysets import OwnedQuerySet
from tests.servicecenter.tenancy.catalogue import (
    ACTORS,
    PLAIN_KEYS_BETWEEN_TENANT_TABLES,
    SHOWING_ALL,
    UNPROTECTED,
    owned_models,
    rows,
)

OWN_APPS = {"municipalities", "tickets", "billing", "audit", "outbox"}
OWN_MODELS = [model for model in apps.get_models() if model._meta.app_label in OWN_APPS]


@pytest.mark.django_db
def test_every_table_with_a_municipality_has_a_forced_policy():
    assert rows(UNPROTECTED) == []
    assert len(owned_models()) > 9


# A function that runs as the owner sees every municipality, so each needs a reason and a proof of its own.
AS_THE_OWNER = {"find_tickets": "searches by words within the caller's own scope (tests/tickets/test_search.py)"}


@pytest.mark.django_db
def test_no_view_runs_as_the_owner_and_every_function_that_does_has_a_reason():
    assert {name for (name,) in rows(SHOWING_ALL)} == set(AS_THE_OWNER)


@pytest.mark.django_db
def test_keys_between_tenant_tables_stay_within_one_municipality():
    assert [row for row in rows(PLAIN_KEYS_BETWEEN_TENANT_TABLES) if row[1] not in ACTORS] == []


@pytest.mark.parametrize("model", owned_models(), ids=lambda model: model.__name__)
def test_every_owned_model_is_asked_through_an_owned_queryset(model):
    assert isinstance(model._default_manager.all(), OwnedQuerySet)
    assert not model._meta.get_field("municipality").null


# A unique value that is not unique within one municipality tells whether a foreign one exists, so each needs a reason.
ACROSS_MUNICIPALITIES = {
    "Ticket.number": "drawn by the database for the whole desk, never chosen",
    "Attachment.token": "random, never chosen",
    "CorrectionSnapshot.correction": "made by the desk itself, one for each correction, and corrections are joint",
    "Invoice.number+series": "drawn by the database for the whole centre, never chosen; the law wants no gap",
    "Snapshot.run": "made by the desk itself, one for each run, and runs are joint",
    "LedgerLine.external_id+source": "a posting counts once in the joint accounts; only joint finance imports",
}


def _unique_sets(model):
    yield from ({field.name} for field in model._meta.concrete_fields if field.unique and not field.primary_key)
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            named = {part.name for part in constraint.expressions if hasattr(part, "name")}
            yield set(constraint.fields) | named


def _stays_within_one(model, names):
    """The municipality is part of it, or a row that itself belongs to one."""
    fields = [model._meta.get_field(name) for name in names]
    targets = [field.related_model for field in fields if field.is_relation]
    return "municipality" in names or any(target in owned_models() for target in targets)


def test_unique_values_stay_within_one_municipality_or_have_a_reason():
    across = {
        f"{model.__name__}.{'+'.join(sorted(names))}"
        for model in owned_models()
        for names in _unique_sets(model)
        if not _stays_within_one(model, names)
    }
    assert across == set(ACROSS_MUNICIPALITIES)


@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda model: model.__name__)
def test_ids_are_bigint_instants_are_datetimes_and_money_is_whole_ore(model):
    assert model._meta.pk.get_internal_type() in {"BigAutoField", "OneToOneField", "AutoField"}
    for field in model._meta.concrete_fields:
        if field.name.endswith("_at"):
            assert isinstance(getattr(field, "base_field", field), models.DateTimeField)
        if field.name.endswith("_on"):
            assert isinstance(field, models.DateField)
            assert not isinstance(field, models.DateTimeField)
        if field.name.endswith("_ore"):
            assert isinstance(field, models.BigIntegerField)
        assert not isinstance(field, models.FloatField)


def test_psycopg_2_is_the_driver():
    from django.db.backends.postgresql.psycopg_any import is_psycopg3

    assert not is_psycopg3
