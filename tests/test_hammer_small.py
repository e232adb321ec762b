"""The hammering in small: the same proof as `tests.prove.hammer`."""

import pytest

from tests.prove.hammer import Plan, run, table


@pytest.mark.servers
@pytest.mark.timeout(900)
def test_nobody_loses_a_step_or_does_one_twice() -> None:
    seen = run(Plan(processes=4, cases=6, minutes=1 / 6, kill_every=2))
    assert seen.holds, table(seen)
    assert seen.blows.kills
    assert any(one.end == "done" for one in seen.acts), "what was met in so short is luck"
