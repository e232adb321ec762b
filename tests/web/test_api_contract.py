"""The API keeps what its description says, whatever it is sent: Schemathesis, all checks on.

Examples, coverage of every constraint, fuzzing, and sequences of operations linked by what
they answer. `EBG_API_EXAMPLES` says how many examples an operation is given: few by default.
"""

import os
from collections import Counter
from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.python import wsgi
from werkzeug import Client

from engine.models import db
from tests.web import small_procedure
from tests.web.program import Program, make_key
from tests.web.small_procedure import ANSWERS, KEY
from web import limits
from web.api.declaring import OPERATIONS

EXAMPLES = int(os.environ.get("EBG_API_EXAMPLES", "3"))

ACCEPTED = ["2xx", "401", "403", "404", "409", "412", "422"]
"""How an operation may answer what fits its description: see `refused_for_a_reason`."""

BEYOND_A_SCHEMA = {
    "unknown-body",
    "bad-cursor",
    "bad-values",
    "bad-url",
    "bad-file",
    "stale",
    "key-reused",
}
"""What no JSON Schema of ours can say: a cursor is one that was given, values fit the form of
their procedure, an address is of the public internet, a file holds what its name says."""


@schemathesis.check
def refused_for_a_reason(_context: Any, response: Any, case: Any) -> None:
    """What fits the description is only refused for what a description cannot say."""
    fits = case.meta and case.meta.generation.mode.is_positive
    if fits and response.status_code in {400, 412, 413, 415, 422, 428}:
        assert response.json()["code"] in BEYOND_A_SCHEMA, response.json()


class Caller(Client):
    """Calls the application; Schemathesis tells it things that only sockets know."""

    def open(self, *arguments: Any, **options: Any) -> Any:
        for name in ("max_redirects", "verify", "cert", "proxies"):
            options.pop(name, None)
        return super().open(*arguments, **options)


def configuration(token: str) -> SchemathesisConfig:
    """Everything on; each request carries the key."""
    return SchemathesisConfig.from_dict(
        {
            "seed": 26,
            "headers": {"Authorization": f"Bearer {token}"},
            "continue-on-failure": True,
            "generation": {
                "max-examples": EXAMPLES,
                "deterministic": True,
                "no-shrink": True,
            },
            "phases": {"stateful": {"generation": {"max-examples": EXAMPLES}}},
            "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
        }
    )


def failures(app: Flask, token: str) -> tuple[list[str], Counter[str]]:
    """What breaks the contract, and how many requests each operation was sent."""
    schema = schemathesis.openapi.from_wsgi(
        "/api/v1/openapi.json", app, config=configuration(token)
    )
    found, sent = dict[str, None](), Counter[str]()
    for event in from_schema(schema).execute():
        if isinstance(event, (NonFatalError, FatalError)):
            found[f"error: {event.label} {event.value!r}"] = None
        if isinstance(event, ScenarioFinished):
            for case_id, case in event.recorder.cases.items():
                sent[case.value.operation.label] += 1
                for check in event.recorder.checks.get(case_id, []):
                    if check.failure_info is not None:
                        failure = check.failure_info.failure
                        told = f"{case.value.operation.label}: {check.name}: {failure.title}: {failure.message}"
                        found[f"{told}\n    {check.failure_info.code_sample[:1500]}"] = None
    return list(found), sent


@pytest.fixture
def unlimited() -> Any:
    was, limits.limiter.enabled = limits.limiter.enabled, False
    yield
    limits.limiter.enabled = was


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("who", ["company", "region"])
def test_the_api_does_what_it_describes(
    app: Flask, unlimited: None, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    monkeypatch.setattr(wsgi, "get_client", Caller)
    load_all_checks()
    ground = small_procedure.prepare(app)
    ground.begin()
    roles = {"company": [], "region": ["case_officer"]}[who]
    _, token = make_key(getattr(ground.office, who), roles=roles)
    program = Program(app, token)
    if who == "company":
        draft = {"procedure": KEY, "values": {"title": "Une scie"}}
        assert program.post("/drafts", draft).status_code == 201
        assert ANSWERS
    hook = {"url": "https://logiciel.example.org/", "events": ["case.filed"]}
    assert program.post("/webhooks", hook).status_code == 201
    db.session.rollback()
    found, sent = failures(app, token)
    assert not found, "\n\n".join(found)
    every = {f"{one.method} {one.path}" for one in OPERATIONS}
    assert every - sent.keys() <= {"GET /openapi.json"}, "each is tried"
