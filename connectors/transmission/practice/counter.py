"""The counter of S²LOW for acts: what it checks before it takes one, an answer, a cancellation."""

import re
import sqlite3
from dataclasses import dataclass
from datetime import date
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from connectors.transmission.practice import ministry, nomenclature
from connectors.transmission.practice.held import (
    ABBREVIATIONS,
    NUMBER,
    Held,
    day,
    identifier,
    later,
    one,
    plan,
)
from connectors.transmission.practice.prefecture import keep, post

LARGEST = 150 * 1024 * 1024
DUPLICATE = (
    "Un acte portant le même numéro interne existe déjà dans la base de données.\n"
    "Il faut peut-être ajouter un suffixe au numéro."
)


class Rejected(Exception):
    """S²LOW does not take it; its own words."""


@dataclass(frozen=True)
class Posted:
    """A file as it came, with its type and its detached signature."""

    name: str
    media_type: str
    content: bytes
    code: str
    signature: bytes | None


def create(held: Held, siren: str, form: MultiDict[str, str], files: Any) -> int:
    """Take an act; its number. Raises Rejected."""
    act = _described(held, form)
    act["unique_id"] = identifier(siren, act["decided_on"], act["number"], act["nature"])
    main = _posted(files.getlist("acte_pdf_file"), [form.get("type_acte", "")],
                   files.getlist("acte_pdf_file_sign"))  # fmt: skip
    if not main:
        raise Rejected("Aucun fichier acte n'a été posté ")
    annexes = _posted(files.getlist("acte_attachments[]"), form.getlist("type_pj[]"),
                      files.getlist("acte_attachments_sign[]"))  # fmt: skip
    _check(main + annexes, act["nature"])
    with held.opened() as db:
        taken = db.execute(
            "SELECT 1 FROM message WHERE siren = ? AND number = ? AND type = 1",
            [siren, act["number"]],
        ).fetchone()
        if taken:
            raise Rejected(DUPLICATE)
        number = _insert(db, held, siren, {**act, "type": 1, "related": None})
        names = _names(act["unique_id"], 1, 1, main + annexes)
        message = ministry.sent(act, names, nomenclature.VERSION)
        keep(db, number, f"{act['unique_id']}-1-1_0.xml", "", "text/xml", message)
        _file(db, number, names, main + annexes)
        post(held, db, number)
    return number


def cancel(held: Held, siren: str, act: str) -> int:
    """Take a cancellation; its number. Raises Rejected."""
    with held.opened() as db:
        known = one(db, "message", act)
        if known is None or known["siren"] != siren:
            raise Rejected("Erreur d'initialisation de la transaction.")
        if known["type"] != 1:
            raise Rejected("Ce type de transaction ne peut pas être annulé.")
        if db.execute(
            "SELECT 1 FROM message WHERE related = ? AND type = 6", [known["id"]]
        ).fetchone():
            raise Rejected(
                "Une demande d'annulation est déjà en cours pour cette transaction."
            )
        if known["status"] != 4:  # noqa: PLR2004
            raise Rejected(
                "Impossible d'annuler une transaction qui n'est pas en état"
                " « Acquittement reçu »."
            )
        facts = {**dict(known), "type": 6, "related": known["id"]}
        number = _insert(db, held, siren, facts)
        keep(db, number, f"{known['unique_id']}-6-1_0.xml", "", "text/xml",
             ministry.cancellation(known["unique_id"]))  # fmt: skip
        plan(db, later(held.now(), held.delay), "cancel", number)
    return number


def answer(held: Held, siren: str, form: MultiDict[str, str], files: Any) -> int:
    """Take an answer to a letter; its number. Raises Rejected."""
    kind = form.get("type_envoie", "")
    if kind not in {"3", "4"}:
        raise Rejected("Type de réponse inconnu.")
    main = _posted(files.getlist("acte_pdf_file"), [form.get("type_acte", "")],
                   files.getlist("acte_pdf_file_sign"))  # fmt: skip
    if not main:
        raise Rejected("Envoi de fichier illégal.")
    others = _posted(files.getlist("acte_attachments[]"), form.getlist("type_pj[]"),
                     files.getlist("acte_attachments_sign[]"))  # fmt: skip
    with held.opened() as db:
        letter = one(db, "message", form.get("id", ""))
        if letter is None or letter["siren"] != siren or letter["type"] not in (2, 3, 4):
            raise Rejected("Numéro de transaction invalide.")
        _check(main + others, letter["nature"])
        facts = {**dict(letter), "related": letter["id"], "answer": kind}
        number = _insert(db, held, siren, facts)
        step = 2 if letter["type"] == 2 else int(kind)  # noqa: PLR2004
        stem, said = letter["unique_id"], letter["type"]
        names = _names(stem, said, step, main + others)
        keep(db, number, f"{stem}-{said}-{step}_0.xml", "", "text/xml",
             ministry.answered(said, step, stem, letter["dated"], names))  # fmt: skip
        _file(db, number, names, main + others)
        plan(db, later(held.now(), held.delay), "answered", number)
    return number


def _described(held: Held, form: MultiDict[str, str]) -> dict[str, Any]:
    """What a form says of an act, or why it cannot be taken."""
    nature, number = form.get("nature_code", ""), form.get("number", "")
    if nature not in {str(code) for code in ABBREVIATIONS}:
        raise Rejected("La nature de l'acte n'est pas correcte")
    if not NUMBER.fullmatch(number):
        raise Rejected("Le numéro n'est pas correct")
    try:
        decided_on = date.fromisoformat(form.get("decision_date", ""))
    except ValueError:
        raise Rejected("La date de décision n'est pas correcte") from None
    if decided_on.isoformat() > day(held.now()):
        raise Rejected("La date de décision est une date dans le futur")
    subject = form.get("subject", "").strip()
    if not subject or len(subject) > 499:  # noqa: PLR2004
        raise Rejected("L'objet de l'acte est absent ou trop long (499 caractères)")
    matter = [form[f"classif{rank}"] for rank in range(1, 6) if form.get(f"classif{rank}")]
    if len(matter) < 2 or not nomenclature.known(matter):  # noqa: PLR2004
        raise Rejected("La classification de l'acte n'est pas correcte")
    return {
        "nature": int(nature),
        "number": number,
        "decided_on": decided_on.isoformat(),
        "subject": subject,
        "matter": ".".join(matter),
        "paper": int(form.get("document_papier") == "1"),
    }


def _posted(
    files: list[FileStorage], codes: list[str], signatures: list[FileStorage]
) -> list[Posted]:
    signed = [it.read() or None for it in signatures]
    return [
        Posted(
            it.filename,
            it.mimetype or "application/octet-stream",
            it.read(),
            codes[rank] if rank < len(codes) else "",
            signed[rank] if rank < len(signed) else None,
        )
        for rank, it in enumerate(files)
        if it.filename
    ]


def _check(files: list[Posted], nature: int) -> None:
    if sum(len(it.content) for it in files) > LARGEST:
        raise Rejected("La taille totale des fichiers est trop importante (max : 150 Mo)")
    for it in files:
        about = f"Erreur lors de la réception du fichier {it.name} :"
        if not it.code:
            raise Rejected(f"{about} typologie absente")
        if not nomenclature.allowed(nature, it.code):
            raise Rejected(f"{about} le type {it.code} n'existe pas pour cette nature")
        if not _readable(it.content):
            raise Rejected(f"{about} son contenu n'est ni PDF, ni XML, ni une image")


def _readable(content: bytes) -> bool:
    starts = (b"%PDF-", b"<?xml", b"\x89PNG", b"\xff\xd8\xff")
    return content.lstrip()[:8].startswith(starts)


def _insert(db: sqlite3.Connection, held: Held, siren: str, facts: dict[str, Any]) -> int:
    row = {"answer": None, "dated": "", **facts, "siren": siren, "at": held.now()}
    number: int = db.execute(
        "INSERT INTO message (siren, type, nature, number, decided_on, subject, matter,"
        " paper, unique_id, status, related, answer, dated, submitted_at) VALUES (:siren,"
        " :type, :nature, :number, :decided_on, :subject, :matter, :paper, :unique_id, 1,"
        " :related, :answer, :dated, :at) RETURNING id",
        row,
    ).fetchone()[0]
    return number


def _names(stem: str, kind: int, step: int, files: list[Posted]) -> list[str]:
    """The ministry's names for some files."""
    endings = [
        re.sub(r"[^a-z0-9]", "", it.name.lower().rpartition(".")[2]) or "pdf"
        for it in files
    ]
    return [
        f"{it.code}-{stem}-{kind}-{step}_{rank}.{ending}"
        for rank, (it, ending) in enumerate(zip(files, endings, strict=True), 1)
    ]


def _file(
    db: sqlite3.Connection, number: int, names: list[str], files: list[Posted]
) -> None:
    """Keep files under the ministry's names."""
    for name, it in zip(names, files, strict=True):
        keep(db, number, name, it.name, it.media_type, it.content,
             signature=it.signature, code=it.code)  # fmt: skip
