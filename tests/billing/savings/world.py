"""A baseline for everybody in Ballerup, Furesø and Egedal, with indices and what is left at home."""

from decimal import Decimal

from billing.models import Baseline, BaselinePart, HomeCost, IndexSeries, IndexValue


def make_index(code, values):
    series = IndexSeries.objects.create(code=code, name=code.capitalize())
    for year, value in values.items():
        IndexValue.objects.create(series=series, year=year, value=Decimal(value))
    return series


def make_baseline(owner, *, series, promised=2_000_000_00, base_year=2024, home=0, one_off=0, **part):
    baseline = Baseline.objects.create(municipality=owner, base_year=base_year, promised_ore=promised)
    fields = {"name": "It", "fixed_ore": 12_000_000_00, "variable_ore": 0} | part
    BaselinePart.objects.create(municipality=owner, baseline=baseline, series=series, **fields)
    if home is not None:
        HomeCost.objects.create(municipality=owner, year=2026, running_ore=home, one_off_ore=one_off)
    return baseline
