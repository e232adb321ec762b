"""A version changed, compared, published by a second person, followed by a thousand cases that
run, then taken back.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask
from playwright.sync_api import Browser

from engine.access import Actor, actor_for
from engine.commands import cases
from tests.browser import serving
from tests.browser.reader import Reader
from tests.browser.serving import Served
from tests.web import designing
from tests.web.browser import client

pytestmark = pytest.mark.timeout(900)

CASES = 1000
BEFORE, AFTER = "Instruire la demande", "Instruire la demande à deux"
PROCEDURE = f"/concepteur/procedures/{designing.KEY}"


@dataclass
class Service:
    """The office as it is served, its draft, and the cookies of those who work on it."""

    sessions: dict[str, str] = field(default_factory=dict)
    draft: str = ""
    served: Served | None = None

    def furnish(self, app: Flask) -> None:
        """A thousand cases wait at the step of version 1."""
        studio = designing.prepare(app)
        self.draft = f"/concepteur/brouillons/{studio.draft}"
        office = studio.office
        for number in range(CASES):
            cases.start(
                studio.definition, {"amount": number + 1},
                actor=office.applicant, applicant_id=office.company,
            )  # fmt: skip
        for name in ("didier", "lea"):
            self.sessions[name] = _cookie(app, getattr(studio, name))

    def enter(self, chromium: Browser, who: str) -> Reader:
        assert self.served is not None
        reader = Reader(chromium, self.served.url, javascript=True)
        reader.page.set_default_timeout(60_000)
        reader.context.add_cookies(
            [{"name": "session", "value": self.sessions[who], "url": self.served.url}]
        )
        return reader


def _cookie(app: Flask, actor: Actor) -> str:
    assert actor.person_id is not None
    cookie = client(app, actor_for(actor.person_id)).get_cookie("session")
    assert cookie is not None
    return cookie.value


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = Service()
    with serving.office(tmp_path_factory.mktemp("service"), made.furnish) as served:
        made.served = served
        yield made


def test_compare_publish_migrate_a_thousand_and_take_back(
    chromium: Browser, service: Service
) -> None:
    didier = service.enter(chromium, "didier")
    change(didier, service.draft)
    compare(didier, service.draft)
    request = ask(didier, service.draft)
    lea = service.enter(chromium, "lea")
    publish(lea, request)
    migrate(didier)
    take_back(didier)
    for reader in (didier, lea):
        reader.leave()


def change(didier: Reader, draft: str) -> None:
    """As the editor saves it."""
    didier.open(draft)
    read = didier.context.request.get(f"{draft}/fichiers/process.bpmn")
    assert BEFORE in read.text(), read.text()
    token = didier.page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    answer = didier.context.request.put(
        f"{draft}/fichiers/process.bpmn",
        data=read.text().replace(BEFORE, AFTER),
        headers={"If-Match": read.headers["etag"], "X-CSRFToken": token},
    )
    assert answer.ok, answer.text()


def compare(didier: Reader, draft: str) -> None:
    didier.open(draft)
    didier.follow("Comparer")
    didier.reads("process.bpmn", "un changement", BEFORE, AFTER)
    didier.page.wait_for_selector("[data-ebg-drawn]")
    didier.look("compare")


def ask(didier: Reader, draft: str) -> str:
    didier.open(draft)
    didier.follow("Demander la publication")
    didier.fill("Commentaire", "À deux, comme la loi le demande.")
    if (read := didier.page.get_by_label("J’ai lu ces points")).count():
        read.check()
    didier.press("Demander la publication")
    didier.reads("La publication est demandée")
    assert not didier.page.get_by_role("button", name="Accepter et publier").count(), (
        "one's own request"
    )
    return didier.page.url


def publish(lea: Reader, request: str) -> None:
    lea.open(request)
    lea.follow("Comparer sur le schéma")
    lea.reads(BEFORE, AFTER)
    lea.open(request)
    lea.press("Accepter et publier")
    lea.reads("les nouveaux dossiers suivent la version 2")


def migrate(didier: Reader) -> None:
    didier.open(PROCEDURE)
    didier.reads("1000")
    didier.follow("Migrer")
    didier.fill("Motif", "Même procédure, mieux dite")
    didier.press("Lancer l’essai à blanc")
    didier.wait_to_read(f"{CASES} sur {CASES}", seconds=240)
    didier.reads("Rien n’est changé")
    didier.look("migration-rehearsed")
    didier.open(PROCEDURE)
    didier.reads("version 2 en service")
    didier.page.go_back()
    didier.press("Migrer les dossiers")
    didier.wait_to_read(f"{CASES} sur {CASES}", seconds=240)
    didier.look("migration-done")


def take_back(didier: Reader) -> None:
    didier.open(PROCEDURE)
    didier.follow("version 2")
    didier.reads("1000")
    didier.follow("Retirer cette version")
    didier.fill("Motif", "La seconde personne manque en août")
    didier.press("Retirer cette version")
    didier.reads("version 1 en service")
    didier.look("taken-back")
