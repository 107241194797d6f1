"""Calculations asked for on the page of a period. The request row is the truth; these wake up and work on it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from billing import figures, periods, seals
from billing.allocation.errors import AllocationError
from billing.invoicing import access_point, dispatching
from billing.measuring import measure_drivers
from billing.models import InvoiceDispatch, Run, RunRequest
from billing.subscriptions import sending
from servicecenter.audit import chain
from servicecenter.errors import RuleBroken
from servicecenter.tenancy.scope import tenant_scope

LEASE = timedelta(minutes=10)
MAX_ATTEMPTS = 5


@shared_task
def calculate_period(request_id: int, *, scope: list[int]) -> None:
    """Measure and calculate what one request asks for; a second run finds it leased or settled and stops.

    What the allocation refuses settles the request with its reason. Anything else is a bug: the lease runs out and the
    sweep tries again, a few times.
    """
    with tenant_scope(*scope):
        request = _lease(request_id)
    if request is None:
        return
    fault = _measured(request, scope)
    run = None
    if fault is None:
        run, fault = _calculated(request, scope)
    RunRequest.objects.filter(pk=request.pk).update(run=run, fault=fault, settled_at=timezone.now())


@shared_task
def sweep_runs() -> None:
    """Pick up requests that the queue dropped or whose worker died."""
    for request in RunRequest.objects.waiting(at=timezone.now()).order_by("id")[:20]:
        calculate_period.delay(request.pk, scope=periods.everybody())


def _lease(request_id: int) -> RunRequest | None:
    now = timezone.now()
    request = RunRequest.objects.waiting(at=now).select_for_update(skip_locked=True).filter(pk=request_id).first()
    if request is None:
        return None
    if request.attempts >= MAX_ATTEMPTS:
        request.fault = {"code": RunRequest.GAVE_UP}
        request.settled_at = now
    request.leased_until, request.attempts = now + LEASE, request.attempts + 1
    request.save()
    return None if request.is_settled else request


def _measured(request: RunRequest, scope: list[int]) -> dict | None:
    """Count the desk's own quantities; they are kept also when the calculation is refused afterwards."""
    return _attempt(request, RunRequest.MEASURING, scope, measure_drivers)[1]


def _calculated(request: RunRequest, scope: list[int]) -> tuple[Run | None, dict | None]:
    return _attempt(request, RunRequest.CALCULATING, scope, periods.calculate)


def _attempt(request: RunRequest, stage: str, scope: list[int], verb: Callable) -> tuple[Any, dict | None]:
    """Say what is going on, in a transaction of its own so that others see it, and do it."""
    RunRequest.objects.filter(pk=request.pk).update(stage=stage)
    try:
        with tenant_scope(*scope):
            return verb(request.period, by=request.requested_by), None
    except AllocationError as error:
        return None, as_data(error)
    except RuleBroken as broken:
        return None, {"code": "RULE", "message": str(broken.message)}


def as_data(error: AllocationError) -> dict:
    """A refusal as plain data, so that each reader gets the sentence in the own language."""
    where = {place: str(value) for place, value in error.where.items()}
    if "driver" in where:
        where["driver"] = where["driver"].partition("@")[0]  # counted apart for a pool, but the same quantity
    return {"code": error.code, "reason": error.reason, "found": str(error.found)[:60], "where": where}


@shared_task
def measure_service(*, scope: list[int] | None = None) -> None:
    """Count tickets of all municipalities, so that each may read the totals of the others."""
    with tenant_scope(*(scope or periods.everybody())):
        figures.measure(now=timezone.now())


@shared_task
def seal_chains(*, scope: list[int] | None = None) -> None:
    """Chain what was written since the last minute: audit entries per municipality, ledger lines per month."""
    everybody = scope or periods.everybody()
    with tenant_scope(*everybody):
        chain.seal(*everybody)
        seals.seal_lines()


@shared_task
def hand_over_invoice(dispatch_id: int, *, scope: list[int]) -> None:
    """Bring one file to the access point; a second run finds it leased or settled and stops."""
    with tenant_scope(*scope):
        dispatch = dispatching.lease(dispatch_id, at=timezone.now())
        file = dispatching.content_of(dispatch) if dispatch else None
    if dispatch and file:
        name, uuid, content = file
        outcome = access_point.hand_over(dispatch.channel, name=name, uuid=uuid, content=content)
        with tenant_scope(*scope):
            dispatching.settle(dispatch, outcome, at=timezone.now())


@shared_task
def sweep_invoices() -> None:
    """Pick up files that the queue dropped or whose next attempt is due, and receipts that lie in the folder."""
    with tenant_scope(*periods.everybody()):
        due = InvoiceDispatch.objects.waiting(at=timezone.now()).order_by("next_at")[:50]
        waiting = list(due.values_list("pk", "municipality_id"))
        unanswered = dispatching.await_receipts()
    for pk, place in waiting:
        hand_over_invoice.delay(pk, scope=[place])
    for pk, place, uuid in unanswered:
        outcome = access_point.look_for_receipt(uuid)
        if outcome:
            with tenant_scope(place):
                dispatching.settle(InvoiceDispatch.objects.get(pk=pk), outcome, at=timezone.now())


@shared_task
def send_reports(*, scope: list[int] | None = None) -> None:
    """Put the reports that are due into the outbox; what one run left, the next one finds. One transaction each."""
    everybody = scope or periods.everybody()
    with tenant_scope(*everybody):
        waiting = list(sending.due(at=timezone.now()))
    for subscription, period in waiting:
        with tenant_scope(*everybody):
            sending.send(subscription, period, at=timezone.now().replace(microsecond=0))
