"""What files a folder may hold, before anything is kept."""

from collections.abc import Sequence
from typing import Any

from workflows.parapheur.metadata import PDF, XML
from workflows.parapheur.models import (
    ACTES,
    ANNEX,
    DETACHED,
    HELIOS,
    MAIN,
    PADES,
    PES,
    FolderType,
)

MOST_MAIN, MOST_FILES = 20, 100
LARGEST = 150 * 1024 * 1024
LONGEST_NAME = 255
_ANNEXES = frozenset({PDF, "image/jpeg", "image/png", *XML})


def checked_files(of_type: FolderType, given: Sequence[Any]) -> dict[str, str]:
    """What is wrong with the files of a folder, by `files` or `files.<rank>`, in French."""
    main = [one for one in given if one.kind == MAIN]
    if not main:
        return {"files": "Joignez au moins un document à faire circuler."}
    if len(main) > MOST_MAIN or len(given) > MOST_FILES:
        return {
            "files": f"{MOST_MAIN} documents principaux et {MOST_FILES} fichiers au plus : "
            "déposez plusieurs dossiers."
        }
    if of_type.protocol == ACTES and len(main) > 1:
        return {"files": "Un acte est un seul document : joignez les autres en annexe."}
    found = {}
    for rank, one in enumerate(given):
        if fault := _fault(of_type, one, given):
            found[f"files.{rank}"] = f"{one.file.name[:80]} : {fault}"
    return found


def _fault(of_type: FolderType, one: Any, given: Sequence[Any]) -> str:
    media = one.file.media_type
    if one.kind not in {MAIN, ANNEX, DETACHED}:
        return "dites si c’est un document, une annexe ou une signature."
    if one.file.size <= 0:
        return "ce fichier est vide."
    if one.file.size > LARGEST:
        return "ce fichier dépasse 150 Mo."
    if len(one.file.name) > LONGEST_NAME or "\0" in one.file.name:
        return f"donnez-lui un nom plus simple, de {LONGEST_NAME} caractères au plus."
    if one.kind == DETACHED:
        signs = one.signs if one.signs is not None else -1
        right = 0 <= signs < len(given) and given[signs].kind == MAIN
        return "" if right else "dites quel document cette signature signe."
    if one.kind == ANNEX:
        wrong = of_type.protocol == ACTES and media not in _ANNEXES
        return "une annexe d’acte est un PDF, une image JPEG ou PNG." if wrong else ""
    if of_type.protocol == HELIOS and media not in XML:
        return "un dossier de comptabilité contient un PES, en XML."
    if of_type.protocol == ACTES and media not in {PDF, *XML}:
        return "un acte est un PDF, ou un XML pour un budget."
    if (one.format or of_type.format) == PADES and media != PDF:
        return "ce type de dossiers se signe dans le PDF : joignez un PDF."
    if (one.format or of_type.format) == PES and media not in XML:
        return "ce type de dossiers signe un PES : joignez le XML."
    return ""
