"""Savings against the business case: the baseline of each municipality, beside what it pays today."""
