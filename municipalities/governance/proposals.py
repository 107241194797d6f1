"""The verbs of joint decisions: propose, decide, withdraw. Each locks, checks, writes and records, or does nothing.

A change gets force when the last municipality concerned says yes, in that very transaction. One no settles it. A
decision is final. Nothing takes effect backwards: when the day comes before the last yes, the proposal is too late and
is made anew, with an effect worked out anew. Only what is the first of its kind may begin on a day that has been, as
its kind allows: nothing was in force before, so nothing is judged anew.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from municipalities.governance import kinds, refusals
from municipalities.governance.kinds import Effect, Plain, digest_of
from municipalities.governance.models import Concern, Decision, EffectDetail, Proposal
from municipalities.models import Municipality, Person
from servicecenter import time_source
from servicecenter.audit.models import AuditEntry
from servicecenter.tenancy.grants import granted_ids
from servicecenter.tenancy.scope import current_scope

KEPT_ROWS = 500  # of each municipality's rows; the totals and the digest know all of them
State = Proposal.State


@transaction.atomic
def propose(
    kind: str, *, subject: str, title: str, change: Plain, takes_effect_at: datetime,
    municipalities: Iterable[Municipality], by: Person, reason: str, at: datetime | None = None,
) -> Proposal:  # fmt: skip
    """Ask the municipalities concerned for a change, with the effect it has as things are now.

    Raises MayNotPropose, Backwards, AlreadyProposed, or what the kind itself refuses; nothing is stored then.
    """
    at, concerned, rules = _now(at), list(municipalities), kinds.named(kind)
    granted = granted_ids(by, Municipality, rules.propose_permission)
    if not concerned or not {municipality.pk for municipality in concerned} <= granted:
        raise refusals.MayNotPropose
    is_first = rules.is_first(subject, takes_effect_at=takes_effect_at)
    if takes_effect_at <= at + rules.notice and not is_first:
        raise refusals.Backwards
    rules.check(subject, change, takes_effect_at=takes_effect_at)
    _make_room(kind, subject, at)
    effect = rules.effect(subject, change, takes_effect_at=takes_effect_at, municipalities=concerned, at=at)
    totals = {code: part.totals for code, part in effect.items()}
    proposal = Proposal.objects.create(
        kind=kind, subject=subject, title=title, reason=reason, change=change, effect=totals,
        effect_digest=digest_of(totals), takes_effect_at=takes_effect_at, proposed_by=by, proposed_by_name=by.name,
        proposed_at=at, is_first=is_first,
    )  # fmt: skip
    _keep(proposal, concerned, effect)
    _record("proposal_made", proposal, by=by, at=at)
    return proposal


@transaction.atomic
def decide(
    proposal: Proposal, *, municipality: Municipality, by: Person, is_yes: bool, reference: str, note: str = "",
    at: datetime | None = None,
) -> Proposal:  # fmt: skip
    """Say yes or no for one municipality. The last yes gives the change force; a no settles it.

    Raises NotOpen, TooLate, MayNotDecide, AlreadyDecided or NoMinutes, or what the change itself refuses.
    """
    at, proposal = _now(at), _open(proposal, _now(at))
    _check_decider(proposal, municipality, by)
    if not reference.strip():
        raise refusals.NoMinutes
    Decision.objects.create(
        proposal=proposal, municipality=municipality, is_yes=is_yes, decided_by=by, decided_by_name=by.name,
        decided_by_title=by.title, decided_at=at, reference=reference.strip(), note=note.strip(),
    )  # fmt: skip
    _record("proposal_decided", proposal, by=by, at=at, is_yes=is_yes, reference=reference.strip())
    if not is_yes:
        _settle(proposal, State.REJECTED, by=by, at=at)
    elif not missing(proposal):
        kinds.named(proposal.kind).give_force(proposal, at=at)
        _settle(proposal, State.ADOPTED, by=by, at=at)
        _record("proposal_adopted", proposal, by=by, at=at)
    return proposal


@transaction.atomic
def withdraw(proposal: Proposal, *, by: Person, note: str, at: datetime | None = None) -> Proposal:
    """Take a proposal back before it is decided: by somebody who could have made it."""
    at, proposal = _now(at), _open(proposal, _now(at))
    if not may_withdraw(proposal, by):
        raise refusals.MayNotPropose
    _settle(proposal, State.WITHDRAWN, by=by, at=at, note=note)
    _record("proposal_withdrawn", proposal, by=by, at=at, note=note)
    return proposal


def missing(proposal: Proposal) -> list[int]:
    """Ids of the municipalities that have not said yes."""
    agreed = Decision.objects.filter(proposal=proposal, is_yes=True).values("municipality_id")
    rows = Concern.objects.filter(proposal=proposal).exclude(municipality_id__in=agreed)
    return list(rows.values_list("municipality_id", flat=True))


def may_withdraw(proposal: Proposal, person: Person) -> bool:
    granted = granted_ids(person, Municipality, kinds.named(proposal.kind).propose_permission)
    concerned = {concern.municipality_id for concern in proposal.concerns.all()}
    return bool(concerned) and concerned <= granted


def changed_since(proposal: Proposal) -> dict[str, tuple[Plain, Plain]]:
    """Municipality code → totals as proposed and as they would be now, where the effect is no longer the same.

    Looks at the municipalities of the running scope: a director learns about the own tickets, the desk about all.
    """
    rules, scope = kinds.named(proposal.kind), current_scope().municipalities
    if rules.is_of_the_past:
        return {}
    details = {row.municipality.code: row for row in proposal.details.all()}
    seen = [row.municipality for row in details.values() if row.municipality_id in scope]
    if not seen or (rules.needs_everybody and len(seen) < len(proposal.effect)):
        return {}
    now = rules.effect(
        proposal.subject, proposal.change, takes_effect_at=proposal.takes_effect_at, municipalities=seen,
        at=proposal.proposed_at,
    )  # fmt: skip
    return {
        code: (proposal.effect[code], part.totals) for code, part in now.items() if part.digest != details[code].digest
    }


def _now(at: datetime | None) -> datetime:
    return (at or time_source.now()).replace(microsecond=0)


def _open(proposal: Proposal, at: datetime) -> Proposal:
    """The proposal, locked: who decides last must see all who decided before."""
    proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if proposal.state != State.PROPOSED:
        raise refusals.NotOpen
    if _is_late(proposal, at):
        raise refusals.TooLate
    return proposal


def _is_late(proposal: Proposal, at: datetime) -> bool:
    """Whether its day has come. A first one waits as long as its kind allows it to begin then."""
    rules = kinds.named(proposal.kind)
    if proposal.takes_effect_at > at + rules.notice:
        return False
    return not (proposal.is_first and rules.is_first(proposal.subject, takes_effect_at=proposal.takes_effect_at))


def _make_room(kind: str, subject: str, at: datetime) -> None:
    """One open proposal about one thing; those whose day has come make room."""
    waiting = Proposal.objects.select_for_update().filter(kind=kind, subject=subject, state=State.PROPOSED)
    for earlier in waiting:
        if earlier.takes_effect_at > at or not _is_late(earlier, at):
            raise refusals.AlreadyProposed
        earlier.state, earlier.settled_at = State.LAPSED, at
        earlier.save(update_fields=["state", "settled_at"])


def _keep(proposal: Proposal, concerned: list[Municipality], effect: Effect) -> None:
    Concern.objects.bulk_create([Concern(proposal=proposal, municipality=member) for member in concerned])
    EffectDetail.objects.bulk_create(
        EffectDetail(
            proposal=proposal,
            municipality=member,
            content=effect[member.code].rows[:KEPT_ROWS],
            digest=effect[member.code].digest,
        )
        for member in concerned
    )


def _check_decider(proposal: Proposal, municipality: Municipality, by: Person) -> None:
    """The grant, and the own municipality: nobody decides for another one, whatever was granted."""
    granted = granted_ids(by, Municipality, "decide_proposals")
    concerned = Concern.objects.filter(proposal=proposal, municipality=municipality).exists()
    if not concerned or municipality.pk not in granted or by.municipality_id != municipality.pk:
        raise refusals.MayNotDecide
    if Decision.objects.filter(proposal=proposal, municipality=municipality).exists():
        raise refusals.AlreadyDecided


def _settle(proposal: Proposal, state: str, *, by: Person, at: datetime, note: str = "") -> None:
    proposal.state, proposal.settled_at, proposal.settled_by_name, proposal.settled_note = state, at, by.name, note
    proposal.save(update_fields=["state", "settled_at", "settled_by_name", "settled_note"])


def _record(action: str, proposal: Proposal, *, by: Person, at: datetime, **data) -> None:
    AuditEntry.objects.record(
        action, municipality_id=by.municipality_id, actor=by, at=at, subject=str(proposal), proposal=proposal.pk,
        takes_effect_at=proposal.takes_effect_at.isoformat(), effect_digest=proposal.effect_digest, **data,
    )  # fmt: skip
