"""PostgreSQL, Redis and a browser that come with the set-up, for `make demo`, `make test` and work by hand.

Nothing in here runs where `DATABASE_URL` and `REDIS_URL` name real servers.
"""
