"""An act and a letter of the prefecture in each of two regions, and who transmits them."""

from typing import Any
from uuid import UUID

from engine import clock
from engine.models import db
from engine.transaction import transaction
from workflows.legality import register
from workflows.legality.models import (
    ACKNOWLEDGED,
    ACT,
    DOCUMENTS,
    WHOLE,
    LegalityAct,
    LegalityClassification,
    LegalityDocument,
    LegalityLetter,
    LegalityMessage,
)


def keep(ids: dict[str, Any], document: UUID, suffix: str) -> None:
    """Enter a published act of one region, its document, and a request about it."""
    today = clock.today()
    region, case = ids[f"region{suffix}"], ids[f"case{suffix}"]
    with transaction():
        act = LegalityAct(
            organisation_id=region, instance_id=case, number="2026_DE_001", nature=1,
            matter="5.2", subject="Règlement intérieur de l’assemblée", decided_on=today,
            state=ACKNOWLEDGED, unique_id="021-232100016-20260101-2026_DE_001-DE",
            transmitted_at=clock.now(), acknowledged_on=today, published_on=today,
            published_by="online", version=WHOLE, shown_on=today, enforceable_on=today,
            referral_until=today, reason="", public_subject="",
        )  # fmt: skip
        register.enter(act)
        kept = LegalityDocument(
            act_id=act.id, document_id=document, kind=ACT, document_type="99_DE", position=0
        )
        letter = LegalityLetter(
            organisation_id=region, instance_id=case, act_id=act.id, external_id="77",
            kind=DOCUMENTS, dated=today, received_on=today, due_on=today,
            text="Transmettre le plan de situation.",
        )  # fmt: skip
        message = LegalityMessage(act_id=act.id, instance_id=case, code="1-2", text="Reçu")
        db.session.add_all([kept, letter, message, _classification(region)])
        db.session.flush()
        ids[f"act{suffix}"], ids[f"act_document{suffix}"] = act.id, kept.id
        ids[f"letter{suffix}"] = letter.id
    db.session.rollback()


def _classification(region: UUID) -> LegalityClassification:
    return LegalityClassification(
        organisation_id=region,
        version_date=clock.today(),
        natures=[
            {"code": 1, "label": "Délibérations"},
            {"code": 3, "label": "Individuels"},
        ],
        document_types=[{"nature": 1, "code": "99_DE", "label": "Délibération"}],
        matters=[
            {"code": "5", "label": "Institutions"},
            {"code": "5.2", "label": "Fonctionnement des assemblées"},
        ],
    )
