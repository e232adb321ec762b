"""The words of the operator's pages: partners, what became of calls, acts on a case."""

import re
from collections.abc import Mapping

from flask_babel import format_decimal, gettext, ngettext
from flask_babel import lazy_gettext as _

from engine.errors import Busy
from web.inbox.too_late import BUSY

PARTNERS: Mapping[str, object] = {
    "storage": _("Coffre des documents"),
    "antivirus": _("Analyse antivirus des fichiers"),
    "actes": _("Ministère, pour les membres (ACTES)"),
    "helios": _("Comptables de l’État (HELIOS)"),
    "mail": _("Envoi de courriels"),
    "sirene": _("Annuaire des entreprises (Sirene)"),
    "oseo": _("Avis de Bpifrance (OSEO)"),
    "archiving": _("Archivage (as@lae)"),
    "transmission": _("Télétransmission à l’État (S²LOW)"),
    "rendering": _("Édition des courriers (PDF)"),
    "signature": _("Signature électronique"),
    "timestamp": _("Horodatage (RFC 3161)"),
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
    "partner_broken": _("Appels arrêtés : réglage à corriger"),
    "partner_rehearsed": _("Partenaire simulé réglé"),
    "job_created": _("Travail demandé"),
    "job_stopped": _("Travail arrêté"),
    "job_resumed": _("Travail repris"),
    "job_cancelled": _("Travail abandonné"),
    "journal_sealed": _("Journal d’une journée horodaté"),
    "chore_asked": _("Travail de la plateforme demandé"),
    "chore_stopped": _("Travail de la plateforme arrêté"),
    "exchange_read": _("Échange lu par l’exploitation"),
    "journal_exported": _("Journal exporté"),
    "retention_decided": _("Règle de conservation décidée"),
    "eliminated": _("Éliminé, sa durée passée"),
    "case_eliminated": _("Dossier éliminé"),
    "case_held": _("Dossier gelé : rien n’est éliminé"),
    "case_hold_lifted": _("Gel du dossier levé"),
    "case_exported": _("Dossier exporté"),
    "list_exported": _("Liste exportée"),
    "company_exported": _("Données d’une entreprise exportées"),
    "organisation_added": _("Organisme ajouté"),
    "service_added": _("Service ajouté"),
    "person_added": _("Personne ajoutée"),
    "procedure_published": _("Démarche publiée"),
    "parameters_set": _("Réglages d’une démarche"),
    "host_asked": _("Adresse demandée"),
    "host_activated": _("Adresse mise en service"),
    "host_stopped": _("Adresse arrêtée"),
}

CHORES: Mapping[str, object] = {
    "journal": _("vérification du journal"),
    "retention": _("élimination"),
    "figures": _("calcul des chiffres"),
}

CHORE_STATUSES: Mapping[str, object] = {
    "running": _("en cours"),
    "done": _("terminé"),
    "stopped": _("arrêté"),
    "failed": _("en échec"),
}

FAULTS: Mapping[str, object] = {
    "missing": _("une entrée manque"),
    "unlinked": _("l’entrée ne suit pas la précédente"),
    "altered": _("l’entrée a été modifiée"),
    "erased": _("ce que l’entrée disait a été effacé, sans élimination"),
    "removed": _("la fin de la chaîne a été retirée ou remplacée"),
    "unknown": _("rien ne correspond à cette chaîne"),
}

KEPT: Mapping[str, object] = {
    "cases": _("Dossiers clos"),
    "drafts": _("Demandes commencées, jamais déposées"),
    "exchanges": _("Réponses des partenaires"),
    "mails": _("Courriels de la messagerie simulée"),
    "accounts": _("Comptes de personnes sans rôle"),
    "tracking": _("Secrets de suivi de demandes closes"),
    "notices": _("Nouvelles lues"),
    "letters": _("Mémoire des lettres du jour"),
    "presences": _("Qui regarde un dossier"),
    "chores": _("Travaux de la plateforme terminés"),
}

DISPOSITIONS: Mapping[str, object] = {
    "destroy": _("éliminer"),
    "archive": _("éliminer une fois versé aux archives"),
}

GROUNDS: Mapping[str, object] = {
    "lu": _("article lu"),
    "connaissance": _("connaissance, à vérifier"),
    "choix": _("choix de la plateforme"),
}

UNITS: Mapping[str, object] = {"D": _("jours"), "M": _("mois"), "Y": _("années")}


def duration(iso: str) -> str:
    """P10Y in words."""
    number = int(re.sub(r"\D", "", iso) or 0)
    if iso.startswith("PT"):
        return str(ngettext("%(num)d minute", "%(num)d minutes", number))
    if iso.endswith("Y"):
        return str(ngettext("%(num)d an", "%(num)d ans", number))
    if iso.endswith("M"):
        return str(ngettext("%(num)d mois", "%(num)d mois", number))
    return str(ngettext("%(num)d jour", "%(num)d jours", number))


def subject(chore_subject: str, procedures: Mapping[str, str]) -> str:
    """What a rule is about: a kind of things, and a procedure when it has its own."""
    kind, _colon, key = chore_subject.partition(":")
    said_kind = said(KEPT, kind)
    return f"{said_kind} · {procedures.get(key, key)}" if key else said_kind


def size(number: float) -> str:
    """Bytes as people say them."""
    for unit in (_("octets"), _("Ko"), _("Mo"), _("Go"), _("To")):
        if number < KILO or str(unit) == str(_("To")):
            return f"{format_decimal(round(number, 1 if number < TEN else 0))} {unit}"
        number /= KILO
    return ""


KILO, TEN = 1024, 10


def told(refused: Exception) -> str:
    """Why something was refused, in the reader's language when the sentence is a fixed one."""
    return str(BUSY if isinstance(refused, Busy) else gettext(str(refused)))


def said(words: Mapping[str, object], name: str | None) -> str:
    """The words for a name; the name itself, rather than nothing, for one unknown."""
    return str(words.get(name or "", name or ""))
