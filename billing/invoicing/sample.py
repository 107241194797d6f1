"""Parties and invoices for a first look: every closed month was invoiced the day after, through the product's verbs."""

import functools
import tomllib
from datetime import timedelta
from pathlib import Path

from billing.invoicing import drafts, issuing
from billing.models import AccountString, InvoiceParty, Period, Pool
from municipalities.sample.people import Community


@functools.cache
def catalogue() -> dict:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def make_invoices(community: Community, *, by) -> int:
    """Issue what closed months are owed; returns how many. Needs a scope of all municipalities and the centre."""
    pools = {pool.code: pool for pool in Pool.objects.all()}
    for place in [community.operator, *community.members]:
        entry = dict(catalogue()[place.slug])
        for code, string, art in entry.pop("strings"):
            AccountString.objects.create(municipality=place, pool=pools.get(code), account_string=string, art=art)
        InvoiceParty.objects.create(municipality=place, **entry)
    count = 0
    for period in Period.objects.filter(state=Period.State.CLOSED).order_by("month"):
        for member in community.members:
            draft = drafts.of_month(member, period.month)
            if draft and draft.lines:
                issuing.issue(draft, by=by, at=period.closed_at + timedelta(days=1))
                count += 1
    return count
