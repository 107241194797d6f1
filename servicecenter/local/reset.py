"""`make reset`: throw away what the demo has stored. The next `make demo` starts from nothing."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from servicecenter.local.places import CHECKOUT, Places, places
from servicecenter.local.processes import CannotStart, hold
from servicecenter.local.progress import say
from servicecenter.local.servers import make_folders

DEMO_RUNS = "The demo of this folder runs. Stop it with Ctrl-C first."
SERVERS_ARE_USED = "Something in this folder still uses the servers (a test run or manage.py). End it first."


def reset(checkout: Path = CHECKOUT) -> None:
    """Raises CannotStart while anything uses the data."""
    where = places(checkout)
    make_folders(where)
    with hold(where.local / "demo.lock", seconds=1, otherwise=DEMO_RUNS):
        throw_away(where)


def throw_away(where: Places) -> None:
    with (
        hold(where.local / "start.lock", seconds=1, otherwise=SERVERS_ARE_USED),
        hold(where.local / "keeper.lock", seconds=3, otherwise=SERVERS_ARE_USED),
    ):
        for path in _stored(where):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _stored(where: Places) -> Iterator[Path]:
    yield from where.database.glob("postgresql-*")
    yield from where.local.glob("beat*")
    others = (where.redis, where.media, where.mail, where.people, where.unfinished)
    yield from (path for path in others if path.exists())


if __name__ == "__main__":
    try:
        reset()
    except CannotStart as error:
        sys.exit(str(error))
    say("The demo's data are gone; the next 'make demo' starts from nothing.")
