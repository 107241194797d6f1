import shutil
import tempfile
from pathlib import Path

import pytest

from servicecenter.local import servers
from servicecenter.local.places import places


@pytest.fixture
def checkout():
    """An empty folder that stands for a clone of its own, with its own servers."""
    folder = _new_folder()
    yield folder
    _remove(folder)


@pytest.fixture(scope="module")
def furnished():
    """A clone whose database was made once, in a folder with a name that people give."""
    folder = _new_folder() / "Ørsted & co 50 %"
    folder.mkdir(mode=0o755)
    yield folder
    _remove(folder)
    folder.parent.rmdir()


@pytest.fixture
def desk(furnished):
    """The same, with nothing running in it, before and after."""
    yield furnished
    servers.release(furnished)
    assert servers.wait_until_stopped(furnished)


def _new_folder():
    folder = Path(tempfile.mkdtemp(prefix="servicecenter-test-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


def _remove(folder):
    servers.release(folder)
    assert servers.wait_until_stopped(folder)
    where = places(folder)
    for leftover in {folder, where.database, where.sockets.parent}:
        shutil.rmtree(leftover, ignore_errors=True)
