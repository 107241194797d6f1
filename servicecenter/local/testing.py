"""What a test run needs from this machine, as a pytest plugin (`pytest_plugins` in tests/conftest.py).

The servers run before the first test. And nothing is skipped: a part that cannot run here fails with the reason.
"""

import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from servicecenter.local import real_servers
from servicecenter.local.processes import CannotStart
from servicecenter.local.servers import ensure_started
from servicecenter.local.slots import slot_of_this_run


def pytest_sessionstart() -> None:
    try:
        slot_of_this_run()
        if real_servers.are_named():
            if not _is_part_of_a_run():
                real_servers.make_ready(for_tests=True)
            _ask_whether_the_owner_may_make_databases()
        else:
            ensure_started()
    except (CannotStart, psycopg2.Error) as error:
        pytest.exit(f"The tests cannot run: {error}", returncode=1)


def _is_part_of_a_run() -> bool:
    """One of several processes: the run itself made the roles, which only one at a time can alter."""
    return "PYTEST_XDIST_WORKER" in os.environ


def _ask_whether_the_owner_may_make_databases() -> None:
    with closing(psycopg2.connect(os.environ["DATABASE_OWNER_URL"])) as owner, owner.cursor() as cursor:
        cursor.execute("SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() != (True,):
            raise CannotStart(
                "the owner on the server of DATABASE_URL may not create test databases. Set DATABASE_ADMIN_URL to a"
                " superuser's address, or run manage.py create_roles --for-tests first."
            )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report: Any = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _fail(report, f"{item.nodeid} was skipped, and nothing is skipped here. Its reason: {_reason(report)}")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    report: Any = yield
    if report.skipped:
        _fail(report, f"{report.nodeid} was skipped, and nothing is skipped here. Its reason: {_reason(report)}")
    return report


def _reason(report: Any) -> str:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


def _fail(report: Any, words: str) -> None:
    report.outcome = "failed"
    report.longrepr = words
