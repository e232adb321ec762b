"""An application carries an agent's signature: the same checks as at the signing desk."""

import base64
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from connectors.signature.authority import authority
from connectors.signature.signers.demo import signed
from engine import clock
from engine.commands import people
from engine.directory import Holding
from engine.journal import JournalEntry
from engine.models import db
from tests.web.parapheur.lots import deposits, signing_book
from tests.web.program import Program, administrator, make_key
from tests.workflows.parapheur.book import Book
from web.parapheur import gesture
from workflows.parapheur import files
from workflows.parapheur.models import Folder, FolderAct


class Application:
    """A key that may carry signatures, and the agent's own key somewhere else."""

    def __init__(self, book: Book, desk: str = "presidence", **key: Any) -> None:
        by = administrator(book.body, f"{desk}-{len(key)}@essai.test")
        token = make_key(book.body, roles=[f"desk:{desk}"], actor=by, **key)[1]
        self.program, self.book, self.desk = (
            Program(book.app, token),
            book,
            book.desks[desk],
        )
        self.tenant = f"/api/v1/tenant/{book.body}"
        self.kept = authority(book.app.extensions["settings"].data, clock.now)
        self.held = self.kept.issue("Présidence Dupont", email="presidence@region.test")

    @property
    def der(self) -> str:
        return base64.b64encode(self.held.der).decode()

    def ask(self, folder: object, *, chain: bool = True) -> Any:
        above = [base64.b64encode(one).decode() for one in self.held.chain] if chain else []
        return self.program.get(
            f"{self.tenant}/folder/{folder}/dataToSign",
            query_string={
                "deskId": str(self.desk), "certBase64": self.der, "chainBase64": above,
            },
        )  # fmt: skip

    def bring(self, folder: Any, holders: Any, task: object = None, **more: Any) -> Any:
        task = task or self.book.tasks(folder)["presidence"]
        path = f"{self.tenant}/desk/{self.desk}/folder/{folder}/task/{task}/sign"
        said = {"certificateBase64": self.der, "dataToSignHolderList": holders}
        return self.program.ask("PUT", path, json=said | more)

    def values(self, holders: Any, key: Any = None) -> Any:
        """What is handed out, each with its value, as i-Parapheur's callers bring it back."""
        return [
            {
                **holder,
                "dataToSignList": [
                    {**it, "signatureValue": base64.b64encode(
                        signed(key or self.held.key, base64.b64decode(it["dataToSignBase64"]))
                    ).decode()}
                    for it in holder["dataToSignList"]
                ],
            }
            for holder in holders
        ]  # fmt: skip


def confirm(book: Book, application: Application, desk: str = "presidence") -> None:
    """The agent shows the certificate once at the signing desk."""
    actor = book.actor(desk)
    gesture.check_owner(
        application.held.der, gesture.person_of(actor), actor=actor, body=book.body
    )


def test_a_folder_is_signed_elsewhere_and_goes_on(app: Flask) -> None:
    book = signing_book(app)
    first, second, third = deposits(book, 3)
    application = Application(book)
    unknown = application.ask(first)
    assert (unknown.status_code, unknown.json["code"]) == (403, "not-the-agent")
    confirm(book, application)
    told = application.ask(first)
    assert told.status_code == 200, told.text
    (document,) = told.json
    assert document["documentId"] == str(files.to_sign(first)[0].file.id)
    signed_ones = application.values(told.json)
    task = book.tasks(first)["presidence"]
    other = application.bring(second, signed_ones)
    assert other.status_code == 404, "these are another folder's"
    done = application.bring(
        first, signed_ones, publicAnnotation="Vu", privateAnnotation="x"
    )
    assert (done.status_code, done.json["state"]) == (200, "DONE"), done.text
    book.settle()
    db.session.rollback()
    assert db.session.get_one(Folder, first).state == "finished"
    act = db.session.query(FolderAct).filter_by(instance_id=first, kind="signed").one()
    assert (act.person_id, act.note, act.private_note) == (
        book.people["presidence"],
        "Vu",
        "x",
    )
    opened = db.session.scalars(
        select(JournalEntry.detail).where(JournalEntry.action == "signing_opened")
    ).all()
    assert any(it.get("application") for it in opened), "it says what carried it"
    replayed = application.bring(first, signed_ones, task)
    assert replayed.status_code == 409 and "n’attend plus rien" in replayed.json["message"]
    assert application.ask(first).status_code == 409, "it is signed"
    # What another key signed, what comes late, or half of it, signs nothing.
    told = application.ask(second).json
    wrong = application.bring(
        second, application.values(told, application.kept.issue("X").key)
    )
    assert wrong.status_code == 422 and "ne correspond pas" in wrong.json["message"]
    assert len(files.versions(files.to_sign(second)[0].file.id)) == 1
    told = application.ask(second).json
    forged = application.values(told)
    forged[0]["dataToSignList"][0]["id"] = forged[0]["dataToSignList"][0]["id"].replace(
        ":", ":z", 1
    )
    assert application.bring(second, forged).status_code == 409
    assert application.bring(second, [{"dataToSignList": []}]).status_code == 422
    assert application.bring(second, []).status_code == 422
    clock.advance(timedelta(minutes=16))
    late = application.bring(second, application.values(told))
    assert late.status_code == 409 and "délai" in late.json["message"]
    told = application.ask(third, chain=False).json  # as it last came
    assert application.bring(third, application.values(told)).json == {
        "state": "DONE", "level": done.json["level"],
    }  # fmt: skip


def test_nobody_s_signature_is_carried_for_another(app: Flask) -> None:
    book = signing_book(app)
    (folder,) = deposits(book, 1)
    application = Application(book)
    confirm(book, application)
    for odd in ("", "é", "AAAA"):
        answer = application.program.get(
            f"{application.tenant}/folder/{folder}/dataToSign",
            query_string={"deskId": str(application.desk), "certBase64": odd},
        )
        assert answer.status_code == 422 and answer.json["message"]
    weak = Application(book, scopes=["folders:read", "folders:write"])
    weak.held = application.held
    assert weak.ask(folder).json["code"] == "missing-scope"
    elsewhere = Application(book, "dgs")
    elsewhere.held = application.held
    assert elsewhere.ask(folder).status_code in {403, 404}, "a key of another desk"
    neighbour = application.program.get(
        f"/api/v1/tenant/{book.office.department}/folder/{folder}/dataToSign",
        query_string={"deskId": str(application.desk), "certBase64": application.der},
    )
    assert neighbour.status_code == 404
    # The certificate of an agent who does not sit there, one that ended, one in two hands.
    mine, application.held = (
        application.held,
        application.kept.issue("Direction Générale", email="dgs@region.test"),
    )
    confirm(book, application, "dgs")
    assert application.ask(folder).json["code"] == "not-the-agent"
    application.held = mine
    told = application.ask(folder).json
    seat = select(Holding).where(
        Holding.person_id == book.people["presidence"], Holding.role == "desk:presidence"
    )
    people.withdraw(db.session.scalars(seat).one().id, by=None)
    left = application.bring(folder, application.values(told))
    assert left.json["code"] == "not-the-agent", "the agent left the desk meanwhile"
    people.grant(book.people["presidence"], book.body, "desk:presidence")
    clock.advance(timedelta(days=300))
    application.held = application.kept.issue(
        "Présidence Dupont", email="presidence@region.test",
        valid=(clock.now() - timedelta(days=90), clock.now() + timedelta(days=9)),
    )  # fmt: skip
    confirm(book, application)
    clock.advance(timedelta(days=10))
    ended = application.ask(folder)
    assert ended.status_code == 422 and "a expiré" in ended.json["message"]
