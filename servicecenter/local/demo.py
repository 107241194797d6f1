"""`make demo`: the whole system on this machine, until Ctrl-C.

Order of readiness: PostgreSQL and Redis, roles and database, tables, static files, sample data, web; when the first
page answers, the Celery worker, beat, and a mail server that keeps what the desk sends.
"""

import argparse
import http.client
import os
import select
import signal
import socket
import sys
import time

from servicecenter.local import real_servers, servers
from servicecenter.local.places import CHECKOUT, places
from servicecenter.local.processes import CannotStart, hold, kill_group, spawn
from servicecenter.local.progress import say, step
from servicecenter.local.reset import throw_away
from servicecenter.local.supervisor import Program, Supervisor, python

FIRST_PORT = 8000
MAIL_PORT = 2525
SECONDS_TO_FIRST_PAGE = 60
UNCOMPRESSED = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"  # 1 s instead of 30
CELERY = ["-m", "celery", "-A", "servicecenter.celery"]


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        servers.make_folders(where := places())
        with hold(where.local / "demo.lock", seconds=5, otherwise="A demo of this folder runs already."):
            run(options)
    except KeyboardInterrupt:
        return 0
    except CannotStart as error:
        say(f"\n{error}")
        return 1
    return 0


def run(options: argparse.Namespace) -> None:
    say("Servicecenter starts")
    os.environ.setdefault("STATICFILES_STORAGE", UNCOMPRESSED)
    supervisor = Supervisor(checkout=CHECKOUT, logs=places().logs, say=say)
    try:
        with web_door(options.host, options.port) as door, listening("127.0.0.1", [MAIL_PORT, 0]) as mail_door:
            tell_addresses(door, mail_door)
            start_servers()
            prepare_database(options.tickets)
            start_programs(supervisor, door, mail_door)
            announce(door)
            look_after(supervisor)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
        say("\nStopping")
        supervisor.stop()
        servers.release()
        servers.wait_until_stopped()


def tell_addresses(door: socket.socket, mail_door: socket.socket) -> None:
    """To all programs: what links in mails begin with, and who takes the mails."""
    os.environ.setdefault("DESK_URL", _address(door))
    os.environ.setdefault("EMAIL_URL", f"smtp://127.0.0.1:{mail_door.getsockname()[1]}")


def start_servers() -> None:
    if real_servers.are_named():
        real_servers.make_ready()
        return
    if places().unfinished.exists():
        say("  The sample data were interrupted last time; starting over")
        throw_away(places())
    with step("PostgreSQL and Redis"):
        servers.ensure_started()


def prepare_database(tickets: int | None) -> None:
    wish = ["--tickets", str(tickets)] if tickets else []
    process = spawn(python("-m", "servicecenter.local.prepare", *wish), at_parents_death=signal.SIGKILL, cwd=CHECKOUT)
    try:
        if process.wait() != 0:
            raise CannotStart("The demo stopped there; the lines above tell why.")
    finally:
        kill_group(process)


def start_programs(supervisor: Supervisor, door: socket.socket, mail_door: socket.socket) -> None:
    with step("Web"):
        web = supervisor.start(_web(door))
        _wait_for_first_page(supervisor, web, door)
    supervisor.start(_mail(mail_door))
    supervisor.start(_worker())
    supervisor.start(_beat())


def announce(door: socket.socket) -> None:
    say(f"\n{_address(door)}\n")
    people = places().people.read_text()
    if people:
        say(people)
    say("The desk's mails are kept in .local/mail; 'make mail' shows them.")
    say("Ctrl-C stops everything; the data stay. Logs: .local/log")


def look_after(supervisor: Supervisor) -> None:
    while True:
        supervisor.look_after(now=time.monotonic())
        keeper = servers.connection_to_keeper()
        gone, _, _ = select.select([keeper] if keeper is not None else [], [], [], 0.25)
        if gone:
            say("The keeper of PostgreSQL and Redis ended by itself; starting them again.")
            servers.release()
            servers.ensure_started()


# The programs


def _web(door: socket.socket) -> Program:
    """On a socket that stays open while the web restarts: a visitor waits a moment instead of being turned away."""
    command = python(
        "-m", "gunicorn", "servicecenter.wsgi:application", "--bind", f"fd://{door.fileno()}", "--preload",
        "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--access-logfile", "-", "--no-control-socket",
    )  # fmt: skip
    return Program("web", command, {"DATABASE_ROLE": "app"}, signal.SIGQUIT, keep_open=(door.fileno(),))


def _mail(door: socket.socket) -> Program:
    command = python("-m", "servicecenter.local.mail", "serve", str(door.fileno()))
    return Program("mail", command, keep_open=(door.fileno(),))


def _worker() -> Program:
    """One for both queues; the mail server of a demo never hangs."""
    options = ["--queues", "celery,mail", "--concurrency", "2", "--loglevel", "INFO", "--without-gossip"]
    command = python(*CELERY, "worker", *options)
    if not os.access("/dev/shm", os.W_OK):
        say("/dev/shm cannot be written on this machine, so the worker runs in threads instead of processes.")
        command += ["--pool", "threads"]
    return Program("worker", command, {"DATABASE_ROLE": "worker"}, signal.SIGQUIT)


def _beat() -> Program:
    schedule = places().local / "beat"
    command = python(*CELERY, "beat", "--schedule", str(schedule), "--pidfile", "", "--loglevel", "INFO")
    return Program("beat", command, {"DATABASE_ROLE": "worker"})


# The address


def web_door(host: str, port: int | None) -> socket.socket:
    """On the wanted port, or from 8000 on the first that is free."""
    door = listening(host, [port] if port else [*range(FIRST_PORT, FIRST_PORT + 100), 0])
    if not port and door.getsockname()[1] != FIRST_PORT:
        say(f"  Port {FIRST_PORT} is taken; using {door.getsockname()[1]}")
    return door


def listening(host: str, ports: list[int]) -> socket.socket:
    """On the first of the ports that is free; 0 is whichever the kernel finds. Raises CannotStart."""
    for port in ports:
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, port))
            door.listen(1024)  # at once: two may bind the same port, only one may listen there
        except OSError as error:
            door.close()
            reason = error.strerror
        else:
            return door
    raise CannotStart(f'Port {ports[0]} of {host} cannot be used: {reason}. Choose another with ARGS="--port …".')


def _address(door: socket.socket) -> str:
    host, port = door.getsockname()
    return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/"  # noqa: S104


def _wait_for_first_page(supervisor: Supervisor, web: Program, door: socket.socket) -> None:
    host, port = door.getsockname()
    connection = http.client.HTTPConnection(host, port, timeout=1)
    deadline = time.monotonic() + SECONDS_TO_FIRST_PAGE
    while time.monotonic() < deadline and web.is_running:
        try:
            connection.request("GET", "/")
            status = connection.getresponse().status
        except OSError:
            connection.close()
            continue
        if status >= 500:
            raise CannotStart(f"The first page answers {status}; {supervisor.log_of(web)} tells why.")
        return
    raise CannotStart(f"The web did not start; {supervisor.log_of(web)} tells why.")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 to be reached from other machines")
    parser.add_argument("--port", type=int, help="without it: 8000, or the next free one")
    parser.add_argument("--tickets", type=int, help="how many in new sample data")
    return parser.parse_args(arguments)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
