"""The words of the operator's pages: partners, what became of calls, acts on a case."""

from collections.abc import Mapping

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from engine.errors import Busy
from web.inbox.too_late import BUSY

PARTNERS: Mapping[str, object] = {
    "storage": _("Coffre des documents"),
    "antivirus": _("Analyse antivirus des fichiers"),
    "mail": _("Envoi de courriels"),
    "sirene": _("Annuaire des entreprises (Sirene)"),
    "oseo": _("Avis de Bpifrance (OSEO)"),
    "archiving": _("Archivage (as@lae)"),
    "rendering": _("Édition des courriers (PDF)"),
    "procedure": _("Autres procédures (dossiers appelés)"),
}

OUTCOMES: Mapping[str, object] = {
    "answered": _("a répondu"),
    "notyet": _("n’a pas encore la réponse"),
    "retryable": _("n’a pas répondu, à réessayer"),
    "throttled": _("demande de ralentir"),
    "ambiguous": _("réponse perdue, à vérifier avant de renvoyer"),
    "refused": _("a refusé"),
    "misconfigured": _("réglage à corriger"),
    "unexpected": _("réponse imprévue"),
}

CAUSES: Mapping[str, object] = {
    "refused": _("refus du partenaire"),
    "unreachable": _("partenaire injoignable"),
    "silent": _("partenaire muet depuis trente jours"),
    "unexpected": _("erreur imprévue"),
    "misconfigured": _("réglage à corriger"),
    "called_case": _("dossier appelé qui ne peut pas commencer ou répondre"),
    "called_case_cancelled": _("dossier appelé annulé"),
    "unknown_organisation": _("organisme inconnu de l’annuaire"),
    "expression": _("calcul impossible"),
    "merge_conflict": _("branches en désaccord"),
    "no_way_out": _("aucun chemin possible"),
    "stuck": _("dossier qui ne peut plus avancer"),
    "runaway": _("diagramme qui tourne en rond"),
    "loop": _("répétition impossible"),
    "missing_result": _("résultat manquant"),
    "timer": _("échéance sans valeur"),
    "uncaught_error": _("erreur que rien n’attrape"),
    "unknown_process": _("processus inconnu"),
}

RESOLUTIONS: Mapping[str, object] = {
    "answered": _("répondu à la main"),
    "corrected": _("réessayé avec des données corrigées"),
    "retried": _("réessayé"),
    "gone": _("l’étape n’existe plus"),
    "skipped": _("étape sautée"),
    "moved": _("jeton déplacé"),
    "cancelled": _("branche annulée"),
}

ACTS: Mapping[str, object] = {
    "case_started": _("Demande déposée"),
    "case_called": _("Autre procédure appelée"),
    "case_withdrawn": _("Demande retirée"),
    "call_answered": _("Réponse d’un partenaire"),
    "call_refused": _("Refus d’un partenaire"),
    "message_received": _("Message reçu d’un partenaire"),
    "message_written": _("Message écrit"),
    "task_claimed": _("Tâche prise en charge"),
    "task_released": _("Tâche remise"),
    "task_assigned": _("Tâche attribuée"),
    "task_snoozed": _("Tâche reportée"),
    "task_resumed": _("Tâche reprise"),
    "task_act_undone": _("Acte annulé aussitôt"),
    "task_completed": _("Tâche terminée"),
    "signal_received": _("Signal reçu d’un autre dossier"),
    "timer_fired": _("Échéance atteinte"),
    "incident_answered": _("Incident : répondu à la main"),
    "incident_retried": _("Incident : réessayé"),
    "incidents_retried": _("Incidents : réessayés"),
    "step_answered": _("Répondu à la main"),
    "task_skipped": _("Étape sautée"),
    "branch_cancelled": _("Branche annulée"),
    "token_moved": _("Jeton déplacé"),
    "case_cancelled": _("Dossier annulé"),
    "case_suspended": _("Dossier suspendu"),
    "case_resumed": _("Dossier repris"),
    "partner_paused": _("Appels suspendus"),
    "partner_resumed": _("Appels repris"),
    "partner_rate_set": _("Débit réglé"),
    "case_migrated": _("Dossier passé à une autre version"),
}


def told(refused: Exception) -> str:
    """Why something was refused, in the reader's language when the sentence is a fixed one."""
    return str(BUSY if isinstance(refused, Busy) else gettext(str(refused)))


def said(words: Mapping[str, object], name: str | None) -> str:
    """The words for a name; the name itself, rather than nothing, for one unknown."""
    return str(words.get(name or "", name or ""))
