"""CreerDossier: a folder deposited by one of the key's desks."""

from collections.abc import Iterator
from datetime import date
from mimetypes import guess_extension
from typing import Any

from flask import request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from connectors import StoredFile
from web.api import folders as api
from web.api import keyed, receiving
from web.api.problems import Problem
from web.iparapheur import kinds
from web.iparapheur.addresses import wrong
from web.iparapheur.soap import folders
from web.iparapheur.soap.reading import Node
from web.iparapheur.soap.writing import Answer
from workflows.parapheur import deposit, withdrawing
from workflows.parapheur.admission import DepositRefused, Given
from workflows.parapheur.models import (
    ABANDONED,
    ANNEX,
    CONFIDENTIAL,
    DESK_PREFIX,
    DETACHED,
    MAIN,
    PUBLIC,
    REFUSED,
    SERVICE,
    FolderSubtype,
)

VISIBILITIES = {"PUBLIC": PUBLIC, "SERVICE": SERVICE, "CONFIDENTIEL": CONFIDENTIAL}
MOST_FILES = 100
_PARTS = 2  # of a matter: « 5.2 » at least


def create(asked: Node, answer: Answer) -> None:
    """Deposit a folder: it starts at once. Raises Problem.

    Under an identifier that circulates or is finished, the answer is that folder: nothing is
    replaced. One that came back refused is to be erased first; its identifier serves again.
    """
    name = asked.said("DossierID")
    title = asked.said("DossierTitre") or name
    made = "" if _there(name) else _deposited(asked, name, title)
    answer.told(ok=True, message=_("Dossier %(name)s soumis dans le circuit", name=title))
    if not name:
        answer.add("DossierID", made)


def _there(name: str) -> bool:
    """Whether a folder lives under this identifier; one given up leaves it. Raises Problem."""
    found = folders.known(name) if name else None
    if found is None:
        return False
    if found.state == REFUSED:
        raise Problem(
            409, "refused-before",
            _(
                "Le dossier %(name)s a été refusé : effacez-le (EffacerDossierRejete) avant "
                "de le déposer de nouveau.",
                name=name,
            ),
        )  # fmt: skip
    if found.state == ABANDONED:
        withdrawing.leave_identifier(found.instance_id, actor=keyed.actor())
        return False
    return True


def _deposited(asked: Node, name: str, title: str) -> str:
    body = keyed.key().organisation_id
    subtype = kinds.subtype_of(body, asked.said("TypeTechnique"), asked.said("SousType"))
    if asked.one("CircuitObligatoire") is not None:
        raise wrong("/CircuitObligatoire", _("Le circuit est celui du sous-type."))
    said = {one.said("nom"): one.said("valeur") for one in _within(asked, "MetaData")}
    try:
        made = deposit.deposit(
            actor=keyed.actor(),
            organisation_id=body,
            subtype_id=subtype.id,
            author_role=_desk(subtype),
            title=title,
            files=list(_files(asked, title)),
            metadata=kinds.typed(subtype, said),
            act=_act(asked.one("MetaDataTdtACTES"), name),
            external_id=name or None,
            origin=api.origin(),
            visibility=_visibility(asked.said("Visibilite")),
            note=asked.said("AnnotationPublique"),
            private_note=asked.said("AnnotationPrivee"),
            due_on=_day("DateLimite", asked.said("DateLimite")),
        )
    except DepositRefused as refused:
        raise Problem(422, "bad-values", errors=api.faults(refused)) from None
    return str(made)


def _desk(subtype: FolderSubtype) -> str:
    """The desk that deposits: the login's, else the only one that may. Raises Problem."""
    mine = api.my_desks()
    login = (request.authorization.username if request.authorization else "") or ""
    named = f"{DESK_PREFIX}{login.strip().removeprefix(DESK_PREFIX)}"
    if named in mine:
        return named
    may = [one for one in mine if one in (subtype.deposit_roles or mine)]
    if len(may) != 1:
        sentence = _(
            "Cette clé siège à plusieurs bureaux : donnez comme identifiant de connexion "
            "celui qui dépose."
        )
        raise wrong("/login", sentence)
    return may[0]


def _files(asked: Node, title: str) -> Iterator[Given]:
    """The main document, its signature, those besides and the annexes. Raises Problem."""
    main = asked.one("DocumentPrincipal")
    if main is None or main.file is None or main.file.empty:
        raise wrong("/DocumentPrincipal", _("Le document principal n’est pas joint."))
    several = [
        *((MAIN, one) for one in _within(asked, "DocumentsSupplementaires")),
        *((ANNEX, one) for one in _within(asked, "DocumentsAnnexes")),
    ]
    if len(several) >= MOST_FILES:
        raise wrong("/DocumentsAnnexes", _("Ce dossier a trop de documents."))
    name = asked.said("NomDocPrincipal") or _named(main, title)
    yield Given(_stored(main, name), MAIN)
    place = 1
    if signature := _signature(asked.one("SignatureDocPrincipal"), name, signs=0):
        yield signature
        place += 1
    for kind, one in several:
        content = one.one("fichier")
        if content is None or content.file is None:
            raise wrong("/fichier", _("Un document annoncé n’est pas joint."))
        name = one.said("nom").strip('"') or _named(content, f"{title}-{place}")
        yield Given(_stored(content, name), kind)
        if kind == MAIN and (it := _signature(one.one("signature"), name, signs=place)):
            yield it
            place += 1
        place += 1


def _signature(node: Node | None, name: str, *, signs: int) -> Given | None:
    if node is None or node.file is None or node.file.empty:
        return None
    ending = "xml" if "xml" in node.attributes.get("contentType", "") else "p7s"
    return Given(_stored(node, f"{name}.{ending}"), DETACHED, signs=signs)


def _stored(node: Node, name: str) -> StoredFile:
    assert node.file is not None
    whole = FileStorage(stream=node.file.content, filename=name)
    stored = receiving.stored(whole, node.name)
    api.refuse_unfit(stored, f"/{node.name}")
    return stored


def _named(node: Node, title: str) -> str:
    """How a document without a name is called."""
    media_type = node.attributes.get("contentType", "").partition(";")[0].strip()
    ending = ".xml" if media_type == "text/xml" else guess_extension(media_type) or ".pdf"
    return f"{title[:100]}{ending}"


def _within(asked: Node, name: str) -> list[Node]:
    """What a list holds: `DocAnnexe`, `MetaDonnee`."""
    found = asked.one(name)
    return found.children if found else []


def _act(node: Node | None, number: str) -> dict[str, Any]:
    """What the State is told of an act; its number is the folder's identifier."""
    said = {it: node.said(it) for it in ("nature", "classification", "date", "objet")} if node else {}  # fmt: skip
    if not any(said.values()):
        return {}
    matter = said["classification"].split(".")
    if not said["nature"].isdecimal() or not all(it.isdecimal() for it in matter):
        sentence = _("MetaDataTdtACTES : nature et classification sont des numéros.")
        raise wrong("/MetaDataTdtACTES", sentence)
    if len(matter) < _PARTS:
        sentence = _("MetaDataTdtACTES : une classification comme 5.2 est attendue.")
        raise wrong("/MetaDataTdtACTES", sentence)
    decided = _day("MetaDataTdtACTES", said["date"])
    return {
        "nature": int(said["nature"]),
        "matter": [int(one) for one in matter],
        "number": number,
        "decided_on": decided.isoformat() if decided else "",
        "subject": said["objet"],
    }


def _visibility(said: str) -> str | None:
    if said and said not in VISIBILITIES:
        raise wrong("/Visibilite", _("Visibilite : PUBLIC, SERVICE ou CONFIDENTIEL."))
    return VISIBILITIES.get(said)


def _day(name: str, said: str) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        sentence = _("%(field)s : une date comme 2026-11-30.", field=name)
        raise wrong(f"/{name}", sentence) from None
