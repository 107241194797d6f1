from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

FRAME = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "SELECT set_config")


@pytest.fixture
def asked():
    """A budget of questions to the database; the request's transaction and scope, the same everywhere, do not count."""

    @contextmanager
    def counted(*, at_most):
        questions = []
        with CaptureQueriesContext(connection) as captured:
            yield questions
        questions += [query["sql"] for query in captured if not query["sql"].startswith(FRAME)]
        assert len(questions) <= at_most, "\n".join(questions)

    return counted
