"""The rules once more, day by day and with plain fractions: slow, short, and independent of the product's code."""

from datetime import date, timedelta
from fractions import Fraction


class Refused(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


def days(period):
    first, end = (date.fromisoformat(period[edge]) for edge in ("from", "to"))
    return [first + timedelta(days=number) for number in range((end - first).days)]


def covers(span, day):
    return span["from"] <= day.isoformat() and (span["to"] is None or day.isoformat() < span["to"])


def share_of_the_period(problem):
    """(1/|D|) · Σ over the days of the share that day."""
    all_days = days(problem["period"])
    versions = {day: version_on(problem["key_versions"], day) for day in all_days}
    present = {day: members_on(problem["participation"], day) for day in all_days}
    total = {}
    for day in sorted(all_days, key=lambda day: bool(present[day])):
        version = versions[day]
        counted = {member for other in all_days if versions[other] is version for member in present[other]}
        situation = {
            "day": day,
            "present": present[day],
            "counted": counted,
            "from": version["from"],
            "drivers": problem["drivers"],
        }
        for member, share in share_on_a_day(version["key"], situation).items():
            total[member] = total.get(member, 0) + share / len(all_days)
    return total


def version_on(versions, day):
    in_force = [version for version in versions if covers(version, day)]
    if len(in_force) != 1:
        raise Refused("GAP" if not in_force else "OVERLAP")
    return in_force[0]


def members_on(participation, day):
    return {member for member, spans in participation.items() if any(covers(span, day) for span in spans)}


def share_on_a_day(key, situation):
    return globals()[f"_{key['type']}"](key, situation)


def _divided(weights):
    if not weights:
        raise Refused("EMPTY")
    if not sum(weights.values()):
        raise Refused("ZERO_DRIVER")
    return {member: weight / sum(weights.values()) for member, weight in weights.items()}


def _equal(key, situation):
    return _divided(dict.fromkeys(situation["present"], Fraction(1)))


def _driver(key, situation):
    driver = situation["drivers"][key["driver"]]
    members = situation["counted"] if driver["nature"] == "flow" else situation["present"]
    values = driver.get("values_by_from", {}).get(situation["from"], driver.get("values"))
    if not members:
        raise Refused("EMPTY")
    if any(values.get(member) is None for member in members):
        raise Refused("MISSING_DRIVER")
    return _divided({member: _rated(Fraction(values[member]), key.get("tiers")) for member in members})


def _rated(value, tiers):
    if not tiers:
        return value
    lower, counted = Fraction(0), Fraction(0)
    for tier in tiers:
        upper = value if tier["up_to"] is None else Fraction(tier["up_to"])
        counted += max(min(value, upper) - lower, 0) * Fraction(tier["rate"])
        lower = upper
    return counted


def _fixed(key, situation):
    if situation["present"] - key["ratio"].keys():
        raise Refused("MISSING_DRIVER")
    return _divided({member: Fraction(key["ratio"][member]) for member in situation["present"]})


def _percent(key, situation):
    shares = {member: Fraction(key["percent"].get(member, 0)) / 100 for member in situation["present"]}
    if not shares:
        raise Refused("EMPTY")
    if sum(shares.values()) != 1:
        raise Refused("BAD_PERCENT")
    return shares


def _direct(key, situation):
    return {key["member"]: Fraction(1)}


def _mix(key, situation):
    kept = []
    for part in key["parts"]:
        try:
            kept.append((Fraction(part["weight"]), share_on_a_day(part["key"], situation)))
        except Refused as refused:
            if refused.code != "ZERO_DRIVER" or key.get("on_zero") != "drop":
                raise
    total = sum(weight for weight, _ in kept)
    if not total:
        raise Refused("ZERO_DRIVER")
    return _added((weight / total, shares) for weight, shares in kept)


def _transition(key, situation):
    t = Fraction(0)
    for step in key["steps"]:
        if step["from"] <= situation["day"].isoformat():
            t = Fraction(step["t"])
    sides = [(1 - t, key["old"]), (t, key["new"])]
    return _added((weight, share_on_a_day(side, situation)) for weight, side in sides if weight)


def _bounded(key, situation):
    shares = share_on_a_day(key["key"], situation)
    floor = {member: Fraction(bound) for member, bound in key.get("floor", {}).items()}
    cap = {member: Fraction(bound) for member, bound in key.get("cap", {}).items()}
    shares = {member: Fraction(0) for member in situation["present"] if floor.get(member)} | shares
    if any(floor.get(member, 0) > cap[member] for member in shares if member in cap):
        raise Refused("BOUNDS")

    def held(factor):
        return {
            member: min(max(factor * share, floor.get(member, Fraction(0))), cap.get(member, factor + 1))
            for member, share in shares.items()
        }

    bends = [Fraction(0)] + [
        bound[member] / share for bound in (floor, cap) for member, share in shares.items() if share and member in bound
    ]
    bends = sorted({*bends, max(bends) + 1, max(bends) + 2})
    sums = [sum(held(bend).values()) for bend in bends]
    if sums[0] > 1 or (sums[-1] == sums[-2] and sums[-1] < 1):
        raise Refused("BOUNDS")
    last = max(place for place in range(len(bends)) if sums[place] <= 1)
    if sums[last] == 1:
        return held(bends[last])
    following = last + 1 if last + 1 < len(bends) else last - 1
    slope = (sums[following] - sums[last]) / (bends[following] - bends[last])
    return held(bends[last] + (1 - sums[last]) / slope)


def _added(weighed):
    total = {}
    for weight, shares in weighed:
        for member, share in shares.items():
            total[member] = total.get(member, 0) + weight * share
    return total


def rounded(total, shares):
    """One øre at a time to whoever has the largest part of an øre and has not had one yet."""
    if total < 0:
        return {member: -amount for member, amount in rounded(-total, shares).items()}
    exact = {member: total * share for member, share in shares.items()}
    amounts = {member: int(amount) for member, amount in exact.items()}
    waiting = sorted(exact, key=lambda member: (amounts[member] - exact[member], member))
    for member in waiting[: total - sum(amounts.values())]:
        amounts[member] += 1
    return amounts
