"""The signature book of the two offices: desks held by their agents, folders in every state."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from fpdf import FPDF
from itsdangerous import URLSafeSerializer

from connectors import StoredFile
from engine import clock
from engine.absences import DELEGATION
from engine.access import actor_for
from engine.commands import absences, people
from engine.models import db
from engine.transaction import transaction
from tests.office import deliver_all
from workflows import publication
from workflows.parapheur import acts, deposit, files, lists, mails, publishing, typology
from workflows.parapheur.admission import Given
from workflows.parapheur.circuits import APPROVE, Step
from workflows.parapheur.models import Folder
from workflows.parapheur.rules import KEEPER

STEPS = (
    Step(APPROVE, "Visa juridique", ("desk:juridique",)),
    Step(APPROVE, "Visa final", ("desk:assemblees",)),
)
PROCEDURES = (
    "parapheur.evidence", "parapheur.renewal", "parapheur.follow_on", "parapheur.folder",
)  # fmt: skip


def open_book(office: Any) -> None:
    """A book in each region: an officer at a desk, a head who keeps it; folders in the first."""
    ids = office.ids
    publication.load_operations()
    for key in PROCEDURES:
        drawn = publication.read_folder(publication.folders()[key])
        publication.publish(key, drawn, owner_id=ids["region"])
    for suffix, prefix in (("", ""), ("_2", "other_")):
        region = ids[f"region{suffix}"]
        _hold(office, f"{prefix}head", region, KEEPER)
        keeper = office.actor(f"{prefix}head")
        for slug, name in (
            ("juridique", "Direction juridique"),
            ("assemblees", "Assemblées"),
        ):
            ids[f"{slug}{suffix}"] = typology.add_desk(region, slug, name, actor=keeper)
        _hold(office, f"{prefix}officer", region, "desk:juridique")
    _hold(office, "colleague", ids["region"], "desk:assemblees")
    keeper = office.actor("head")
    ids["circuit"] = publishing.publish_circuit(ids["region"], "Visas", STEPS, actor=keeper)
    ids["folder_type"] = typology.add_type(
        ids["region"], "courriers", "Courriers", actor=keeper
    )
    ids["folder_subtype"] = typology.add_subtype(
        ids["folder_type"],
        "simple",
        "Courrier simple",
        actor=keeper,
        circuit=ids["circuit"],
    )
    for name in ("folder", "passed", "refused_folder", "sent_folder"):
        ids[name] = _deposited(office, name)
    acts.approve(_task(ids["passed"]), actor=office.actor("officer"))
    acts.refuse(
        _task(ids["refused_folder"]), actor=office.actor("officer"), reason="Incomplet"
    )
    deliver_all(office.app)
    ids["folder_task"] = _task(ids["folder"])
    ids["folder_file"] = files.current(ids["folder"])[0].file.id
    ids["remark"] = acts.annotate(
        ids["folder_file"], actor=office.actor("officer"), page=1, x=0.1, y=0.1, width=0.2,
        height=0.1, text="À reprendre",
    )  # fmt: skip
    ids["folder_opinion"] = acts.ask_opinion(
        _task(ids["folder"]),
        "desk:assemblees",
        actor=office.actor("officer"),
        question="Oui ?",
    )
    ids["folder_delegation"] = absences.declare(
        ids["officer_person"], ids["head_person"], ids["region"], kind=DELEGATION,
        starts_at=clock.now() + timedelta(days=300), ends_at=clock.now() + timedelta(days=400),
        roles=["desk:juridique"], signs=True, delegation="Arrêté n° 1", actor=office.actor("officer"),
    )  # fmt: skip
    stored = paper(office.app)
    seal = URLSafeSerializer(office.app.secret_key, salt="parapheur-file")
    ids["file_word"] = seal.dumps(
        [
            str(ids["officer_person"]),
            stored.sha256,
            stored.name,
            stored.media_type,
            stored.size,
        ]
    )
    ids["steps"] = (
        '[{"kind":"approve","name":"","desks":["desk:juridique"],"parallel":"","by_hand":false,"working_days":null,"reminder_days":null,"to":[],"target":""}]'
    )
    _send(office)
    _open_everything(office)


def _send(office: Any) -> None:
    """A secure mail of the folder that went on: one link untouched, one opened."""
    ids, addresses = office.ids, ["notaire@etude.test", "maire@commune.test"]
    about = {"id": str(ids["sent_folder"]), "title": "sent", "number": "26-1"}
    with transaction():
        letters = mails.compose_mail(case={}, folder=about, to=addresses)
    ids["mail_secret"], ids["opened_secret"] = (
        letter["page"].removeprefix(mails.PAGE) for letter in letters
    )
    mails.open_link(ids["opened_secret"])
    (waiting,) = [m for m in mails.of_folder(ids["sent_folder"]) if m.opened_at is None]
    ids["secure_mail"] = waiting.id
    ids["sent_file"] = files.current(ids["sent_folder"])[0].file.id
    ids["folder_code"] = db.session.get_one(Folder, ids["passed"]).code


def paper(app: Any, title: str = "Un courrier") -> StoredFile:
    """A real PDF of one page, stored."""
    made = FPDF()
    made.add_page()
    made.set_font("Helvetica", size=14)
    made.cell(text=title)
    storage = app.extensions["partners"]["storage"]
    stored: StoredFile = storage.put(
        bytes(made.output()), name=f"{title}.pdf", media_type="application/pdf"
    )
    return stored


def _deposited(office: Any, title: str) -> UUID:
    made = deposit.deposit(
        actor=office.actor("colleague"), organisation_id=office.ids["region"],
        subtype_id=office.ids["folder_subtype"], author_role="desk:assemblees", title=title,
        files=[Given(paper(office.app))],
    )  # fmt: skip
    deliver_all(office.app)
    return made


def _task(folder_id: UUID) -> UUID:
    db.session.rollback()
    return lists.tasks_of(folder_id)[0].id


def _hold(office: Any, who: str, region: UUID, role: str) -> None:
    person = office.ids[f"{who}_person"]
    people.grant(person, region, role)
    office.cast[who] = actor_for(person)


def _open_everything(office: Any) -> None:
    """Opening a folder for the first time notes it: they have all been opened."""
    for who in ("officer", "colleague", "head"):
        for name in ("folder", "passed", "refused_folder", "sent_folder"):
            acts.mark_read(office.ids[name], actor=office.actor(who))
    db.session.rollback()
