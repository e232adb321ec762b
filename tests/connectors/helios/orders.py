"""Payment orders as grants and contracts make them, and the header of a body's PES."""

import hashlib

HEADER = {
    "name": "EBG-400-20261123-001",
    "type": "PESALR2",
    "date": "2026-11-23",
    "post": "021090",
    "siret": "20005372600022",
    "code": "400",
    "budget": "00",
    "label": "RÉGION – BUDGET PRINCIPAL",
    "batches": {
        "expense": {"year": 2026, "number": 12, "annual_total": "150000.00"},
        "revenue": {"year": 2026, "number": 3},
    },
}
INVOICE = b"%PDF-1.7 facture"


def order(number=1, kind="expense", **changes):
    return {
        "kind": kind,
        "number": number,
        "subject": "Aide à l’investissement – séchoir à bois, 2ᵉ acompte (œuvre)",
        "account": "20421",
        "function": "632",
        "amount": "48000.50",
        "third_party": {
            "name": "SCIERIE FICTIVE DU MORVAN",
            "siret": "99999101100019",
            "reference": "T-42",
            "category": "50",
            "legal_nature": "03",
            "address": {"line2": "3 rue des Hêtres", "postal_code": "58120", "city": "Château-Chinon"},
            "iban": "FR76 3000 4010 0001 0208 3911 100",
            "bic": "BNPAFRPP",
        },
        "documents": [
            {
                "unique_id": f"20005372600022DEP2026{number!s:0>8}",
                "name": "Décision d’attribution n° 7.PDF",
                "media_type": "application/pdf",
                "sha256": hashlib.sha256(INVOICE).hexdigest(),
            }
        ],
    } | changes  # fmt: skip
