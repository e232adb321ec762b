"""The words of ACTES: namespaces, natures of acts, the 21 messages and their elements."""

from dataclasses import dataclass

ACTES = "http://www.interieur.gouv.fr/ACTES#v1.1-20040216"
INSEE = "http://xml.insee.fr/schema"
SCHEMA_LOCATION = f"{ACTES} actesv1_1.xsd"
ENCODING = "ISO-8859-1"

NATURES = {1: "DE", 2: "AR", 3: "AI", 4: "CC", 5: "BF", 6: "AU"}
"""Délibérations, arrêtés réglementaires, arrêtés individuels, contrats et conventions,
documents budgétaires et financiers, autres."""

DEFAULT_TYPES = {1: "99_DE", 2: "99_AR", 3: "99_AI", 4: "99_DC", 5: "99_BU", 6: "99_AU"}
"""The type of an act's document when nobody says a better one, by nature."""
SIGNATURE_TYPE = "99_SE"

OURS, THEIRS = "body", "prefecture"


@dataclass(frozen=True)
class Kind:
    """One of the messages: its element, who sends it, what answers it."""

    code: str
    element: str
    sender: str
    answered_by: tuple[str, ...] = ()


KINDS = {
    kind.code: kind
    for kind in (
        Kind("1-1", "Acte", OURS, ("1-2", "1-3")),
        Kind("1-2", "ARActe", THEIRS),
        Kind("1-3", "AnomalieActe", THEIRS),
        Kind("2-1", "CourrierSimple", THEIRS, ("2-2",)),
        Kind("2-2", "ReponseCourrierSimple", OURS),
        Kind("3-1", "DemandePieceComplementaire", THEIRS, ("3-2", "3-3", "3-4")),
        Kind("3-2", "ARDemandePieceComplementaire", OURS),
        Kind("3-3", "RefusPieceComplementaire", OURS, ("3-5",)),
        Kind("3-4", "PieceComplementaire", OURS, ("3-5",)),
        Kind("3-5", "ARPieceComplementaire", THEIRS),
        Kind("4-1", "LettreObservations", THEIRS, ("4-2", "4-3", "4-4")),
        Kind("4-2", "ARLettreObservations", OURS),
        Kind("4-3", "RejetLettreObservations", OURS, ("4-5",)),
        Kind("4-4", "ReponseLettreObservations", OURS, ("4-5",)),
        Kind("4-5", "ARReponseRejetLettreObservations", THEIRS),
        Kind("5-1", "DefereTA", THEIRS),
        Kind("6-1", "Annulation", OURS, ("6-2",)),
        Kind("6-2", "ARAnnulation", THEIRS),
        Kind("7-1", "DemandeClassification", OURS, ("7-2", "7-3")),
        Kind("7-2", "RetourClassification", THEIRS),
        Kind("7-3", "ReponseClassificationSansChangement", THEIRS),
    )
}
CODES = {kind.element: kind.code for kind in KINDS.values()}
