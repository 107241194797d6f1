"""Are the municipalities served equally? Different averages can be chance, or a different mix of tickets.

Clocks are compared within strata (category × priority). A table is {stratum: {municipality: (met, n)}}. Per stratum
and municipality: a of n1 met, b of n0 among all the others, N = n1 + n0, m = a + b; only strata with clocks on both
sides inform. "Not significant" is never called equal: equal needs an interval that lies within the margin.

Sources: Mantel & Haenszel 1959; Mantel & Fleiss 1980 (is the sample large enough for the test); Sato, Greenland &
Robins 1989 (variance of the risk difference); Newcombe 1998; Holm 1979; Somes 1986 (the generalised test).
statsmodels, scipy and numpy are imported inside the functions: together they take seconds, and only reports need them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, sqrt
from typing import Any, NamedTuple

from tickets.sla.attainment import check_count
from tickets.sla.errors import SlaError

Table = Mapping[str, Mapping[str, Sequence[int]]]

DEFAULT_MARGIN = 0.05
SIGNIFICANT = 0.05
FEWEST_CLOCKS = 30
SMALLEST_MANTEL_FLEISS = 5
Z95 = 1.959963984540054
# Below this the variance is rounding noise: everybody met (or missed) everything.
NO_VARIANCE = 1e-15

EQUAL, BETTER, WORSE, UNDECIDED, TOO_FEW = "EQUAL", "BETTER", "WORSE", "UNDECIDED", "TOO_FEW"


class Stratum(NamedTuple):
    """One municipality against all the others."""

    a: int
    n1: int
    b: int
    n0: int

    @property
    def total(self):
        return self.n1 + self.n0

    @property
    def met(self):
        return self.a + self.b

    @property
    def expected(self):
        return self.n1 * self.met / self.total


class Cmh(NamedTuple):
    chi2: float
    p: float
    mantel_fleiss: float


class Gcmh(NamedTuple):
    chi2: float
    df: int
    p: float


class RiskDifference(NamedTuple):
    rd: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Standardised:
    """Rates as if everyone had the joint mix; `covered`: the part of all clocks in strata that everyone has."""

    rates: dict[str, float | None]
    strata_used: list[str]
    covered: Fraction | None
    index: float | None

    def as_dict(self) -> dict[str, Any]:
        covered = None if self.covered is None else f"{self.covered.numerator}/{self.covered.denominator}"
        return {"rates": self.rates, "strata_used": self.strata_used, "covered": covered, "index": self.index}


@dataclass(frozen=True, slots=True)
class Judgement:
    """`more_needed`: about how many more clocks of the municipality would decide it; 0 if decided, or if none would."""

    rd: float | None
    low: float | None
    high: float | None
    p: float
    p_holm: float
    verdict: str
    more_needed: int

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("rd", "low", "high", "p", "p_holm", "verdict")}


@dataclass(frozen=True, slots=True)
class Verdict:
    overall_p: float
    municipalities: dict[str, Judgement]

    def as_dict(self) -> dict[str, Any]:
        judgements = {code: judgement.as_dict() for code, judgement in self.municipalities.items()}
        return {"overall_p": self.overall_p, "municipalities": judgements}


def gcmh(table: Table) -> Gcmh:
    """All at once: generalised Cochran–Mantel–Haenszel. chi2 0 and p 1 when nothing informs. Raises BAD_TABLE."""
    compared = _compared(table)
    if not compared:
        return Gcmh(0.0, 0, 1.0)
    import numpy as np
    from scipy.stats import chi2

    difference = np.zeros(len(compared))
    variance = np.zeros((len(compared), len(compared)))
    for stratum in table.values():
        total, all_met = sum(n for _, n in stratum.values()), sum(met for met, _ in stratum.values())
        if total > 1:
            met, n = np.array([stratum.get(code, (0, 0)) for code in compared], dtype=float).T
            difference += met - n * all_met / total
            spread = all_met * (total - all_met) / (total - 1)
            variance += spread * (np.diag(n) / total - np.outer(n, n) / total**2)
    statistic = float(difference @ np.linalg.solve(variance, difference))
    return Gcmh(statistic, len(compared), float(chi2.sf(statistic, len(compared))))


def cmh(table: Table, municipality: str) -> Cmh:
    """One against the others, without continuity correction. Raises BAD_TABLE."""
    strata = against_others(table, municipality)
    mantel_fleiss = _mantel_fleiss(strata)
    if not any(0 < stratum.met < stratum.total for stratum in strata):
        return Cmh(0.0, 1.0, mantel_fleiss)
    import numpy as np
    from statsmodels.stats.contingency_tables import StratifiedTable

    tables = [np.array([[s.a, s.n1 - s.a], [s.b, s.n0 - s.b]], dtype=float) for s in strata]
    test = StratifiedTable(tables).test_null_odds(correction=False)
    return Cmh(float(test.statistic), float(test.pvalue), mantel_fleiss)


def mh_rd(table: Table, municipality: str) -> RiskDifference:
    """Mantel–Haenszel risk difference with its 95 % interval; all None when nothing informs. Raises BAD_TABLE."""
    strata = against_others(table, municipality)
    if not strata:
        return RiskDifference(None, None, None)
    weight = sum(s.n1 * s.n0 / s.total for s in strata)
    difference = sum((s.a * s.n0 - s.b * s.n1) / s.total for s in strata) / weight
    p = sum((s.b * s.n1**2 - s.a * s.n0**2 + s.n1 * s.n0 * (s.n0 - s.n1) / 2) / s.total**2 for s in strata)
    q = sum((s.a * (s.n0 - s.b) + s.b * (s.n1 - s.a)) / (2 * s.total) for s in strata)
    variance = (difference * p + q) / weight**2
    if variance <= NO_VARIANCE:
        return RiskDifference(difference, *_newcombe(strata))
    half = Z95 * sqrt(variance)
    return RiskDifference(difference, difference - half, difference + half)


def holm(p: Sequence[float]) -> list[float]:
    """Adjusted for asking several times, in the same order. Raises BAD_TABLE for a p outside 0 to 1."""
    if not isinstance(p, list | tuple):
        raise SlaError("BAD_TABLE", value=p)
    for value in p:
        if not _is_number(value) or not 0 <= value <= 1:
            raise SlaError("BAD_TABLE", value=value)
    # Not statsmodels' multipletests: it collects the garbage of the whole process at every call, a tenth of a second.
    adjusted, highest = [0.0] * len(p), 0.0
    for rank, place in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        highest = max(highest, min(1.0, (len(p) - rank) * p[place]))
        adjusted[place] = highest
    return adjusted


def verdict(table: Table, *, margin: float = DEFAULT_MARGIN) -> Verdict:
    """Judge every municipality against the others. `margin`: agreed beforehand, a share (0.05 = 5 percentage points).

    Raises BAD_TABLE.
    """
    if not _is_number(margin) or not 0 <= margin <= 1:
        raise SlaError("BAD_TABLE", value=margin)
    codes = municipalities(table)
    tests = [cmh(table, code) for code in codes]
    adjusted = holm([test.p for test in tests])
    judgements = {
        code: _judge(against_others(table, code), mh_rd(table, code), test, p_holm=p_holm, margin=margin)
        for code, test, p_holm in zip(codes, tests, adjusted, strict=True)
    }
    return Verdict(gcmh(table).p, judgements)


def standardised(table: Table) -> Standardised:
    """Directly standardised: everyone weighed with the joint mix. Index: 100 × lowest / highest. Raises BAD_TABLE."""
    codes = municipalities(table)
    sizes = {name: sum(n for _, n in stratum.values()) for name, stratum in table.items()}
    used = [name for name, stratum in table.items() if all(stratum.get(code, (0, 0))[1] for code in codes)]
    joint, everything = sum(sizes[name] for name in used), sum(sizes.values())
    covered = Fraction(joint, everything) if everything else None
    if not used:
        return Standardised(dict.fromkeys(codes), used, covered, None)
    rates = {code: _standardised_rate([(table[name][code], sizes[name]) for name in used]) for code in codes}
    highest = max(rates.values())
    index = float(100 * min(rates.values()) / highest) if highest else None
    return Standardised({code: float(rate) for code, rate in rates.items()}, used, covered, index)


def municipalities(table: Any) -> list[str]:
    """The codes of a table, sorted. Raises BAD_TABLE: met > n, fewer than two municipalities, or no table at all."""
    if not isinstance(table, Mapping):
        raise SlaError("BAD_TABLE", value=table)
    codes = set()
    for stratum in table.values():
        if not isinstance(stratum, Mapping):
            raise SlaError("BAD_TABLE", value=stratum)
        for code, counts in stratum.items():
            if not isinstance(counts, list | tuple) or len(counts) != 2:
                raise SlaError("BAD_TABLE", value=code)
            check_count(*counts)
            codes.add(code)
    if len(codes) < 2:
        raise SlaError("BAD_TABLE", value=sorted(codes))
    return sorted(codes)


def against_others(table: Table, municipality: str) -> list[Stratum]:
    """The informing strata: those with clocks of the municipality and of others. Raises BAD_TABLE."""
    if municipality not in municipalities(table):
        raise SlaError("BAD_TABLE", value=municipality)
    strata = []
    for counts in table.values():
        a, n1 = counts.get(municipality, (0, 0))
        b = sum(met for code, (met, _) in counts.items() if code != municipality)
        n0 = sum(n for code, (_, n) in counts.items() if code != municipality)
        strata.append(Stratum(a, n1, b, n0))
    return [stratum for stratum in strata if stratum.n1 and stratum.n0]


def _compared(table):
    """The municipalities whose differences are free: all but the last of each group that shares informing strata.

    Within a group the last difference follows from the others. Counting groups is exact where the rank of a matrix of
    rounded numbers is not; what remains has full rank.
    """
    groups = [{code} for code in municipalities(table)]
    for stratum in table.values():
        total, all_met = sum(n for _, n in stratum.values()), sum(met for met, _ in stratum.values())
        if 0 < all_met < total:
            present = {code for code, (_, n) in stratum.items() if n}
            touched = [group for group in groups if group & present]
            groups = [group for group in groups if not group & present] + [set().union(*touched)]
    return [code for group in groups for code in sorted(group)[:-1]]


def _judge(strata, difference, test, *, p_holm, margin):
    n1, n0 = sum(s.n1 for s in strata), sum(s.n0 for s in strata)
    word = _word(min(n1, n0), difference, test, p_holm=p_holm, margin=margin)
    more = _more_needed(word, n1, n0, difference, margin)
    return Judgement(difference.rd, difference.low, difference.high, test.p, p_holm, word, more)


def _word(fewest, difference, test, *, p_holm, margin):
    if fewest < FEWEST_CLOCKS:
        return TOO_FEW
    if -margin <= difference.low and difference.high <= margin:
        return EQUAL
    if p_holm < SIGNIFICANT and test.mantel_fleiss >= SMALLEST_MANTEL_FLEISS:
        return BETTER if difference.rd > 0 else WORSE
    return UNDECIDED


def _more_needed(word, n1, n0, difference, margin):
    """An interval narrows with the root of the count: how many more until it fits the margin, or leaves zero out?"""
    if word == TOO_FEW:
        return FEWEST_CLOCKS - min(n1, n0)
    if word != UNDECIDED:
        return 0
    half = (difference.high - difference.low) / 2
    wanted = max(margin - abs(difference.rd), abs(difference.rd))
    return max(1, ceil(n1 * ((half / wanted) ** 2 - 1))) if wanted else 0


def _mantel_fleiss(strata):
    expected = sum(s.expected for s in strata)
    lowest = sum(max(0, s.n1 + s.met - s.total) for s in strata)
    highest = sum(min(s.n1, s.met) for s in strata)
    return float(min(expected - lowest, highest - expected))


def _newcombe(strata):
    from statsmodels.stats.proportion import confint_proportions_2indep

    a, n1, b, n0 = (sum(column) for column in zip(*strata, strict=True))
    low, high = confint_proportions_2indep(a, n1, b, n0, method="newcomb", compare="diff")
    return float(low), float(high)


def _standardised_rate(cells):
    joint = sum(size for _, size in cells)
    return sum(Fraction(met * size, n * joint) for (met, n), size in cells)


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)
