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

    with bench_database():
        rows = measure(sorted(SIZES | {int(os.environ.get("BENCH_TICKETS", "100000"))}))
    print_table(rows)


def measure(sizes):
    """Every measurement, one after the other, at growing sizes; the last three at the largest."""
    from tests.bench import claiming, desk, filing, queue_page, sharing

    rows = []
    desk.load_sample()
    for size in sizes:
        told(f"loading {size:,} tickets", desk.grow, size)
        rows += told(f"queue page at {size:,} tickets", queue_page.queue_page)
    rows += [*queue_page.growth_of_page(rows)]
    rows += told("filing", filing.filing)
    rows += told("claiming", claiming.claiming)
    rows += told("sharing by use", sharing.sharing_by_use)
    return rows


def told(what, measurement, *arguments):
    start = time.perf_counter()
    result = measurement(*arguments)
    print(f"{what}: {time.perf_counter() - start:.1f} s", file=sys.stderr, flush=True)
    return result


def print_table(rows):
    print("| what | ours | bare | ratio |\n| --- | ---: | ---: | ---: |")
    for row in rows:
        print(f"| {row.what} | {row.ours:,.2f} {row.unit} | {row.bare:,.2f} {row.unit} | {row.ratio:.2f} |")


if __name__ == "__main__":
    main()
