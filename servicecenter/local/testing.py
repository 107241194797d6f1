"""What a test run needs from this machine, as a pytest plugin (`pytest_plugins` in tests/conftest.py).

The servers run before the first test. And nothing is skipped: a part that cannot run here fails with the reason.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from servicecenter.local.processes import CannotStart
from servicecenter.local.servers import ensure_started
from servicecenter.local.slots import slot_of_this_run


def pytest_sessionstart() -> None:
    try:
        slot_of_this_run()
        if "DATABASE_URL" not in os.environ:
            ensure_started()
    except CannotStart as error:
        pytest.exit(f"The tests cannot run: {error}", returncode=1)


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
