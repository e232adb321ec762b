"""What proves a folder: the record of its steps, files and signatures, in plain values.

The record (« bordereau de signature »), the PREMIS file and the validation report tell the
same facts, gathered once by `gather`. Private notes and private annotations are not told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import clock
from engine.directory import Organisation, Person
from engine.models import ProcessInstance, db
from workflows.parapheur.metadata import worded
from workflows.parapheur.models import (
    EVIDENCE,
    PES,
    Desk,
    FileSignature,
    FileVersion,
    Folder,
    FolderAct,
    FolderFile,
    SecondOpinion,
)
from workflows.parapheur.signatures import borne, level
from workflows.parapheur.words import ACTS, KINDS, QUALITIES, SIGNATURES, algorithm

Plain = dict[str, Any]
RECORD = "Bordereau de signature"
BY_RECORD = (
    "Rien n’est ajouté au PES que l’État reçoit : ce bordereau, cacheté et horodaté, porte son "
    "empreinte et clôt sa signature."
)


@dataclass(frozen=True)
class Proofs:
    """Everything that is told of one folder, read in a handful of statements."""

    folder: Folder
    number: str
    body: Organisation
    acts: list[FolderAct]
    files: list[tuple[FolderFile, FileVersion]]
    signatures: Mapping[UUID, list[FileSignature]]  # those a file bears, by file
    opinions: list[SecondOpinion]
    desks: Mapping[str, str]
    people: Mapping[UUID, str]
    sheet: FolderFile | None = (
        None  # the record that was made, with its seal in `signatures`
    )

    def current(self) -> list[tuple[FolderFile, FileVersion]]:
        """Each file in its latest version that was not withdrawn."""
        kept = {file.id: (file, v) for file, v in self.files if v.withdrawn_at is None}
        return list(kept.values())

    def level(self, file: FolderFile, one: FileSignature) -> str:
        """The level of a signature of a file today."""
        return level(one, self.signatures[file.id])

    def desk(self, role: str) -> str:
        """How a desk is called; a role that is none, as it is."""
        return self.desks.get(role, role)

    def person(self, person_id: UUID | None) -> str:
        """A person's name; the office itself has none."""
        return self.people.get(person_id, "") if person_id else ""


def gather(folder_id: UUID) -> Proofs:
    """The facts of a folder. Raises NoResultFound."""
    folder = db.session.get_one(Folder, folder_id)
    acts = _all(
        select(FolderAct).where(FolderAct.instance_id == folder_id).order_by(FolderAct.seq)
    )
    files = [
        (file, version)
        for file, version in db.session.execute(
            select(FolderFile, FileVersion)
            .join(FileVersion, FileVersion.file_id == FolderFile.id)
            .where(FolderFile.instance_id == folder_id, FolderFile.kind != EVIDENCE)
            .order_by(FolderFile.position, FileVersion.number)
        ).all()
    ]
    opinions = _all(
        select(SecondOpinion)
        .where(SecondOpinion.instance_id == folder_id)
        .order_by(SecondOpinion.asked_at)
    )
    sheet = db.session.scalar(
        select(FolderFile)
        .where(
            FolderFile.instance_id == folder_id,
            FolderFile.kind == EVIDENCE,
            FolderFile.title == RECORD,
        )
        .order_by(FolderFile.position)
        .limit(1)
    )
    named = {folder.author_id}
    for act in acts:
        named |= {act.person_id, act.on_behalf_of}
    for opinion in opinions:
        named |= {opinion.asked_by, opinion.given_by}
    return Proofs(
        folder,
        db.session.get_one(ProcessInstance, folder_id).number,
        db.session.get_one(Organisation, folder.organisation_id),
        acts,
        files,
        borne({file.id for file, _ in files} | ({sheet.id} if sheet else set())),
        opinions,
        _desks(folder.organisation_id),
        _people(named),
        sheet,
    )


def record(proofs: Proofs) -> Plain:
    """The record, as `rendering.recap` takes it: {title, subtitle, reference, sections, …}."""
    folder = proofs.folder
    return {
        "title": f"Bordereau de signature – {folder.title}"[:300],
        "subtitle": f"{folder.subtype.type.name}, {folder.subtype.name}",
        "reference": proofs.number,
        "sender": {"name": proofs.body.name},
        "code": folder.code,
        "file_name": f"bordereau-{proofs.number}",
        "sections": [
            _about(proofs),
            _steps(proofs),
            *([_opinions(proofs)] if proofs.opinions else []),
            _documents(proofs),
            *_signed(proofs),
        ],
    }


def report(proofs: Proofs) -> Plain:
    """The validation report: each current file with what its signatures are worth."""
    return {
        "folder": proofs.number,
        "title": proofs.folder.title,
        "code": proofs.folder.code,
        "made_at": clock.now().isoformat(),
        "standard": "ETSI EN 319 102-1",
        "files": [
            {
                "title": file.title,
                "name": version.document.name,
                "sha256": version.document.sha256,
                "version": version.number,
                "signatures": [
                    one.report | {"level": proofs.level(file, one), "quality": one.quality}
                    for one in proofs.signatures.get(file.id, [])
                ],
            }
            for file, version in proofs.current()
        ],
    }


def _about(proofs: Proofs) -> Plain:
    folder = proofs.folder
    rows: list[tuple[str, Any]] = [
        ("Numéro", proofs.number),
        ("Objet", folder.title),
        ("Déposé le", moment(folder.deposited_at)),
        ("Déposé par", _seated(proofs, folder.author_id, folder.author_role)),
        ("Terminé le", moment(folder.ended_at)),
        ("Bordereau établi le", moment(clock.now())),
    ]
    said = folder.details.get("metadata") or {}
    fields = folder.subtype.metadata_fields
    rows += [(one["label"], said.get(one["key"])) for one in fields]
    return {"title": "Dossier", "rows": [_row(*one) for one in rows if one[1] is not None]}


def _steps(proofs: Proofs) -> Plain:
    columns = ["Date", "Acte", "Étape", "Bureau et personne", "Remarque"]
    rows = []
    for act in proofs.acts:
        undone = " (annulé par droit de remords)" if act.undone_by else ""
        who = _seated(proofs, act.person_id, act.role) or "le parapheur"
        rows.append(
            [
                moment(act.at),
                ACTS.get(act.kind, act.kind) + undone,
                act.step,
                f"{who}, {act.mention}" if act.mention else who,
                _remark(proofs, act),
            ]
        )
    return {"title": "Étapes", "tables": [{"columns": columns, "rows": rows}]}


def _remark(proofs: Proofs, act: FolderAct) -> str:
    to = act.detail.get("to")
    said = [f"vers {proofs.desk(to)}"] if isinstance(to, str) else []
    addresses = act.detail.get("addresses")
    said += [", ".join(map(str, addresses))] if isinstance(addresses, list) else []
    unique = act.detail.get("unique_id")
    said += [f"identifiant {unique}"] if unique else []
    said += worded(proofs.folder.subtype, act.detail.get("metadata") or {})
    return " – ".join([*said, *([act.note] if act.note else [])])


def _opinions(proofs: Proofs) -> Plain:
    columns = ["Demandé le", "Bureau", "Question", "Avis", "Rendu le"]
    worth = {True: "favorable", False: "défavorable", None: "sans avis"}
    rows = [
        [
            moment(one.asked_at),
            proofs.desk(one.role),
            one.question,
            f"{worth[one.favourable]} – {one.answer}" if one.given_at else "en attente",
            moment(one.given_at),
        ]
        for one in proofs.opinions
    ]
    return {"title": "Avis complémentaires", "tables": [{"columns": columns, "rows": rows}]}


def _documents(proofs: Proofs) -> Plain:
    columns = ["Document", "Nature", "Version", "Octets", "Empreinte SHA-256"]
    rows = [
        [
            f"{file.title} ({version.document.name})",
            KINDS.get(file.kind, file.kind),
            f"{version.number}{' (retirée)' if version.withdrawn_at else ''}",
            version.document.size,
            version.document.sha256,
        ]
        for file, version in proofs.files
    ]
    return {"title": "Documents", "tables": [{"columns": columns, "rows": rows}]}


def _signed(proofs: Proofs) -> list[Plain]:
    """A section for each signature that a file bears today."""
    return [
        {
            "title": f"{SIGNATURES[one.kind]} – {file.title}",
            "rows": _facts(one, proofs.level(file, one)),
        }
        for file, _ in proofs.current()
        for one in proofs.signatures.get(file.id, [])
    ]


def _facts(one: FileSignature, level: str) -> list[Plain]:
    rows = [
        ("Titulaire", one.subject),
        ("Émetteur du certificat", one.issuer),
        ("Numéro de série", one.serial),
        ("Certificat valable", f"du {moment(one.valid_from)} au {moment(one.valid_to)}"),
        ("Signé le (dit par le signataire)", moment(one.signed_at)),
        ("Horodaté le (dit par l’autorité)", moment(one.timestamped_at)),
        ("Format et niveau", f"{one.format.upper()} {level}".strip()),
        ("Clôture", BY_RECORD if one.format == PES else ""),
        ("Qualité", QUALITIES.get(one.quality, one.quality)),
        ("Algorithme", algorithm(one.report)),
        ("Vérification (ETSI EN 319 102-1)", one.indication),
    ]
    return [_row(*each) for each in rows if each[1]]


def _row(label: str, value: Any) -> Plain:
    return {"label": label, "value": value}


def moment(at: datetime | None) -> str:
    """A moment as people read it, in Paris; nothing for none."""
    return f"{at.astimezone(clock.PARIS):%d/%m/%Y à %H:%M:%S}" if at else ""


def _seated(proofs: Proofs, person_id: UUID | None, role: str) -> str:
    parts = (proofs.person(person_id), proofs.desk(role) if role else "")
    return ", ".join(part for part in parts if part)


def _desks(organisation_id: UUID) -> dict[str, str]:
    asked = select(Desk.role, Desk.name).where(Desk.organisation_id == organisation_id)
    return {role: name for role, name in db.session.execute(asked)}


def _people(ids: set[UUID | None]) -> dict[UUID, str]:
    asked = select(Person.id, Person.name).where(Person.id.in_(ids - {None}))
    return {person_id: name for person_id, name in db.session.execute(asked)}


def _all(asked: Any) -> list[Any]:
    return list(db.session.scalars(asked))
