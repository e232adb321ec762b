"""The migration of many cases in small: the same proof as `tests.prove.migration`."""

import pytest

from tests.prove.migration import run, table


@pytest.mark.servers
@pytest.mark.timeout(900)
def test_the_incompatible_stay_and_the_others_go_on() -> None:
    it, checks = run(60, kills=1)
    assert all(check.holds for check in checks), table(it, checks)
    assert it.kills == 1
