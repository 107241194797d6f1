"""`make check`: everything about the code that needs no running desk. All checks run; the first failure hides none."""

import subprocess
import sys
import time

from servicecenter.local.places import CHECKOUT

CHECKS = {
    "lint": ["-m", "ruff", "check", "--quiet", "."],
    "format": ["-m", "ruff", "format", "--check", "--quiet", "."],
    "types": ["-m", "mypy", "--no-error-summary"],
    "templates": ["-m", "djlint", "templates", "--lint", "--quiet"],
    "migrations": ["manage.py", "makemigrations", "--check", "--dry-run"],
    "configuration": ["manage.py", "check", "--fail-level", "WARNING"],
    "translations": ["-m", "servicecenter.local.translations", "check"],
    "architecture": ["-m", "pytest", "-q", "--no-header", "tests/test_architecture.py"],
}


def main() -> int:
    failed = [name for name, words in CHECKS.items() if not passes(name, words)]
    if failed:
        print(f"\nFailed: {', '.join(failed)}")
    return 1 if failed else 0


def passes(name: str, words: list[str]) -> bool:
    begin = time.monotonic()
    print(f"{name} …", end=" ", flush=True)
    result = subprocess.run([sys.executable, *words], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    outcome = "ok" if result.returncode == 0 else "FAILED"
    print(f"{outcome} ({time.monotonic() - begin:.1f} s)", flush=True)
    if result.returncode != 0:
        print((result.stdout + result.stderr).strip(), flush=True)
    return result.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
