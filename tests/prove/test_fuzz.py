"""The fuzzer runs for a few seconds here; for an hour by hand (`docs/evidence`)."""

import sys

from tests.prove import fuzz

SEED = 8


def test_a_few_seconds_of_hostile_expressions_find_nothing():
    score = fuzz.run(SEED, 8)
    assert score.findings == []
    assert score.outcomes.total() > 20
    assert "Findings: **0**" in fuzz.report(score, SEED, 0.1)


def test_a_case_is_the_same_again():
    assert [fuzz.case(1, n) for n in range(30)] == [fuzz.case(1, n) for n in range(30)]


def test_escapes_are_seen():
    escapes = ["on"]
    fuzz._watch(escapes, "open", ("/etc/passwd", "r", 0))
    fuzz._watch(escapes, "import", ("os", None, sys.path, [], []))
    fuzz._watch(escapes, "open", ("/usr/share/zoneinfo/Europe/Paris", "rb", 0))
    assert len(escapes) == 3
