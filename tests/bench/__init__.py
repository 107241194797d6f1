"""How far the desk is from the bare database: ratios of one run, so that they hold on any machine.

`python -m tests.bench` makes a database of its own, fills it, prints a table and drops the database again.
BENCH_TICKETS=1000000 adds a size. The figures of the day they were taken stand in docs/en/measurements.md.
"""
