"""How far the desk is from the bare database: ratios of one run, so that they hold on any machine.

`python -m tests.bench` makes a database of its own, fills it, prints a table and drops the database again; `desk`,
`clocks`, `rebuilding`, `allocation` or `simulation` measures only that part. BENCH_TICKETS=1000000 adds a size to the
queue page, BENCH_USES sets the rows of use. The figures of the day they were taken stand in docs/en/measurements.md.
"""

import os
import sys
import time

SIZES = {10_000, 100_000}


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    if "DATABASE_URL" not in os.environ:
        from servicecenter.local.servers import ensure_started

        ensure_started()
    import django

    django.setup()
    from tests.bench.database import bench_database

    rows = []
    for part in sys.argv[1:] or PARTS:
        with bench_database():
            rows += PARTS[part]()
    print_table(rows)


def measure_desk():
    """Every measurement of pages, filing and sharing, at growing sizes; the last two at the largest."""
    from tests.bench import desk, filing, queue_page, searching, simulating

    rows = []
    desk.load_sample()
    for size in sorted(SIZES | {int(os.environ.get("BENCH_TICKETS", "100000"))}):
        told(f"loading {size:,} tickets", desk.grow, size)
        rows += told(f"queue page at {size:,} tickets", queue_page.queue_page)
        rows += told(f"search at {size:,} tickets", searching.searching)
    rows += [*queue_page.growth_of_page(rows)]
    rows += told("filing", filing.filing)
    rows += told("simulating", simulating.simulating)
    return rows


def measure_clocks():
    """Firing while ever more clocks run, and how late it is."""
    from tests.bench import claiming, desk, lag

    desk.load_sample()
    return told("lag", lag.lag) + told("claiming", claiming.claiming)


def measure_rebuilding():
    from tests.bench import rebuilding

    told("loading the history of the clocks", rebuilding.load_history)
    return told("rebuilding", rebuilding.rebuilding)


def measure_allocation():
    """A month of ten million rows of use: measured, calculated and written."""
    from tests.bench import allocation

    return told("sharing a month by use", allocation.sharing)


def measure_simulation():
    """A year of a large community shared otherwise, alone and as the page that a director opens."""
    from tests.bench import desk, simulating

    desk.load_sample()
    return told("simulating", simulating.simulating)


PARTS = {
    "desk": measure_desk, "clocks": measure_clocks, "rebuilding": measure_rebuilding, "allocation": measure_allocation,
    "simulation": measure_simulation,
}  # fmt: skip


def told(what, measurement, *arguments):
    start = time.perf_counter()
    result = measurement(*arguments)
    print(f"{what}: {time.perf_counter() - start:.1f} s", file=sys.stderr, flush=True)
    for row in result or ():
        print(row.as_line(), file=sys.stderr, flush=True)
    return result


def print_table(rows):
    print("| what | ours | bare | ratio |\n| --- | ---: | ---: | ---: |")
    for row in rows:
        print(row.as_line())


if __name__ == "__main__":
    main()
