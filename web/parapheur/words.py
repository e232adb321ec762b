"""The words of the book: what an act is called, where a folder stands, what a signature is worth."""

from typing import Any

from flask_babel import lazy_gettext as _

ACTS: dict[str, tuple[Any, str, str]] = {
    "drafted": (_("Brouillon enregistré"), "pencil", ""),
    "deposited": (_("Déposé"), "upload", "info"),
    "approved": (_("Visé"), "check-lg", "ok"),
    "signed": (_("Signé"), "pen", "ok"),
    "sealed": (_("Cacheté"), "shield-check", "ok"),
    "refused": (_("Refusé"), "x-circle", "late"),
    "returned": (_("Renvoyé à l’étape précédente"), "reply", "warn"),
    "transferred": (_("Transféré"), "arrow-right", "info"),
    "opinion_asked": (_("Avis complémentaire demandé"), "question-circle", "info"),
    "opinion_given": (_("Avis complémentaire rendu"), "chat-left-text", "info"),
    "undone": (_("Repris par droit de remords"), "arrow-counterclockwise", "warn"),
    "bypassed": (_("Étape contournée"), "signpost", "warn"),
    "mailed": (_("Envoyé par courriel sécurisé"), "envelope", "info"),
    "transmitted": (_("Transmis"), "send", "info"),
    "acknowledged": (_("Acquitté"), "check-circle", "ok"),
    "closed": (_("Horodaté et clos"), "clock", "ok"),
    "renewed": (_("Horodatage renouvelé"), "clock", "ok"),
    "proven": (_("Preuves établies"), "file-earmark", "ok"),
    "corrected": (_("Corrigé et déposé à nouveau"), "arrow-repeat", "info"),
    "resumed": (_("Remis en circuit"), "arrow-repeat", "info"),
    "abandoned": (_("Abandonné"), "trash", ""),
    "finished": (_("Circuit terminé"), "flag", "ok"),
    "chained": (_("Enchaîné sur un autre dossier"), "link-45deg", "info"),
    "archived": (_("Archivé"), "archive", ""),
    "reminded": (_("Bureau relancé"), "bell", "info"),
}
"""What an act is called, its icon, its colour."""

STATES: dict[str, tuple[Any, str, str]] = {
    "draft": (_("Brouillon"), "pencil", ""),
    "in_progress": (_("En cours"), "hourglass-split", "info"),
    "refused": (_("Refusé"), "x-circle", "late"),
    "finished": (_("Terminé"), "check-circle", "ok"),
    "abandoned": (_("Abandonné"), "trash", ""),
}

QUALITIES = {
    "simple": _("signature simple"),
    "advanced": _("signature avancée"),
    "qualified": _("signature qualifiée"),
    "seal": _("cachet d’établissement"),
}

FORMATS = {
    "auto": _("Selon le fichier"),
    "pades": _("PAdES (dans le PDF)"),
    "cades": _("CAdES (fichier .p7s à côté)"),
    "xades": _("XAdES (fichier XML à côté)"),
    "pes": _("PES (dans le flux HELIOS)"),
}

PROTOCOLS = {
    "none": _("Aucune transmission"),
    "actes": _("ACTES (préfecture)"),
    "helios": _("HELIOS (comptable public)"),
}

VISIBILITIES = {
    "confidential": _("Confidentiel : les bureaux du circuit"),
    "service": _("Service : aussi leurs bureaux supérieurs"),
    "public": _("Public : tous les bureaux de l’organisme"),
}

KINDS = {
    "main": _("Document à signer"),
    "annex": _("Annexe"),
    "detached": _("Signature détachée"),
    "evidence": _("Preuve"),
}

STEPS = {
    "approve": _("Visa"),
    "sign": _("Signature"),
    "seal": _("Cachet"),
    "opinion": _("Avis"),
    "mail": _("Courriel sécurisé"),
    "transmission": _("Transmission"),
    "archive": _("Archivage"),
}

MOMENTS = {
    "deposit": _("au dépôt"),
    "approval": _("au visa ou à la signature"),
    "refusal": _("au refus"),
}

FIELD_KINDS = {
    "text": _("Texte"),
    "date": _("Date"),
    "number": _("Nombre"),
    "choice": _("Choix dans une liste"),
    "boolean": _("Oui ou non"),
}


def verdict(indication: str) -> tuple[Any, str, str]:
    """What an ETSI indication means, its colour, its icon."""
    if indication == "TOTAL-PASSED":
        return _("valide"), "ok", "shield-check"
    if indication == "TOTAL-FAILED":
        return _("non valide"), "late", "x-circle"
    return _("non vérifiable entièrement"), "warn", "exclamation-triangle"
