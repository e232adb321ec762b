"""What the tables of acts and letters say, in the words of people."""

from flask_babel import lazy_gettext as _

from workflows.legality import models, search

PROBLEMS = {
    "nature": _("Nature : choisissez-en une dans la liste."),
    "matter": _("Matière : choisissez-la dans la classification, à deux niveaux au moins."),
    "matter_unknown": _("Matière : ce code n’est pas dans la classification en vigueur."),
    "number": _(
        "Numéro : 15 lettres capitales, chiffres ou « _ » au plus, sans espace ni tiret, "
        "et sans « _ » au début ou à la fin."
    ),
    "number_taken": _("Numéro : un autre acte de cette collectivité le porte déjà."),
    "decided_on": _("Date de la décision : indiquez un jour, par exemple 14/03/2026."),
    "decided_later": _("Date de la décision : elle ne peut pas être dans l’avenir."),
    "subject": _("Objet : dites-le en 1 à 499 caractères."),
    "document_type": _("Type de pièce : choisissez-en un de la nature de l’acte."),
    "no_file": _("Fichier de l’acte : joignez l’acte au format PDF."),
}
"""What is wrong with an act: `workflows.legality.checking` names it."""

NATURES = {
    1: _("Délibérations"),
    2: _("Actes réglementaires"),
    3: _("Actes individuels"),
    4: _("Contrats, conventions et avenants"),
    5: _("Documents budgétaires et financiers"),
    6: _("Autres"),
}
"""While the classification of a body has not been received."""

STATES = {
    models.PREPARED: (_("À transmettre"), "", "pencil"),
    models.SENT: (_("Transmis, accusé attendu"), "info", "hourglass-split"),
    models.ANOMALY: (_("Refusé, à corriger"), "late", "exclamation-circle"),
    models.ACKNOWLEDGED: (_("Accusé de réception reçu"), "ok", "check-circle"),
    models.CANCELLED: (_("Annulé"), "", "x-circle"),
    models.ABANDONED: (_("Abandonné"), "", "x-circle"),
    models.EXEMPT: (_("Non soumis à transmission"), "ok", "check-circle"),
}
"""State of an act: what is written, its colour, its picture."""

DUE = {
    search.LATE: (_("En retard"), "late", "exclamation-circle"),
    search.NEAR: (_("Échéance proche"), "warn", "hourglass-split"),
}
"""Where an act that the prefecture awaits is from its last day."""

LETTERS = {
    models.LETTER: _("Courrier simple"),
    models.DOCUMENTS: _("Demande de pièces complémentaires"),
    models.OBSERVATIONS: _("Lettre d’observations"),
    models.REFERRAL: _("Déféré au tribunal administratif"),
}
LETTER_STATES = {
    models.RECEIVED: (_("À traiter"), "warn", "envelope"),
    models.ANSWERED: (_("Répondue"), "ok", "check-circle"),
    models.REFUSED: (_("Refusée"), "", "x-circle"),
    models.CLOSED: (_("Close"), "ok", "check-circle"),
}

MEANS = {
    "online": _("Publication en ligne"),
    "display": _("Affichage"),
    "notice": _("Notification aux intéressés"),
}
"""How an act is published."""

DOCUMENTS = {
    models.ACT: _("Acte"),
    models.ANNEX: _("Annexe"),
    models.SIGNATURE: _("Signature détachée"),
    models.STAMPED: _("Acte tamponné"),
    models.REDACTED: _("Version occultée"),
}

MESSAGES = {
    "1-1": _("Acte transmis"),
    "1-2": _("Accusé de réception"),
    "1-3": _("Anomalie"),
    "2-1": _("Courrier simple reçu"),
    "2-2": _("Réponse au courrier"),
    "3-1": _("Demande de pièces reçue"),
    "3-2": _("Accusé de la demande de pièces"),
    "3-3": _("Refus de transmettre les pièces"),
    "3-4": _("Pièces transmises"),
    "3-5": _("Accusé des pièces"),
    "4-1": _("Lettre d’observations reçue"),
    "4-2": _("Accusé de la lettre d’observations"),
    "4-3": _("Rejet des observations"),
    "4-4": _("Réponse aux observations"),
    "4-5": _("Accusé de la réponse"),
    "5-1": _("Déféré reçu"),
    "6-1": _("Annulation demandée"),
    "6-2": _("Accusé de l’annulation"),
}
