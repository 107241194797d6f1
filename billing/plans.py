"""What a run reads, gathered from the database as the plain data that billing.allocation calculates from.

The plan is also the snapshot: the same rows give the same text and the same digest, whatever their order.
"""

import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from billing.allocation.errors import AllocationError
from billing.key_spans import changing_pools, counted_apart
from billing.models import Driver, DriverPart, DriverValue, Giving, KeyVersion, LedgerLine, Participation, Period, Pool
from billing.querysets import LedgerLineQuerySet
from municipalities.models import Municipality
from servicecenter.errors import RuleBroken
from servicecenter.tenancy.scope import current_scope

Plan = dict[str, Any]


class ScopeTooNarrow(RuleBroken):
    """Somebody who does not see every municipality's lines would calculate without them."""

    def __init__(self):
        super().__init__(_("A month is calculated and approved by somebody who sees the lines of every municipality."))


class KeyChangesInside(RuleBroken):
    """Overhead follows the month's whole cost, and an entered flow is one figure: neither can be cut at a day."""

    def __init__(self, pool: str):
        super().__init__(
            _("The key of “%(pool)s” cannot change inside a month. Let the new one begin on a first.") % {"pool": pool}
        )


def plan_of(period: Period) -> Plan:
    """The plan of a period. Raises ScopeTooNarrow, or KeyChangesInside for a key that cannot change inside a month."""
    check_scope()
    pools = list(Pool.objects.filter(is_direct=False).order_by("position"))
    versions = _versions(period, pools)
    terms = {pool.code: _terms(pool, versions[pool.pk], period) for pool in pools}
    taking_part = _participations(period)
    for pool in pools:
        if "key_versions" in terms[pool.code]:
            terms[pool.code]["participation"] = taking_part.get(pool.pk, {})
    for code, gives in givings_of(period).items():
        if code in terms:
            terms[code]["gives"] = gives
    codes = {code for found in versions.values() for version in found for code in version.driver_codes}
    return {
        "period": {"from": period.month.isoformat(), "to": period.end.isoformat()},
        "order": [pool.code for pool in pools],
        "pools": terms,
        "drivers": _drivers(period, codes) | _drivers_apart(period, {pool.code for pool in pools}),
        "lines": _lines(period),
    }


def digest_of(plan: Plan) -> str:
    """sha256 of the plan's canonical text."""
    return hashlib.sha256(
        json.dumps(plan, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


def check_scope() -> None:
    """Raises ScopeTooNarrow unless every municipality and the shared centre is in scope."""
    everybody = set(Municipality.objects.values_list("pk", flat=True))
    if not everybody <= set(current_scope().municipalities):
        raise ScopeTooNarrow


def _versions(period: Period, pools: Iterable[Pool]) -> dict[int, list[KeyVersion]]:
    found: dict[int, list[KeyVersion]] = {pool.pk: [] for pool in pools}
    for version in KeyVersion.objects.in_force(period.month, period.end).order_by("pool_id", "valid_from"):
        found.setdefault(version.pool_id, []).append(version)
    return found


def _terms(pool: Pool, versions: list[KeyVersion], period: Period) -> dict:
    if any(version.is_on_cost for version in versions):
        if len(versions) > 1:
            raise KeyChangesInside(pool.name)
        return {"on_cost_of": versions[0].definition.get("of")}
    flows = _flows(pool, versions) if len(versions) > 1 else set()
    return {
        "key_versions": [
            _span(version) | {"key": _reading_apart(version.definition, pool.code, flows)} for version in versions
        ]
    }


def givings_of(period: Period) -> dict[str, dict]:
    """Pool code → what it gives to others in the month, as billing.allocation.givings reads it.

    A relation begins and ends with a month, so there is one for each giver. Raises OVERLAP for two.
    """
    found: dict[str, dict] = {}
    rows = Giving.objects.in_force(period.month, period.end).select_related("giver", "idle")
    for giving in rows.prefetch_related("parts__receiver"):
        if giving.giver.code in found:
            raise AllocationError("OVERLAP", pool=giving.giver.code, day=giving.valid_from)
        found[giving.giver.code] = gives(giving)
    return found


def gives(giving: Giving) -> dict:
    """One relation as plain data."""
    units = {part.receiver.code: plain_decimal(part.units) for part in giving.parts.all()}
    plain = {"capacity": plain_decimal(giving.capacity), "own": plain_decimal(giving.own), "units": units}
    return plain | {"idle": giving.idle.code if giving.idle else None}


def _flows(pool: Pool, versions: list[KeyVersion]) -> set[str]:
    """The flows that a changing key reads, which the desk counts apart for each version."""
    codes = {code for version in versions for code in version.driver_codes}
    flows = dict(Driver.objects.filter(code__in=codes, nature=Driver.Nature.FLOW).values_list("code", "source"))
    if Driver.Source.ENTERED in flows.values():
        raise KeyChangesInside(pool.name)
    return set(flows)


def apart(code: str, pool: str) -> str:
    """The name under which a pool reads a flow that is counted apart for its key versions: tickets@desk."""
    return f"{code}@{pool}"


def _reading_apart(definition: Any, pool: str, flows: set[str]) -> Any:
    """The definition with its flows under the names of those that are counted apart."""
    if isinstance(definition, list):
        return [_reading_apart(inner, pool, flows) for inner in definition]
    if not isinstance(definition, dict):
        return definition
    read = {name: _reading_apart(inner, pool, flows) for name, inner in definition.items()}
    if definition.get("type") == "driver" and definition["driver"] in flows:
        read["driver"] = apart(definition["driver"], pool)
    return read


def _drivers_apart(period: Period, pools: set[str]) -> dict:
    """Flows per key version, named by the version's first day; a version without a count has no values."""
    parts: dict[tuple, dict[str, str]] = {}
    for part in DriverPart.objects.filter(period=period).select_related("value__driver", "municipality"):
        where = (part.value.driver.code, part.first, part.end)
        parts.setdefault(where, {})[part.municipality.code] = plain_decimal(part.amount)
    drivers: dict[str, dict] = {}
    wanted = counted_apart(period)
    for pool, spans in changing_pools(period).items():
        for span in spans if pool.code in pools else ():
            for code in set(wanted) & {code for other in spans for code in other.version.driver_codes}:
                driver = drivers.setdefault(apart(code, pool.code), {"nature": Driver.Nature.FLOW.value})
                counted = parts.get((code, span.first, span.end), {})
                driver.setdefault("values_by_from", {})[span.version.valid_from.isoformat()] = counted
    return drivers


def _participations(period: Period) -> dict[int, dict[str, list[dict]]]:
    """As plain values: 98 municipalities in 40 pools are thousands of rows."""
    found: dict[int, dict[str, list[dict]]] = {}
    rows = Participation.objects.in_force(period.month, period.end)
    columns = ("pool_id", "municipality__code", "valid_from", "valid_to")
    for pool, code, first, end in rows.order_by(*columns[:3]).values_list(*columns):
        span = {"from": first.isoformat(), "to": end.isoformat() if end else None}
        found.setdefault(pool, {}).setdefault(code, []).append(span)
    return found


def _span(row: KeyVersion) -> dict:
    return {"from": row.valid_from.isoformat(), "to": row.valid_to.isoformat() if row.valid_to else None}


def _drivers(period: Period, codes: set[str]) -> dict:
    drivers: dict[str, dict] = {}
    values = DriverValue.objects.filter(period=period, driver__code__in=codes).select_related("driver", "municipality")
    for value in values.order_by("driver__code", "municipality__code"):
        driver = drivers.setdefault(value.driver.code, {"nature": value.driver.nature, "values": {}})
        driver["values"][value.municipality.code] = plain_decimal(value.value)
    return drivers


def plain_decimal(value: Decimal) -> str:
    """12.500000 as "12.5", so that the same quantity always has the same text."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _lines(period: Period) -> list[dict]:
    return lines_of(LedgerLine.objects.of_run(period))


def lines_of(rows: LedgerLineQuerySet) -> list[dict]:
    """Lines as a plan names them, in an order that does not depend on when they came."""
    columns = ("source", "external_id", "amount_ore", "pool__code", "municipality__code", "municipality__kind")
    return [_line(row) for row in rows.order_by("source", "external_id").values(*columns)]


def _line(row: dict) -> dict:
    line = {"id": f"{row['source']}/{row['external_id']}", "amount_ore": row["amount_ore"]}
    if row["municipality__kind"] != Municipality.Kind.OPERATOR:
        return line | {"direct": row["municipality__code"], "label": row["pool__code"]}
    return line | {"pool": row["pool__code"]} if row["pool__code"] else line
