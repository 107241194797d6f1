"""PostgreSQL and Redis of the fault tests' own, which may be stopped and crashed without disturbing any other test."""

import contextlib
import shutil
import signal
import tempfile
from pathlib import Path

import psycopg2

from servicecenter.local.addresses import ROLES, embedded_urls, superuser_url
from servicecenter.local.places import places
from servicecenter.local.postgres import Postgres
from servicecenter.local.processes import kill_group
from servicecenter.local.redis import Redis
from servicecenter.local.servers import make_folders
from servicecenter.tenancy.roles import create_roles


class Servers:
    def __init__(self, folder: Path):
        self.folder = folder
        self.where = places(folder)
        make_folders(self.where)
        self.postgres = Postgres(self.where)
        self.redis = Redis(self.where)
        self.urls = embedded_urls(folder)

    def start(self):
        self.postgres.begin()
        self.start_redis()
        self.postgres.wait()
        create_roles(superuser_url(self.folder), {name: self.urls[name] for name in ROLES})

    def start_redis(self):
        self.redis.begin()
        self.redis.wait()

    def crash_redis(self):
        kill_group(self.redis.process)

    def crash_postgres(self):
        """As `pg_ctl stop -m immediate`: nothing is written down, every connection is cut, the next start recovers."""
        self.postgres.process.send_signal(signal.SIGQUIT)
        self.postgres.process.wait()

    def ask(self, statement, parameters=None):
        """As the superuser, who sees the rows of all municipalities. Returns the rows, if there are any."""
        connection = psycopg2.connect(self.urls["DATABASE_OWNER_URL"].replace("servicecenter_owner", "postgres", 1))
        with contextlib.closing(connection), connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else None

    def stop(self):
        for server in (self.redis, self.postgres):
            if server.process:
                kill_group(server.process)
        for leftover in {self.folder, self.where.database, self.where.sockets.parent}:
            shutil.rmtree(leftover, ignore_errors=True)


@contextlib.contextmanager
def own_servers():
    folder = Path(tempfile.mkdtemp(prefix="servicecenter-faults-", dir="/tmp"))
    folder.chmod(0o755)
    servers = Servers(folder)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()
