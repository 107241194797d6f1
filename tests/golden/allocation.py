"""The golden types of the allocation, each answered by the function that the product uses."""

from dataclasses import asdict
from fractions import Fraction

from billing.allocation import cascade, exchange, fairness, plain, savings, settlement, what_if
from billing.allocation.drivers import Drivers
from billing.allocation.ledger import read_lines, total_ore
from billing.allocation.pools import read_terms
from billing.allocation.rounding import apportion, rounded_ore
from billing.allocation.runs import read_plan, run
from billing.allocation.sharings import overhead
from billing.allocation.spans import read_period
from billing.allocation.ticket_driver import ticket_drivers
from billing.allocation.trace import trace


def shares_of_weights(given):
    return {"shares_ore": _plain(apportion(given.get("total_ore"), given.get("weights")).amounts)}


def pool(given):
    split, _ = _split(given)
    return {
        "share": _plain(split.shares.fractions()) if split.shares else None,
        "shares_ore": _plain(split.amounts),
    }


def trace_of(given):
    split, lines = _split(given)
    explained = trace(split, lines, plain.name(given.get("member")))
    return {
        "amount_ore": explained.amount_ore,
        "share": None if explained.share is None else _plain(explained.share),
        "exact_ore": _plain(explained.exact_ore),
        "rounding_ore": _plain(explained.rounding_ore),
        "lines": [{"id": line.id, "exact_ore": _plain(line.exact_ore)} for line in explained.lines],
    }


def _split(given):
    lines = read_lines(given.get("lines"))
    from_lines = "lines" in given and "total_ore" not in given
    total = total_ore(lines) if from_lines else plain.whole_ore(given.get("total_ore"))
    period = read_period(given.get("period"))
    terms = read_terms(given.get("participation"), given.get("key_versions"))
    return terms.split(total, period, Drivers(given.get("drivers"))), lines


def step_down(given):
    result = cascade.step_down(given.get("order"), given.get("pools"))
    return {
        "pool_total_ore": result.pool_total_ore(),
        "allocated_ore": {step.name: _plain(step.split.amounts) for step in result.steps},
        "member_total_ore": result.member_total_ore(),
    }


def reciprocal(given):
    step = cascade.reciprocal(given.get("pools"))
    exact = {member: step.ring.exact.get(member, Fraction(0)) for member in step.split.amounts}
    return {
        "gross_ore": _plain(step.ring.gross),
        "exact_ore": _plain(exact),
        "member_total_ore": _plain(step.split.amounts),
    }


def overhead_of(given):
    return {"shares_ore": _plain(overhead(given.get("total_ore"), given.get("basis_ore")).amounts)}


def run_of(given):
    result = run(read_plan(given))
    return {
        "pool_total_ore": result.cascade.pool_total_ore(),
        "allocated_ore": _plain(result.cascade.allocated_ore()),
        "member_total_ore": result.cascade.member_total_ore(),
        "control": asdict(result.control),
        "may_be_approved": result.may_be_approved,
    }


def instalments(given):
    return {"instalments_ore": settlement.instalments(given.get("total_ore"), given.get("count"))}


def settlement_of(given):
    fields = ("budget_ore", "budget_weights", "actual_ore", "actual_weights", "invoiced_ore")
    return asdict(settlement.settlement(**{field: given.get(field) for field in fields}))


def correction(given):
    closed = plain.amounts(given.get("closed_shares_ore"))
    earlier = [plain.amounts(booked) for booked in plain.listing(given.get("earlier_corrections_ore"))]
    recomputed = apportion(given.get("corrected_ore"), given.get("corrected_weights")).amounts
    booked = settlement.correction(closed=closed, recomputed=recomputed, earlier=earlier)
    return {"closed_shares_ore": closed, "correction_ore": booked, "sum_ore": sum(booked.values())}


def netting(given):
    trades = exchange.read_trades(given.get("transactions"))
    net = exchange.net(trades)
    payments = [
        {"from": payment.payer, "to": payment.payee, "amount_ore": payment.amount_ore}
        for payment in exchange.payments(net)
    ]
    return {"amounts_ore": [trade.amount_ore for trade in trades], "net_ore": net, "payments": payments}


def savings_of(given):
    extra = {field: given.get(field, 0) for field in ("one_off_ore", "promised_ore")}
    result = savings.savings([given], actual_ore=given.get("actual_ore"), **extra)
    return {
        "adjusted_baseline_ore": result.adjusted_baseline_ore,
        "running_saving_ore": result.running_saving_ore,
        "net_saving_ore": result.net_saving_ore,
        "net_saving_base_prices_ore": result.net_saving_base_prices_ore,
        "promised_now_ore": result.promised_now_ore,
        "attained": None if result.attained is None else savings.with_decimals(result.attained, 4),
        "naive_saving_ore": result.naive_saving_ore,
    }


def unit_cost(given):
    return {"unit_cost_ore": fairness.unit_cost(given.get("amount_ore"), given.get("units"))}


def fairness_of(given):
    result = fairness.fairness(given.get("charge_ore"), given.get("consumption_weights"))
    answer = {
        "consumption_share_ore": result.consumption_share_ore,
        "cross_subsidy_ore": result.cross_subsidy_ore,
    }
    if given.get("stand_alone_ore") is not None:
        answer["no_worse_off_than_alone"] = fairness.no_worse_off_than_alone(
            result.charge_ore, given["stand_alone_ore"]
        )
    if given.get("size") is not None:
        costs = fairness.unit_costs(result.charge_ore, given["size"])
        ratio = fairness.max_over_min(costs)
        answer["cost_per_unit_ore"] = {
            member: None if cost is None else rounded_ore(cost, member=member) for member, cost in costs.items()
        }
        answer["max_over_min"] = None if ratio is None else _plain(ratio)
    return answer


def what_if_of(given):
    result = what_if.with_other_weights(given.get("pools"), given.get("alternative"))
    return {
        "now_ore": result.now_ore,
        "alternative_ore": result.alternative_ore,
        "difference_ore": result.difference_ore,
    }


def ticket_driver(given):
    fields = ("period", "members", "priority_weights", "tickets")
    drivers = ticket_drivers(**{field: given.get(field) for field in fields})
    return {name: _plain(getattr(drivers, name)) for name in ("tickets", "weighted", "minutes")}


RUNNERS = {
    "apportion": shares_of_weights,
    "pool": pool,
    "trace": trace_of,
    "step_down": step_down,
    "reciprocal": reciprocal,
    "overhead": overhead_of,
    "run": run_of,
    "instalments": instalments,
    "settlement": settlement_of,
    "correction": correction,
    "netting": netting,
    "savings": savings_of,
    "unit_cost": unit_cost,
    "fairness": fairness_of,
    "what_if": what_if_of,
    "ticket_driver": ticket_driver,
}


def _plain(value):
    """Exact fractions as "p/q", in whatever holds them."""
    if isinstance(value, Fraction):
        return str(value)
    if hasattr(value, "items"):
        return {key: _plain(item) for key, item in value.items()}
    return value
