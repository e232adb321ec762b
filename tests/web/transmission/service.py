"""A transmission service with two members, and a caller that speaks as S²LOW's do."""

import base64
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Flask

from connectors.transmission.practice.paper import sheet
from engine import clock
from engine.access import Actor, actor_for
from engine.commands import people
from tests.office import deliver_all
from web.transmission import collecting, sealing
from workflows import publication
from workflows.relay import accounts
from workflows.relay.accounts import Wanted

PDF = sheet("Délibération", ["Aide à la scierie"])
ACTS, PES = "/modules/actes", "/modules/helios"
ACT = {
    "api": "1", "nature_code": "1", "classif1": "7", "classif2": "4", "number": "26CP042",
    "subject": "Aide à l’investissement — scieries",
    "type_acte": "99_DE", "document_papier": "0", "en_attente": "0",
}  # fmt: skip


def decided_on() -> date:
    """A week ago, whenever the tests are run."""
    return clock.today() - timedelta(days=7)


def stem(number: str, siren: str = "200053726") -> str:
    """The identifier of an act that was decided then."""
    return f"021-{siren}-{decided_on():%Y%m%d}-{number}-DE"


def said(answer: Any) -> str:
    """The text of an answer, as S²LOW writes it."""
    return answer.data.decode("iso-8859-1")


_FILES = ("acte_pdf_file", "acte_attachments", "_sign")


@dataclass
class Caller:
    """An application of a member, with its own account."""

    app: Flask
    login: str
    secret: str
    headers: dict[str, str] = field(default_factory=dict)

    def _authorised(self) -> dict[str, str]:
        proof = base64.b64encode(f"{self.login}:{self.secret}".encode()).decode()
        return {"Authorization": f"Basic {proof}", **self.headers}

    def get(self, path: str, **asked: Any) -> Any:
        return self.app.test_client().get(
            path, query_string=asked, headers=self._authorised()
        )

    def post(self, path: str, form: dict[str, Any], **files: Any) -> Any:
        named = {
            name: [(BytesIO(content), title) for title, content in given]
            for name, given in files.items()
        }
        return self.app.test_client().post(
            path,
            data={**form, **named},
            headers=self._authorised(),
            content_type="multipart/form-data",
        )

    def deposit(self, **changes: Any) -> Any:
        """An act with its file, some of it changed: texts, or files as (name, bytes)."""
        form = {**ACT, "decision_date": decided_on().isoformat()}
        files: dict[str, Any] = {"acte_pdf_file": [("Délibération.pdf", PDF)]}
        for name, value in changes.items():
            (files if name.rstrip("[]").endswith(_FILES) else form)[name] = value
        return self.post(f"{ACTS}/actes_transac_create.php", form, **files)

    def sent(self, **changes: Any) -> int:
        """The number of an act that was taken."""
        answer = self.deposit(**changes)
        head, number, *_ = said(answer).splitlines()
        assert head == "OK", said(answer)
        return int(number)

    def status(self, number: int) -> int:
        answer = self.get(f"{ACTS}/actes_transac_get_status.php", transaction=number)
        assert said(answer).startswith("OK\n"), said(answer)
        return int(said(answer).splitlines()[1])


@dataclass
class Service:
    """The office, its members' applications, and its operator."""

    app: Flask
    operator: Actor
    region: UUID
    town: UUID
    caller: Caller
    other: Caller

    def pass_time(self, **duration: float) -> None:
        """Let the State answer, some time later."""
        self.work()
        clock.advance(timedelta(**(duration or {"seconds": 5})))
        self.work()

    def work(self) -> None:
        """Do all that workers would."""
        deliver_all(self.app)
        collecting.collect(self.app)
        deliver_all(self.app)


def open_service(app: Flask) -> Service:
    """Publish the relay, enter two members, and wait for their classification."""
    region = people.add_organisation("member", "Région", slug="region", siren="200053726")
    town = people.add_organisation("member", "Commune", slug="commune", siren="212100543")
    platform = people.add_organisation("platform", "e-bourgogne", slug="platform")
    person = people.add_person("olga@ebg.test", "Olga Durand")
    people.grant(person, platform, "operator")
    operator = actor_for(person)
    for key, folder in publication.folders().items():
        if key.startswith("relay."):
            files = publication.read_folder(folder)
            publication.publish(key, files, owner_id=platform)
    service = Service(
        app, operator, region, town,
        caller=_account(app, region, "region", "11", operator),
        other=_account(app, town, "commune", "31", operator),
    )  # fmt: skip
    service.pass_time()
    return service


def _account(app: Flask, body: UUID, login: str, nature: str, operator: Actor) -> Caller:
    secret = sealing.new_secret()
    wanted = Wanted(body, login, sealing.seal(secret), "021", "1", nature)
    accounts.open_account(wanted, actor=operator)
    return Caller(app, login, secret)
