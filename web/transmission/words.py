"""What operators and receipts call things, in French."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _

from workflows.relay.models import PES, Status, Transmission

STATUSES: Mapping[int, object] = {
    Status.ERROR: _("En erreur"),
    Status.CANCELLED: _("Annulée"),
    Status.POSTED: _("Déposée"),
    Status.WAITING: _("En attente de transmission"),
    Status.TRANSMITTED: _("Transmise"),
    Status.ACKNOWLEDGED: _("Acquittée"),
    Status.REFUSED: _("Refusée"),
    Status.RECEIVED: _("Reçue, accusé à envoyer"),
    Status.RECEIPT_SENT: _("Accusé envoyé"),
    Status.ANSWER_RECEIVED: _("Réponse reçue par la préfecture"),
    Status.ARCHIVE_SENT: _("Envoyée aux archives"),
    Status.ARCHIVED: _("Archivée"),
    Status.ARCHIVE_ERROR: _("Refusée par les archives"),
    Status.ARCHIVE_WAITING: _("Attend les archives"),
    Status.ARCHIVE_NOT_SENT: _("Envoi aux archives en erreur"),
    Status.ARCHIVE_MISSING: _("Fichiers absents pour les archives"),
    Status.HELD: _("Attend d’être postée"),
    Status.READ: _("Reçue"),
}
PARTIAL = _("Acquittée en partie")

KINDS: Mapping[str, object] = {
    "1-1": _("Acte"),
    "2-1": _("Courrier de la préfecture"),
    "2-2": _("Réponse à un courrier"),
    "3-1": _("Demande de pièces"),
    "3-2": _("Accusé d’une demande de pièces"),
    "3-3": _("Refus de pièces"),
    "3-4": _("Envoi de pièces"),
    "4-1": _("Lettre d’observations"),
    "4-2": _("Accusé d’une lettre d’observations"),
    "4-3": _("Rejet d’observations"),
    "4-4": _("Réponse à des observations"),
    "5-1": _("Déféré au tribunal"),
    "6-1": _("Annulation"),
    "7-1": _("Demande de classification"),
    "pes": _("Flux comptable (PES)"),
    "retour": _("Retour comptable"),
}


def status_of(row: Transmission) -> str:
    """Where a transmission stands."""
    if row.code == PES and row.status == Status.RECEIPT_SENT:
        return str(PARTIAL)
    return str(STATUSES.get(row.status, row.status))


def look(row: Transmission) -> tuple[str, str]:
    """The tone and the sign with which a status is shown."""
    if row.status in {Status.ERROR, Status.REFUSED, Status.ARCHIVE_ERROR}:
        return "late", "x-circle"
    if row.status in {Status.ACKNOWLEDGED, Status.ARCHIVED, Status.ANSWER_RECEIVED}:
        return "ok", "check-circle"
    return "info", "hourglass-split"


def kind_of(row: Transmission) -> str:
    """What a transmission is."""
    return str(KINDS.get(row.code, row.code))
