"""Acts of the demonstration: signed already, on their way to the prefecture's sandbox.

The workers do the rest within seconds: acknowledgements, publication, letters.
"""

from datetime import timedelta
from uuid import UUID

from flask import Flask

from connectors import ConnectorError
from connectors.transmission.practice.paper import sheet
from engine import clock
from engine.access import actor_for
from engine.commands import people
from engine.directory import person_by_email
from web.legality import collecting
from workflows.legality import accounts
from workflows.legality import acts as register
from workflows.legality.models import LEGALITY_OFFICER

OFFICER = "agathe@region.demo"

ACTS = [
    (
        1,
        [5, 2],
        "2026_DE_101",
        "Adoption du règlement intérieur de l’assemblée régionale",
        9,
    ),
    (1, [7, 1], "2026_DE_102", "Budget primitif 2027 : orientations", 8),
    (1, [8, 7], "PC_DE_103", "Convention pour le transport scolaire dans la Nièvre", 7),
    (2, [6, 4], "2026_AR_104", "Fermeture temporaire du lycée pour travaux", 6),
    (3, [4, 1], "2026_AI_105", "Nomination d’une attachée territoriale", 5),
    (4, [1, 1], "2026_CC_106", "Marché d’entretien des espaces verts", 4),
    (1, [7, 5], "LO_DE_107", "Subventions aux associations sportives", 3),
    (1, [8, 4], "KO_DE_108", "Aménagement de la voie verte du canal", 2),
    (3, [4, 1], "KO_AI_110", "Recrutement d’un chargé de mission", 21),
    (4, [1, 1], "KO_CC_111", "Marché de maintenance des ascenseurs", 12),
    (5, [7, 1], "2026_BF_109", "Décision modificative n° 3", 1),
]
"""Nature, matter, number, subject, days ago: the sandbox reads in a number what to answer."""


def seed(app: Flask, region: UUID, *, acts: bool = True) -> None:
    """Give the region somebody who transmits, its classification, and `acts` on their way."""
    person = person_by_email(OFFICER)
    if person is None:
        raise LookupError(OFFICER)
    people.grant(person.id, region, LEGALITY_OFFICER)
    actor = actor_for(person.id)
    accounts.set_account(
        region, department="021", district="0", nature="11", publishes=True, actor=actor
    )
    try:
        collecting.classification_of(region)
    except ConnectorError:
        return
    for nature, matter, number, subject, ago in ACTS if acts else ():
        act = {
            "nature": nature, "matter": matter, "number": number, "subject": subject,
            "decided_on": (clock.today() - timedelta(days=ago)).isoformat(),
            "on_paper": False,
        }  # fmt: skip
        content = sheet(subject, [f"Acte {number}", "Document de démonstration."])
        kept = app.extensions["partners"]["storage"].put(
            content, name=f"{number}.pdf", media_type="application/pdf"
        )
        file = {
            "sha256": kept.sha256, "name": kept.name, "media_type": kept.media_type,
            "size": kept.size, "document_type": None, "signature_sha256": None,
            "kind": "main", "title": subject,
        }  # fmt: skip
        register.transmit(act, [file], organisation_id=region, actor=actor)


def answer(region: UUID, subtype: UUID) -> None:
    """Let the desk that issued an act answer for it, else the jurists; signed if they wish."""
    person = person_by_email(OFFICER)
    if person is None:
        raise LookupError(OFFICER)
    accounts.set_letters(
        region, to_issuer=True, reply_subtype_id=subtype, actor=actor_for(person.id),
        desks=[{"nature": 1, "matter": "8", "role": "desk:juridique"}],
    )  # fmt: skip
