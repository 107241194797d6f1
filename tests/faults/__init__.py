import pytest

pytest.register_assert_rewrite("tests.faults.clocks")  # a count that is wrong shows itself
