"""Starting the desk by hand: what is missing or unsafe stops the start with one sentence that says what to do."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test.utils import CaptureQueriesContext

from municipalities.models import Municipality, Person
from tests.factories import make_municipality, make_operator
from tests.processes import database_urls, run_python, superuser

NO_CENTRE = 'There is no shared centre yet: name it with --operator "NAME", or one with --municipality SLUG.'
IMPORT_SETTINGS = ("-c", "import servicecenter.settings")
# A bare checkout has no collected files yet, of which WhiteNoise warns.
IMPORT_WSGI = ("-W", "ignore:No directory at", "-c", "import servicecenter.wsgi")
EXCEPT_DATABASE_URL = dict.fromkeys(["DATABASE_WORKER_URL", "DATABASE_OWNER_URL", "DATABASE_BACKUP_URL"])
WRONG_SETTINGS = [
    (
        EXCEPT_DATABASE_URL,
        f"DATABASE_URL is set, so set {', '.join(EXCEPT_DATABASE_URL)} too (see manage.py create_roles).",
    ),
    (
        {"DATABASE_BACKUP_URL": None},
        "DATABASE_URL is set, so set DATABASE_BACKUP_URL too (see manage.py create_roles).",
    ),
    ({"SECRET_KEY": None}, "Set SECRET_KEY to 50 random characters; DATABASE_URL names a real server."),
    (
        {"REDIS_URL": None},
        "Set REDIS_URL to the address of a Redis server, for example redis://127.0.0.1:6379/0.",
    ),
    (
        {"DATABASE_ROLE": "postgres"},
        "DATABASE_ROLE must be app (web), worker (Celery) or owner (migrations, bulk loads).",
    ),
    ({"DATABASE_URL": "mysql://app@db/desk"}, "DATABASE_URL must begin with postgresql://."),
    ({"DATABASE_OWNER_URL": "/var/lib/desk.sqlite3"}, "DATABASE_OWNER_URL must begin with postgresql://."),
]


def create_superuser(*arguments):
    call_command("createsuperuser", "--noinput", "--email=ida@example.dk", "--name=Ida Holm", *arguments, verbosity=0)


@pytest.mark.parametrize(("changes", "sentence"), WRONG_SETTINGS)
def test_wrong_settings_stop_the_start_with_one_sentence(changes, sentence):
    ended = run_python(*IMPORT_SETTINGS, **changes)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == f"django.core.exceptions.ImproperlyConfigured: {sentence}"


def test_a_command_by_hand_shows_the_sentence_and_nothing_else():
    ended = run_python("manage.py", "check", SECRET_KEY=None)
    sentence = "Set SECRET_KEY to 50 random characters; DATABASE_URL names a real server.\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", sentence)


@pytest.mark.django_db
def test_complete_settings_start():
    ended = run_python(*IMPORT_WSGI)
    assert (ended.returncode, ended.stderr) == (0, "")


ESCAPING = {
    "owner": (lambda: database_urls()["DATABASE_OWNER_URL"], "has BYPASSRLS and owns or may become owner of"),
    "backup": (lambda: database_urls()["DATABASE_BACKUP_URL"], "has BYPASSRLS."),
    "superuser": (superuser, "is a superuser and has BYPASSRLS"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("role", ESCAPING)
def test_the_web_refuses_to_start_as_a_role_that_sees_every_municipality(role):
    address, reason = ESCAPING[role]
    ended = run_python(*IMPORT_WSGI, DATABASE_URL=address())
    last = ended.stderr.splitlines()[-1]
    assert ended.returncode == 1
    assert last.startswith("django.core.exceptions.ImproperlyConfigured: The database role ")
    assert reason in last
    assert last.endswith("Point DATABASE_URL at the application role (manage.py create_roles).")


@pytest.mark.django_db
def test_a_worker_refuses_to_start_as_the_owner():
    command = ("-m", "celery", "--app", "servicecenter", "worker", "--pool=solo")
    ended = run_python(*command, DATABASE_ROLE="owner")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("The database role ")


@pytest.mark.django_db(databases=["default", "owner"])
def test_migrate_works_as_the_owner_unless_told_otherwise(capsys):
    with (
        CaptureQueriesContext(connections["owner"]) as by_owner,
        CaptureQueriesContext(connections["default"]) as by_app,
    ):
        call_command("migrate", plan=True)
    assert capsys.readouterr().out == "Planned operations:\n  No planned migration operations.\n"
    assert any("django_migrations" in query["sql"] for query in by_owner)
    assert not any("django_migrations" in query["sql"] for query in by_app)


@pytest.mark.django_db
def test_a_superuser_belongs_to_the_shared_centre(monkeypatch):
    operator = make_operator()
    make_municipality("Nordby")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "et langt kodeord")
    create_superuser()
    ida = Person.objects.get(email="ida@example.dk")
    assert (ida.municipality, ida.name, ida.is_superuser, ida.is_staff) == (operator, "Ida Holm", True, True)
    assert ida.check_password("et langt kodeord")


@pytest.mark.django_db
def test_a_superuser_can_belong_to_a_named_municipality():
    make_operator()
    north = make_municipality("Nordby")
    create_superuser("--municipality=nordby")
    assert Person.objects.get(email="ida@example.dk").municipality == north


@pytest.mark.django_db
def test_the_first_superuser_brings_the_shared_centre_along():
    create_superuser("--operator=IT-driften")
    operator = Municipality.objects.get()
    assert (operator.kind, operator.name, operator.slug) == ("operator", "IT-driften", "it-driften")


@pytest.mark.django_db
def test_the_shared_centre_keeps_its_name_when_it_is_named_again():
    operator = make_operator()
    create_superuser("--operator=Andet navn")
    assert list(Municipality.objects.all()) == [operator]
    assert Person.objects.get(email="ida@example.dk").municipality == operator


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            (),
            NO_CENTRE,
        ),
        (("--municipality=sydby",), 'There is no municipality "sydby": name one that exists.'),
    ],
)
def test_a_superuser_needs_a_municipality_that_exists(arguments, sentence):
    with pytest.raises(CommandError) as refused:
        create_superuser(*arguments)
    assert str(refused.value) == sentence
    assert not Municipality.objects.exists()
