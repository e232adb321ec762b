"""What was done in a company, in words, from its journal: who changed which right, and when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask_babel import format_date, lazy_gettext
from flask_babel import gettext as _
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import select

from engine.directory import ADMINISTRATOR, APPLICANT
from engine.journal import JournalEntry
from web.cases.reading import names
from web.paging import whole

PER_PAGE = 25

RIGHTS = {APPLICANT: lazy_gettext("dépose"), ADMINISTRATOR: lazy_gettext("administre")}
"""What each right lets one do."""

_ACTS = {
    "api_key_created": lazy_gettext("Clé d’API faite"),
    "api_key_replaced": lazy_gettext("Clé d’API remplacée"),
    "api_key_revoked": lazy_gettext("Clé d’API révoquée"),
    "administrator_ended": lazy_gettext("n’administre plus"),
    "administrator_named": lazy_gettext("administre désormais"),
    "brand_changed": lazy_gettext("Couleur et textes changés"),
    "company_completed": lazy_gettext("Identité complétée par l’annuaire"),
    "company_exported": lazy_gettext("Données de l’entreprise exportées"),
    "company_registered": lazy_gettext("Entreprise inscrite"),
    "host_activated": lazy_gettext("Adresse mise en service"),
    "host_asked": lazy_gettext("Adresse demandée"),
    "host_dropped": lazy_gettext("Adresse abandonnée"),
    "host_stopped": lazy_gettext("Adresse arrêtée"),
    "invitation_revoked": lazy_gettext("Invitation annulée"),
    "joining_accepted": lazy_gettext("rejoint l’entreprise, à sa demande"),
    "joining_refused": lazy_gettext("a vu sa demande refusée"),
    "logo_changed": lazy_gettext("Logo changé"),
    "logo_removed": lazy_gettext("Logo retiré"),
    "member_invited": lazy_gettext("Invitation envoyée"),
    "member_joined": lazy_gettext("Invitation acceptée"),
    "member_removed": lazy_gettext("n’agit plus pour l’entreprise"),
    "organisation_added": lazy_gettext("Fiche créée"),
    "rights_changed": lazy_gettext("a de nouveaux droits"),
    "role_ends": lazy_gettext("a une date de fin"),
    "role_granted": lazy_gettext("a un nouveau droit"),
    "role_withdrawn": lazy_gettext("a perdu un droit"),
    "vault_added": lazy_gettext("Document ajouté au coffre"),
    "vault_removed": lazy_gettext("Document retiré du coffre"),
    "vault_replaced": lazy_gettext("Document du coffre remplacé"),
    "webhook_added": lazy_gettext("Webhook ajouté"),
    "webhook_changed": lazy_gettext("Webhook changé"),
    "webhook_disabled": lazy_gettext("Webhook arrêté"),
    "webhook_enabled": lazy_gettext("Webhook repris"),
    "webhook_removed": lazy_gettext("Webhook retiré"),
    "webhook_secret_renewed": lazy_gettext("Secret d’un webhook changé"),
}
"""Small letters where the person concerned comes first."""


@dataclass(frozen=True)
class Act:
    """One act: what, by whom, when."""

    what: str
    who: str
    at: datetime


def page(organisation_id: UUID, number: int) -> tuple[Pagination, list[Act]]:
    """A page of what was done in an organisation, the latest first."""
    found = whole(
        select(JournalEntry)
        .where(JournalEntry.chain == f"organisation:{organisation_id}")
        .order_by(JournalEntry.seq.desc()),
        PER_PAGE,
        page=number,
    )
    return found, told(found.items)


def told(entries: Iterable[JournalEntry]) -> list[Act]:
    """These entries in words, with the names of those who are still known."""
    entries = list(entries)
    concerned = {entry.seq: _person(entry.detail) for entry in entries}
    known = names({*concerned.values(), *(entry.actor_id for entry in entries)})
    office = _("La plateforme")
    return [
        Act(
            _said(entry, known.get(concerned[entry.seq], "")),
            known.get(entry.actor_id, "") if entry.actor_id else office,
            entry.at,
        )
        for entry in entries
    ]


def _person(detail: Mapping[str, object]) -> UUID | None:
    try:
        return UUID(str(detail.get("person", "")))
    except ValueError:
        return None


def _said(entry: JournalEntry, person: str) -> str:
    what = str(_ACTS.get(entry.action, _("Autre acte")))
    if what[0].islower():
        what = f"{person or _('Une personne')} {what}"
    rights = [
        str(RIGHTS[r]) for r in str(entry.detail.get("roles", "")).split() if r in RIGHTS
    ]
    until = str(entry.detail.get("until", ""))
    ends = (
        _("jusqu’au %(date)s", date=format_date(date.fromisoformat(until), "medium"))
        if until
        else ""
    )
    more = ", ".join(filter(None, [*rights, ends, str(entry.detail.get("host", ""))]))
    return f"{what} : {more}" if more else what
