import os

from servicecenter.local.places import places, running_as_root


def test_data_and_sockets_live_in_the_checkout(checkout):
    where = places(checkout)

    assert where.database == checkout / ".local"
    assert where.sockets == checkout / ".local" / "run"


def test_a_deep_checkout_gets_a_short_folder_for_its_sockets(checkout):
    deep = checkout / ("æ" * 50)
    deep.mkdir(mode=0o755)

    where = places(deep)

    assert where.local == deep / ".local"
    assert len(os.fsencode(where.sockets / ".s.PGSQL.5432")) <= 107
    assert places(checkout).sockets != where.sockets != places(deep.parent).sockets


def test_the_longest_path_that_still_fits_stays_in_the_checkout(checkout):
    room = 107 - len(os.fsencode(checkout)) - len("//.local/run/.s.PGSQL.5432")
    for length, fits in ((room, True), (room + 1, False)):
        folder = checkout / ("x" * length)
        folder.mkdir(mode=0o755)
        assert (places(folder).sockets == folder / ".local" / "run") is fits


def test_in_a_closed_folder_root_keeps_the_database_where_its_account_can_go(checkout):
    checkout.chmod(0o700)

    where = places(checkout)

    expected = "/var/lib/servicecenter-" if running_as_root() else str(checkout)
    assert str(where.database).startswith(expected)
    assert where.local == checkout / ".local"


def test_two_checkouts_share_nothing(checkout):
    checkout.chmod(0o700)
    one, two = checkout / "one", checkout / "two"
    one.mkdir()
    two.mkdir()

    assert places(one).database != places(two).database
    assert places(one).sockets != places(two).sockets


def test_a_link_to_a_checkout_is_the_checkout(checkout):
    link = checkout.with_name(checkout.name + "-link")
    link.symlink_to(checkout)
    try:
        assert places(link) == places(checkout)
    finally:
        link.unlink()
