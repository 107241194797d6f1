import redis
from psycopg2.extensions import parse_dsn

from servicecenter.local.addresses import celery_broker, embedded_urls, redis_database
from servicecenter.local.places import places


def test_every_role_has_an_address_that_postgresql_understands(checkout):
    odd = checkout / "Ørsted & co 50 %"
    odd.mkdir(mode=0o755)

    urls = embedded_urls(odd)

    assert {name: parse_dsn(url) for name, url in urls.items() if name.startswith("DATABASE")} == {
        f"DATABASE{name}_URL": {
            "user": f"servicecenter_{role}",
            "dbname": "servicecenter",
            "host": str(places(odd).sockets),
            "port": "5432",
        }
        for name, role in {"": "app", "_WORKER": "worker", "_OWNER": "owner", "_BACKUP": "backup"}.items()
    }


def test_nothing_is_started_or_written_by_asking(checkout):
    embedded_urls(checkout)

    assert list(checkout.iterdir()) == []


def test_redis_finds_its_socket_in_a_folder_of_any_name(checkout):
    odd = checkout / "Ørsted & co 50 %"
    odd.mkdir(mode=0o755)

    client = redis.from_url(embedded_urls(odd)["REDIS_URL"]).connection_pool.connection_kwargs

    assert (client["path"], client["db"]) == (str(places(odd).sockets / "redis.sock"), 0)


def test_the_cache_has_a_database_of_its_own(checkout):
    assert redis_database(embedded_urls(checkout)["REDIS_URL"], 1).endswith("/redis.sock?db=1")
    assert redis_database("redis://:secret@cache.example:6379/0", 1) == "redis://:secret@cache.example:6379/1"
    assert redis_database("rediss://cache.example", 3) == "rediss://cache.example/3"


def test_a_real_server_is_named_to_celery_as_it_is():
    assert celery_broker("redis://queue.example:6379/2") == "redis://queue.example:6379/2"
