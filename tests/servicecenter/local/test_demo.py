"""`make demo`, whole, in a copy of the checkout: its own database, its own port, few tickets."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from servicecenter.local import servers
from servicecenter.local.demo import listening
from servicecenter.local.places import CHECKOUT, places
from servicecenter.local.slots import VARIABLE, slot_of_this_run
from tests.processes import READ_BY_SETTINGS, new_roles, redis_url, superuser, wait_until

LEFT_OUT = shutil.ignore_patterns(".*", "node_modules", "__pycache__", "docs")


@pytest.fixture(scope="module")
def copy():
    folder = Path(tempfile.mkdtemp(prefix="servicecenter-test-", dir="/tmp")) / "En kopi på Ærø"
    folder.parent.chmod(0o755)
    shutil.copytree(CHECKOUT, folder, ignore=LEFT_OUT)
    (folder / "node_modules").symlink_to(CHECKOUT / "node_modules")
    yield folder
    assert servers.wait_until_stopped(folder)
    where = places(folder)
    for leftover in {folder.parent, where.database, where.sockets.parent}:
        shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def demo(folder, *options, **addresses):
    """A running demo and all it has said up to now."""
    outside = {name: value for name, value in os.environ.items() if name not in (*READ_BY_SETTINGS, VARIABLE)}
    environment = {**outside, **addresses}
    said = folder / "said.txt"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "servicecenter.local.demo", *options],
            cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        yield process, said.read_text
    finally:
        process.kill()
        process.wait()


def is_up(process, said):
    return lambda: "Ctrl-C stops everything" in said() or process.poll() is not None


def address(said):
    return re.search(r"^http://127\.0\.0\.1:\d+/$", said(), re.MULTILINE).group()


def front_page(said):
    with urllib.request.urlopen(address(said), timeout=30) as answer:  # noqa: S310
        return answer.status, answer.read().decode()


def processes_of(folder):
    """Whatever runs in the copy or names it."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if str(folder) in words or (entry / "cwd").readlink() == folder:
                found[int(entry.name)] = words
        except OSError:
            continue
    return found


def test_from_nothing_to_people_who_can_sign_in_and_quickly_back(copy):
    with demo(copy, "--tickets", "20") as (process, said):
        wait_until(is_up(process, said), seconds=120)
        assert process.poll() is None, said()
        assert front_page(said)[0] == 200
        assert {line.split()[0] for line in said().splitlines() if "@" in line} >= {
            "requester", "agent", "lead", "finance", "administrator", "director",
        }  # fmt: skip
        wait_until(lambda: "celery@" in (copy / ".local/log/worker.log").read_text(), seconds=30)

        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0  # two seconds, on a machine that does nothing else
        assert processes_of(copy) == {}


@pytest.fixture(scope="module")
def running(copy):
    """A second start, on the data of the first, while somebody else has port 8000."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # somebody's own demo has the port already, which serves as well
            other.bind(("127.0.0.1", 8000))
            other.listen()
        with demo(copy) as (process, said):
            wait_until(is_up(process, said), seconds=60)
            yield process, said


def test_the_next_start_finds_the_data_and_writes_none(running):
    _, said = running

    assert "director" in said()
    assert "Sample data" not in said()
    assert "Static files" not in said()


def test_a_taken_port_is_left_to_its_owner_and_another_one_is_printed(running):
    _, said = running

    assert "Port 8000 is taken" in said()
    assert address(said) != "http://127.0.0.1:8000/"
    assert front_page(said)[0] == 200


def test_a_mail_of_the_desk_is_kept_for_reading(copy, running):
    _, said = running
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    page = address(said) + "glemt-adgangskode/"
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', browser.open(page, timeout=30).read().decode())[1]
    form = {"csrfmiddlewaretoken": token, "municipality": "egedal", "email": "mette@egedal.example"}

    browser.open(page, urllib.parse.urlencode(form).encode(), timeout=30)

    [mail] = wait_until(lambda: list((copy / ".local/mail/new").glob("*")), seconds=60)
    assert b"To: mette@egedal.example" in mail.read_bytes()


def test_a_second_demo_of_the_same_folder_says_so(copy, running):
    result = subprocess.run(
        [sys.executable, "-m", "servicecenter.local.demo"], cwd=copy, capture_output=True, text=True, check=False
    )

    assert result.returncode == 1
    assert "A demo of this folder runs already." in result.stdout


def test_a_crashed_web_comes_back_on_the_same_port(copy, running):
    _, said = running
    for pid, words in processes_of(copy).items():
        if "gunicorn" in words:
            os.kill(pid, signal.SIGKILL)

    wait_until(lambda: "web ended by itself" in said(), seconds=10)
    assert front_page(said)[0] == 200


def test_a_killed_demo_leaves_nothing_behind(copy, running):
    process, _ = running
    wait_until(lambda: "celery@" in (copy / ".local/log/worker.log").read_text(), seconds=30)

    process.kill()
    process.wait()

    wait_until(lambda: not processes_of(copy), seconds=5)


def test_a_wanted_port_that_is_taken_is_refused_in_one_sentence(copy):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with demo(copy, "--port", str(port)) as (process, said):
            assert process.wait(timeout=30) == 1
            assert f"Port {port} of 127.0.0.1 cannot be used" in said()
    assert servers.wait_until_stopped(copy)


def test_interrupted_sample_data_are_thrown_away_and_made_anew(copy):
    (copy / ".local" / "sample-data.unfinished").touch()

    with demo(copy, "--tickets", "10") as (process, said):
        wait_until(is_up(process, said), seconds=120)

        assert "The sample data were interrupted last time; starting over" in said()
        assert "Sample data:" in said()
    assert not (copy / ".local" / "sample-data.unfinished").exists()


@pytest.mark.django_db
def test_named_servers_are_used_and_none_is_started(copy):
    with new_roles(f"demo_test_{slot_of_this_run()}") as addresses:
        addresses |= {"REDIS_URL": redis_url(), "DATABASE_ADMIN_URL": superuser()}
        with demo(copy, "--tickets", "10", **addresses) as (process, said):
            wait_until(is_up(process, said), seconds=120)
            assert process.poll() is None, said()
            assert front_page(said)[0] == 200
            assert "Sample data:" in said()
            assert "PostgreSQL and Redis" not in said()
            assert [words for words in processes_of(copy).values() if "postgres" in words.split()[0]] == []
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=10) == 0


def test_two_demos_that_start_together_listen_on_two_ports():
    with listening("127.0.0.1", [0]) as first:
        wanted = first.getsockname()[1]
        with listening("127.0.0.1", [wanted, 0]) as second:
            assert second.getsockname()[1] != wanted
