"""How what the book keeps is called in French, wherever it is told."""

ACTS = {
    "drafted": "Brouillon",
    "deposited": "Dépôt",
    "approved": "Visa",
    "signed": "Signature",
    "sealed": "Cachet",
    "refused": "Refus",
    "returned": "Renvoi à l’étape précédente",
    "transferred": "Transfert",
    "opinion_asked": "Avis complémentaire demandé",
    "opinion_given": "Avis",
    "undone": "Droit de remords",
    "bypassed": "Étape contournée",
    "mailed": "Courriel",
    "transmitted": "Transmission",
    "acknowledged": "Accusé de réception",
    "closed": "Horodatage de clôture",
    "renewed": "Horodatage renouvelé",
    "reminded": "Rappel",
    "corrected": "Correction et nouveau dépôt",
    "resumed": "Remise en circuit après un refus",
    "abandoned": "Abandon",
    "finished": "Fin",
    "chained": "Enchaînement",
    "archived": "Versement à l’archive",
    "proven": "Bordereau de signature",
    "read": "Courriel ouvert",
    "revoked": "Lien révoqué",
}
KINDS = {
    "main": "à signer",
    "annex": "annexe",
    "detached": "signature détachée",
    "evidence": "preuve",
}
QUALITIES = {
    "simple": "signature simple",
    "advanced": "signature avancée",
    "qualified": "signature qualifiée",
    "seal": "cachet",
    "timestamp": "horodatage",
}
SIGNATURES = {"signature": "Signature", "seal": "Cachet", "timestamp": "Horodatage"}
