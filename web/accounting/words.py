"""What the pages of accounts call things."""

from flask_babel import lazy_gettext as _

from workflows.accounting import contract_models, models

KINDS = {models.EXPENSE: _("Dépense"), models.REVENUE: _("Recette")}
ORDERS = {
    models.READY: (_("À transmettre"), "info", "hourglass-split"),
    models.IN_PES: (_("Dans un PES"), "", "send"),
    models.TAKEN: (_("Pris en charge"), "ok", "check-circle"),
    models.REJECTED: (_("Refusé, à reprendre"), "late", "exclamation-circle"),
    models.DROPPED: (_("Abandonné"), "", "x-circle"),
}
STATES = {
    models.MADE: (_("À signer"), "info", "pen"),
    models.SIGNING: (_("Au parapheur"), "info", "hourglass-split"),
    models.CHECKING: (_("En contrôle"), "info", "hourglass-split"),
    models.SENT: (_("Transmis, acquittement attendu"), "info", "send"),
    models.ACKNOWLEDGED: (_("Acquitté"), "ok", "check-circle"),
    models.PARTIAL: (_("Accepté en partie"), "warn", "exclamation-triangle"),
    models.REFUSED: (_("Refusé"), "late", "x-circle"),
    models.ERROR: (_("N’a pas pu partir"), "late", "exclamation-circle"),
    models.CLOSED: (_("Clos"), "", "archive"),
    models.REPLACED: (_("Remplacé"), "", "arrow-repeat"),
}
PARTS = {
    models.WAITING: (_("en attente"), "", "hourglass-split"),
    models.ACCEPTED: (_("accepté"), "ok", "check-circle"),
    models.REFUSED: (_("refusé"), "late", "x-circle"),
}
CHECKS = {
    "passed": (_("Conforme au schéma officiel"), "ok", "check-circle"),
    "failed": (_("Non conforme au schéma officiel"), "late", "x-circle"),
    "not_run": (_("Contrôle officiel non effectué"), "warn", "exclamation-triangle"),
}
CATEGORIES = {
    "01": _("Personne physique"),
    "20": _("État ou établissement public national"),
    "21": _("Région"),
    "22": _("Département"),
    "23": _("Commune"),
    "24": _("Groupement de collectivités"),
    "29": _("Autre établissement public"),
    "50": _("Personne morale de droit privé"),
}
NATURES = {
    "01": _("Particulier"),
    "02": _("Artisan, commerçant ou agriculteur"),
    "03": _("Société"),
    "06": _("Association"),
    "07": _("État ou organisme d’État"),
    "08": _("Établissement public national"),
    "09": _("Collectivité ou établissement public local"),
}
INVOICES = {
    contract_models.RECEIVED: (_("Service fait à certifier"), "info", "hourglass-split"),
    contract_models.SUSPENDED: (_("Délai suspendu"), "warn", "pause-circle"),
    contract_models.CERTIFIED: (_("À liquider"), "info", "hourglass-split"),
    contract_models.ORDERED: (_("Mandatée"), "ok", "check-circle"),
    contract_models.REJECTED: (_("Rejetée"), "", "x-circle"),
}
ASKED = {
    contract_models.INVOICE: _("Travaux, fournitures ou services exécutés"),
    contract_models.ADVANCE: _("Avance du marché"),
    contract_models.RELEASE: _("Retenue de garantie"),
}
PAYEES = {
    "company": _("Société"),
    "association": _("Association"),
    "sole_trader": _("Entreprise individuelle"),
    "person": _("Particulier"),
    "public_body": _("Collectivité ou établissement public local"),
}
