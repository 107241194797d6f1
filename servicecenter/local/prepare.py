"""Between the servers and the web: tables, static files, and sample data where the desk is still empty."""

import hashlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command, get_commands

from servicecenter.local.places import places
from servicecenter.local.progress import long_step, step


def main(wishes: list[str]) -> None:
    """`wishes` are options of the command that makes the sample data."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicecenter.settings")
    os.environ["DATABASE_ROLE"] = "owner"  # what is made here crosses municipalities
    django.setup()
    with step("Tables"):
        call_command("migrate", database="owner", verbosity=0)
    collect_static_files()
    if "sample_data" in get_commands() and _is_empty():
        make_sample_data(wishes)
    note_people()


def make_sample_data(wishes: list[str]) -> None:
    """The mark of an unfinished work stays when this process dies in the middle of it; the demo then starts over."""
    unfinished = places().unfinished
    unfinished.touch()
    with long_step("Sample data") as output:
        call_command("sample_data", *wishes, stdout=output)
    unfinished.unlink()


def collect_static_files() -> None:
    """Only when one of them changed: compressing them all takes longer than everything else here."""
    stamp = Path(settings.STATIC_ROOT).with_name("static.made-from")
    made_from = _fingerprint_of_static_files()
    if stamp.exists() and stamp.read_text() == made_from:
        return
    with step("Static files"):
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(made_from)


def note_people() -> None:
    """One line per demo person, for the supervisor to print below the address."""
    lines = io.StringIO()
    if "demo_people" in get_commands():
        call_command("demo_people", stdout=lines)
    places().people.write_text(lines.getvalue())


def _is_empty() -> bool:
    return not apps.get_model(settings.TENANT_MODEL).objects.using("owner").exists()


def _fingerprint_of_static_files() -> str:
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for path in sorted(_static_files()):
        status = path.stat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _static_files() -> Iterator[Path]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            yield Path(storage.path(name))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except CommandError as error:
        sys.exit(str(error))
