"""The parts of `make setup` that need no network. It runs on a bare Python, so it is started here as make starts it."""

import os
import subprocess
import sys

import pytest

from servicecenter.local import setup
from servicecenter.local.places import CHECKOUT

SETUP = CHECKOUT / "servicecenter" / "local" / "setup.py"


def test_it_needs_nothing_but_a_bare_python():
    code = f"import runpy, sys; runpy.run_path({str(SETUP)!r}); print({{'django', 'servicecenter'}} & set(sys.modules))"

    result = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout == "set()\n"


def test_a_step_is_done_once_and_again_when_its_source_or_its_result_changed(tmp_path, capsys):
    source, result = tmp_path / "lock", tmp_path / "result"
    source.write_text("one")
    done = []

    def action():
        done.append(source.read_text())
        result.touch()

    def step():
        setup.step("Packages", result, setup.fingerprint(source), action)

    step()
    step()
    assert done == ["one"]
    source.write_text("two")
    step()
    step()
    assert done == ["one", "two"]
    result.unlink()
    step()
    assert done == ["one", "two", "two"]
    assert capsys.readouterr().out.count("Packages … ") == 3


def test_a_step_that_failed_is_done_again(tmp_path):
    result = tmp_path / "result"
    result.touch()

    def fail():
        raise SystemExit("no network")

    with pytest.raises(SystemExit):
        setup.step("Packages", result, "same", fail)
    done = []
    setup.step("Packages", result, "same", lambda: done.append(1))

    assert done == [1]


def test_a_moved_checkout_makes_its_environment_anew():
    here = setup.fingerprint(sys.version, CHECKOUT)

    assert setup.fingerprint(sys.version, CHECKOUT.parent / "elsewhere") != here
    assert setup.fingerprint("3.12", CHECKOUT) != here


def test_what_fails_is_told_with_its_last_words_and_a_hint(tmp_path, monkeypatch):
    monkeypatch.setattr(setup, "LOCAL", tmp_path)
    (tmp_path / "log").mkdir()

    with pytest.raises(SystemExit) as stop:
        setup.run([sys.executable, "-c", "raise SystemExit('no route to host')"], hint="Is the index reachable?")

    assert "no route to host" in str(stop.value)
    assert "Is the index reachable?" in str(stop.value)
    assert "no route to host" in (tmp_path / "log" / "setup.log").read_text()


def test_uv_is_installed_from_the_lock_file_with_its_hashes():
    entry = setup.lock_entry("uv").splitlines()

    assert entry[0].startswith("uv==")
    assert len(entry) > 1
    assert all(line.strip().startswith("--hash=sha256:") for line in entry[1:])


def test_without_a_home_to_write_in_the_caches_go_into_the_checkout(monkeypatch):
    monkeypatch.setenv("HOME", "/nonexistent")
    closed = setup.environment()
    monkeypatch.setenv("HOME", str(CHECKOUT))
    opened = setup.environment()

    caches = str(CHECKOUT / ".local" / "cache")
    assert (closed["HOME"], closed["XDG_CACHE_HOME"]) == (caches, caches)
    assert opened["HOME"] == str(CHECKOUT)


def test_the_variables_of_another_environment_are_left_behind(monkeypatch):
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "/elsewhere")

    assert not {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"} & set(setup.environment())
    assert os.environ["PYTHONPATH"] == "/elsewhere"


def test_an_old_python_is_refused_with_its_version(monkeypatch):
    monkeypatch.setattr(setup.sys, "version_info", (3, 11, 1))

    with pytest.raises(SystemExit, match=r"Python 3\.11\.2 or newer is needed"):
        setup.main()
