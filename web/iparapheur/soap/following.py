"""GetHistoDossier, GetDossier, RechercherDossiers: where a folder is, and what it holds.

The last line of a history says where a folder stands. It is `Archive` once the circuit is
over and its record made, so that who fetches then has everything.
"""

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from engine.models import UserTask, db
from web.api import folder_files, folder_telling, folders, keyed
from web.iparapheur import kinds
from web.iparapheur.soap import folders as named
from web.iparapheur.soap.depositing import VISIBILITIES
from web.iparapheur.soap.reading import Node
from web.iparapheur.soap.writing import Answer
from workflows.parapheur import files, lists
from workflows.parapheur.files import Current
from workflows.parapheur.models import (
    ANNEX,
    DETACHED,
    DRAFT,
    FINISHED,
    HELIOS,
    IN_PROGRESS,
    MAIN,
    REFUSED,
    Folder,
    FolderAct,
    FolderSubtype,
    FolderType,
)

ARCHIVED = "Archive"
_DONE = {
    "drafted": "NonLu", "deposited": "NonLu", "corrected": "NonLu", "approved": "Vise",
    "signed": "Signe", "sealed": "CachetOK", "opinion_given": "Lu", "transferred": "Lu",
    "returned": "Lu", "bypassed": "Lu", "mailed": "EnCoursMailSecPastell",
    "transmitted": "EnCoursTransmission", "acknowledged": "TransmissionOK",
    "abandoned": "RejetVisa",
}  # fmt: skip
_REFUSED = {"sign": "RejetSignataire", "seal": "RejetCachet"}
_WAITING = {"approve": "EnCoursVisa", "sign": "NonLu", "seal": "PretCachet"}
_STATES = {
    FINISHED: {ARCHIVED},
    REFUSED: {"RejetVisa", *_REFUSED.values()},
    IN_PROGRESS: {"NonLu", "Lu", "EnCoursVisa", "Vise", "Signe", "PretCachet", "CachetOK"},
}
MOST = 100


@dataclass(frozen=True)
class Line:
    """A line of a history."""

    at: datetime
    who: str
    status: str
    note: str


def history(asked: Node, answer: Answer) -> None:
    """Every line of a folder's history. Raises Problem."""
    folder = named.of(asked.text)
    for line in lines(folder):
        _log(answer, line, line.who)
    answer.told(ok=True)


def lines(folder: Folder) -> list[Line]:
    """What was done to a folder and still holds, then what it waits for."""
    desks = folder_telling.desk_names([folder.organisation_id])
    acts = _acts([folder.instance_id])
    steps = _steps([one.task_id for one in acts if one.kind == "refused" and one.task_id])
    found = [
        Line(one.at, _who(one, desks), status, one.note or one.step)
        for one in acts
        if (status := _status(one, steps))
    ]
    if folder.state == FINISHED and any(one.kind == "proven" for one in acts):
        said = _("Circuit terminé, dossier archivable")
        return [*found, Line(acts[-1].at, keyed.organisation().name, ARCHIVED, said)]
    if folder.state == DRAFT:
        said = _("Dossier en préparation")
        return [
            *found,
            Line(acts[-1].at if acts else folder.deposited_at, "", "NonLu", said),
        ]
    if folder.state == IN_PROGRESS:
        for task in lists.tasks_of(folder.instance_id):
            status = _WAITING.get(task.element_id.partition("_")[0], "EnCoursVisa")
            desk = desks.get(task.role, task.role)
            said = _("Dossier déposé sur le bureau %(desk)s", desk=desk)
            found.append(Line(task.opened_at, desk, status, said))
    return found


def search(asked: Node, answer: Answer) -> None:
    """The folders of the key's desks, the latest first: by type, state or identifier."""
    most = asked.said("NombreDossiers")
    limit = min(int(most), MOST) if most.isdecimal() and len(most) < 6 else MOST  # noqa: PLR2004
    status = asked.said("Status")
    wanted = [one.text.strip() for one in asked.all("DossierID")[:MOST]]
    if wanted:
        found = [one for it in wanted if (one := named.known(it))]
    else:
        found = list(_found(asked, status, limit))
    for folder in found[:limit]:
        last = (lines(folder) or [Line(folder.deposited_at, "", "NonLu", "")])[-1]
        if status in {"", last.status}:
            _log(answer, last, named.identifier(folder), accessible=_reachable(folder))


def _found(asked: Node, status: str, limit: int) -> Iterator[Folder]:
    query: Any = select(Folder).where(
        Folder.organisation_id == keyed.key().organisation_id,
        Folder.author_role.in_(folders.my_desks()),
        Folder.put_away_at.is_(None),
    )
    states = [it for it, told in _STATES.items() if not status or status in told]
    query = query.where(Folder.state.in_(states))
    if kind := asked.said("TypeTechnique"):
        of_kind = select(FolderSubtype.id).join(
            FolderType, FolderType.id == FolderSubtype.type_id
        )
        of_kind = of_kind.where(
            FolderType.organisation_id == keyed.key().organisation_id,
            kinds.named(FolderType, kind),
        )
        if subtype := asked.said("SousType"):
            of_kind = of_kind.where(kinds.named(FolderSubtype, subtype))
        query = query.where(Folder.subtype_id.in_(of_kind))
    latest = query.order_by(Folder.deposited_at.desc(), Folder.instance_id.desc())
    yield from db.session.scalars(latest.limit(limit))


def fetch(asked: Node, answer: Answer) -> None:
    """What a folder holds now: signed once it is; its record is the last of its annexes.

    Raises Problem.
    """
    folder = named.of(asked.text)
    current = files.current(folder.instance_id)
    mains = [one for one in current if one.file.kind == MAIN]
    record = [
        one for one in files.proofs(folder.instance_id)
        if one.version.document.media_type == "application/pdf"
    ]  # fmt: skip
    answer.add("TypeTechnique", folder.subtype.type.name)
    answer.add("SousType", folder.subtype.name)
    answer.add("DossierID", named.identifier(folder))
    if folder.subtype.type.protocol == HELIOS and mains:
        answer.file("FichierPES", mains[0].version.document)
    told = {value: key for key, value in VISIBILITIES.items()}
    answer.add("Visibilite", told.get(folder.visibility, "CONFIDENTIEL"))
    if folder.due_at:
        answer.add("DateLimite", folder.due_at.date().isoformat())
    else:
        nil = "{http://www.w3.org/2001/XMLSchema-instance}nil"
        answer.add("DateLimite").set(nil, "true")
    if mains:
        answer.file("DocPrincipal", mains[0].version.document)
        answer.add("NomDocPrincipal", mains[0].version.document.name)
        _signature(answer, [one for one in current if one.file.kind == DETACHED
                            and one.file.signs_id == mains[0].file.id])  # fmt: skip
    _several(answer, "DocumentsSupplementaires", mains[1:])
    annexes = [one for one in current if one.file.kind == ANNEX]
    _several(answer, "DocumentsAnnexes", [*annexes, *record])
    values = folder.details.get("metadata") or {}
    if values:
        within = answer.add("MetaDonnees")
        for key, value in sorted(values.items()):
            one = answer.add("MetaDonnee", within=within)
            answer.add("nom", key, one)
            said = str(value).lower() if isinstance(value, bool) else value
            answer.add("valeur", said, one)
    answer.told(ok=True)


def _signature(answer: Answer, beside: Sequence[Current]) -> None:
    """What signs the main document beside it; several come in one archive."""
    if len(beside) == 1:
        answer.file("SignatureDocPrincipal", beside[0].version.document)
    elif beside:
        held: IO[bytes] = tempfile.SpooledTemporaryFile(1 << 20)  # noqa: SIM115  closed once sent
        with zipfile.ZipFile(held, "w") as archive:
            for rank, one in enumerate(beside, 1):
                name = f"{rank}-{one.version.document.name.replace('/', '_')}"
                with folder_files.opened(one.version.document) as content:
                    archive.writestr(name, content.read())
        size = held.tell()
        held.seek(0)
        answer.bytes("SignatureDocPrincipal", held, size, "application/zip")


def _several(answer: Answer, name: str, found: Sequence[Current]) -> None:
    if not found:
        return
    within = answer.add(name)
    for one in found:
        document = one.version.document
        made = answer.add("DocAnnexe", within=within)
        answer.add("nom", document.name, made)
        answer.file("fichier", document, made)
        answer.add("mimetype", document.media_type, made)
        answer.add("encoding", "UTF-8", made)


def _log(answer: Answer, line: Line, name: str, accessible: str = "OK") -> None:
    made = answer.add("LogDossier")
    answer.add("timestamp", line.at.isoformat(timespec="milliseconds"), made)
    answer.add("nom", name, made)
    answer.add("status", line.status, made)
    answer.add("annotation", line.note, made)
    answer.add("accessible", accessible, made)


def _reachable(folder: Folder) -> str:
    return "KO" if folder.state == IN_PROGRESS else "OK"


def _acts(ids: Sequence[UUID]) -> list[FolderAct]:
    asked = select(FolderAct).where(
        FolderAct.instance_id.in_(ids), FolderAct.undone_by.is_(None)
    )
    return list(db.session.scalars(asked.order_by(FolderAct.seq)))


def _steps(tasks: Sequence[UUID]) -> dict[UUID, str]:
    """What each task asked, by the word that begins its name in the circuit."""
    asked = select(UserTask.id, UserTask.element_id).where(UserTask.id.in_(tasks))
    return {key: name.partition("_")[0] for key, name in db.session.execute(asked)}


def _status(act: FolderAct, steps: dict[UUID, str]) -> str:
    if act.kind == "refused":
        step = steps.get(act.task_id, "") if act.task_id else ""
        return _REFUSED.get(step, "RejetVisa")
    return _DONE.get(act.kind, "")


def _who(act: FolderAct, desks: folder_telling.Names) -> str:
    return act.person.name if act.person else desks.get(act.role, "")
