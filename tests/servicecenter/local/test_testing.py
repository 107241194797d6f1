"""A test run that skips has not passed."""

import os
import subprocess
import sys

import pytest

from servicecenter.local.places import CHECKOUT

CASES = {
    "in the test": "import pytest\ndef test_it(): pytest.skip('no browser here')",
    "by a mark": "import pytest\n@pytest.mark.skip(reason='no browser here')\ndef test_it(): pass",
    "by the module": "import pytest\npytest.skip('no browser here', allow_module_level=True)",
    "by a missing import": "import pytest\npytest.importorskip('no_browser_here')",
}


def run(tmp_path, code):
    (tmp_path / "test_it.py").write_text(code)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "servicecenter.local.testing", "-p", "no:django", "-c", os.devnull,
         "--rootdir", tmp_path, tmp_path],
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("code", CASES.values(), ids=CASES.keys())
def test_a_skip_fails_with_its_reason(tmp_path, code):
    result = run(tmp_path, code)

    assert result.returncode in (1, 2)
    assert "was skipped, and nothing is skipped here" in result.stdout
    assert "no browser here" in result.stdout or "no_browser_here" in result.stdout


def test_what_runs_still_passes_and_an_expected_failure_is_no_skip(tmp_path):
    result = run(tmp_path, "import pytest\ndef test_a(): pass\n@pytest.mark.xfail\ndef test_b(): assert False")

    assert result.returncode == 0
    assert "1 passed, 1 xfailed" in result.stdout
