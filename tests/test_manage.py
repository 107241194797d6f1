"""manage.py by hand: it finds the environment of the set-up, and says in one sentence what is missing."""

import os
import shutil
import subprocess
import sys

import pytest

from servicecenter.local.places import CHECKOUT

OUTSIDE = {"PATH": os.defpath, "HOME": os.environ.get("HOME", "/")}


@pytest.fixture
def bare_python(tmp_path):
    """A Python with no packages, as a machine has it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    return tmp_path / "bare" / "bin" / "python"


def run(python, *words, cwd=CHECKOUT, **environment):
    return subprocess.run(
        [python, "manage.py", *words], cwd=cwd, env=OUTSIDE | environment, capture_output=True, text=True, check=False
    )


def test_the_machines_own_python_becomes_that_of_the_set_up(bare_python):
    result = run(bare_python, "shell", "-c", "import sys; print(sys.prefix)", "--no-imports")

    assert result.stdout.splitlines()[-1] == str(CHECKOUT / ".venv"), result.stderr


def test_without_a_set_up_it_says_what_to_run(bare_python, tmp_path):
    shutil.copy(CHECKOUT / "manage.py", tmp_path)

    result = run(bare_python, "check", cwd=tmp_path)

    assert (result.returncode, result.stderr) == (1, "The set-up is missing or broken: run 'make setup' first.\n")


def test_a_command_reaches_the_database_as_the_web_does():
    result = run(sys.executable, "shell", "--no-imports", "-c", SAYS_WHO_IT_IS)

    assert result.stdout.splitlines()[-1] == "servicecenter_app", result.stderr


def test_migrations_run_as_the_owner():
    result = run(sys.executable, "migrate", "--plan")

    assert result.returncode == 0, result.stderr


def test_a_wrong_environment_stops_with_one_sentence_and_no_traceback():
    result = run(sys.executable, "check", DATABASE_URL="postgresql://app@db.example/desk")

    assert result.returncode == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.stderr


def test_help_needs_no_database():
    result = run(sys.executable, "help")

    assert result.returncode == 0
    assert "create_roles" in result.stdout


SAYS_WHO_IT_IS = (
    "from django.db import connection\n"
    "with connection.cursor() as cursor:\n"
    "    cursor.execute('SELECT current_user')\n"
    "    print(cursor.fetchone()[0])"
)
