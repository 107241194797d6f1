"""A real Chromium for the tests, from the packed files of an npm package, on a machine that has none of its libraries.

Only the files are used, not the package's code: that unpacks the libraries on one cloud only, into a shared folder, and
starts the browser with arguments that hide faults. Its own font list points nowhere, and pages would show no text.
"""

import io
import json
import os
import shutil
import tarfile
from pathlib import Path
from typing import Any

import brotli

from servicecenter.local.places import CHECKOUT
from servicecenter.local.processes import CannotStart, hold

PACKAGE = Path("node_modules") / "@sparticuz" / "chromium"
ARGUMENTS = [
    "--no-sandbox",  # its sandbox needs what containers and root do not have
    "--disable-dev-shm-usage",  # that folder may be tiny
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
  <alias><family>serif</family><prefer><family>Open Sans</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>Open Sans</family></prefer></alias>
</fontconfig>
"""


def launch_options(checkout: Path = CHECKOUT) -> dict[str, Any]:
    """For Playwright's `launch`. Unpacks the browser the first time, which takes some seconds."""
    folder = unpacked(checkout)
    environment = os.environ | {
        "LD_LIBRARY_PATH": str(folder / "lib"),
        "FONTCONFIG_FILE": str(folder / "fonts.conf"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    return {"executable_path": str(folder / "chromium"), "args": ARGUMENTS, "env": environment}


def unpacked(checkout: Path = CHECKOUT) -> Path:
    """The folder of the browser. Raises CannotStart when its package is missing."""
    package = checkout / PACKAGE
    if not (package / "package.json").exists():
        raise CannotStart(f"{PACKAGE} is missing: run 'make setup'.")
    version = json.loads((package / "package.json").read_text())["version"]
    folder = checkout / ".local" / f"chromium-{version}"
    folder.parent.mkdir(exist_ok=True)
    with hold(folder.with_name("chromium.lock"), seconds=120):
        if not folder.exists():
            draft = folder.with_name(folder.name + ".draft")
            shutil.rmtree(draft, ignore_errors=True)
            _unpack(package / "bin", draft)
            draft.rename(folder)
    return folder


def _unpack(packed: Path, folder: Path) -> None:
    folder.mkdir()
    for archive in sorted(packed.glob("*.tar.br")):
        with tarfile.open(fileobj=io.BytesIO(brotli.decompress(archive.read_bytes()))) as files:
            files.extractall(folder)  # noqa: S202  from a package whose hash is locked
    program = folder / "chromium"
    program.write_bytes(brotli.decompress((packed / "chromium.br").read_bytes()))
    program.chmod(0o755)
    (folder / "fonts.conf").write_text(FONTS)
