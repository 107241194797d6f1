"""Who decides hears of a proposal, and who decided or proposed it hears what became of it.

The verbs of joint decisions know nothing of notices, and the last yes comes from somebody who sees one municipality
only. So the worker compares: each state of a proposal that nobody was told of yet is told, once, in one transaction
with the row that says so.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from municipalities.governance.models import Concern, Proposal
from municipalities.models import Municipality, Person
from servicecenter.tenancy.grants import holder_ids
from servicecenter.tenancy.scope import tenant_scope
from tickets.notifications.models import Kind, Notice, NoticeSettings, ProposalTold
from tickets.notifications.quiet import is_urgent, mail_at

# What is older was told before there were notices, or is no news any more.
STILL_NEWS = timedelta(days=2)
State = Proposal.State


def tell_of_proposals(*, now: datetime) -> int:
    """Returns how many states of proposals were told; `now` in UTC. A second worker finds nothing to do."""
    return sum(_tell(pk, now=now) for pk in _untold(now))


def _untold(now: datetime) -> list[int]:
    """New ones, those settled since, and those whose day has come before everybody had said yes."""
    since = now - STILL_NEWS
    is_news = Q(proposed_at__gte=since) | Q(settled_at__gte=since)
    is_late = Q(state=State.PROPOSED, is_first=False, takes_effect_at__gte=since, takes_effect_at__lte=now)
    told = ProposalTold.objects.filter(proposal=OuterRef("pk"))
    known = Exists(told.filter(state=OuterRef("state")))
    late_known = Exists(told.filter(state=State.LAPSED))
    wanted = (is_news & ~known & ~is_late) | (is_late & ~late_known)
    return list(Proposal.objects.filter(wanted).order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _tell(pk: int, *, now: datetime) -> int:
    proposal = Proposal.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
    if proposal is None:
        return 0
    state = proposal.state_at(now)
    _row, is_new = ProposalTold.objects.get_or_create(proposal=proposal, state=state, defaults={"at": now})
    if not is_new:
        return 0
    for municipality, people in _receivers(proposal, state).items():
        with tenant_scope(municipality):
            Notice.objects.bulk_create(
                [notice for person in people if (notice := _notice(proposal, state, person, now))],
                ignore_conflicts=True,
            )
    return 1


def _receivers(proposal: Proposal, state: str) -> dict[int, list[Person]]:
    """Municipality → people: who may decide for those concerned; of the outcome the proposer too."""
    everybody = list(Municipality.objects.values_list("pk", flat=True))
    with tenant_scope(*everybody):
        concerned = Municipality.objects.filter(pk__in=Concern.objects.filter(proposal=proposal).values("municipality"))
        found = {place.pk: _deciders(place) for place in concerned.order_by("code")}
        proposer = Person.objects.active().filter(pk=proposal.proposed_by_id).first()
    if proposer and state != State.PROPOSED:
        people = found.setdefault(proposer.municipality_id, [])
        people += [proposer] if proposer not in people else []
    return found


def _deciders(place: Municipality) -> list[Person]:
    """Nobody decides for another municipality, whatever was granted."""
    return list(
        Person.objects.active().filter(pk__in=holder_ids(place, "decide_proposals"), municipality=place).order_by("pk")
    )


def _notice(proposal: Proposal, state: str, person: Person, now: datetime) -> Notice | None:
    kind = Kind.PROPOSED if state == State.PROPOSED else Kind.SETTLED
    chosen = NoticeSettings.objects.filter(person=person).first() or NoticeSettings()
    in_product, by_mail = chosen.wants(kind, "product"), chosen.wants(kind, "mail")
    if not (in_product or by_mail):
        return None
    notice = Notice(
        municipality_id=person.municipality_id, proposal=proposal, recipient=person, kind=kind,
        cause=f"proposal:{proposal.pk}:{state}", at=now, data={"state": str(state)}, in_product=in_product,
        is_urgent=is_urgent(kind, None),
    )  # fmt: skip
    notice.mail_at = mail_at(notice, None, chosen, now=now) if by_mail else None
    return notice
