"""How the directory's pages say roles, refusals, what a file's lines would do, and acts."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine import definitions
from engine.directory import (
    ADMINISTRATOR,
    HEAD_OF_SERVICE,
    LEGAL_OFFICER,
    MEMBER,
    OPERATOR,
    PARTNER,
    PLATFORM,
    PROCESS_DESIGNER,
    STATE,
)
from engine.errors import DirectoryRefused
from engine.imports import CHANGED, KNOWN, NEW, REFUSED
from workflows.parapheur.rules import KEEPER

KINDS = {
    MEMBER: lazy_gettext("Collectivité membre"),
    STATE: lazy_gettext("Service de l’État"),
    PARTNER: lazy_gettext("Partenaire"),
    PLATFORM: lazy_gettext("Exploitant de la plateforme"),
}

_ROLES = {
    ADMINISTRATOR: lazy_gettext("Administrateur"),
    HEAD_OF_SERVICE: lazy_gettext("Chef de service"),
    PROCESS_DESIGNER: lazy_gettext("Concepteur de démarches"),
    LEGAL_OFFICER: lazy_gettext("Juriste"),
    OPERATOR: lazy_gettext("Exploitant"),
    KEEPER: lazy_gettext("Administrateur du parapheur"),
}

REFUSALS: Mapping[tuple[str, str], Any] = {
    ("slug", "taken"): lazy_gettext("Nom court : une autre collectivité l’a déjà."),
    ("siret", "taken"): lazy_gettext("SIRET : une autre organisation l’a déjà."),
    ("parent", "loop"): lazy_gettext(
        "Rattachement : cette collectivité dépend déjà de celle-ci, choisissez-en une autre."
    ),
    ("", "platform"): lazy_gettext(
        "La plateforme elle-même ne se ferme pas : plus personne ne pourrait la rouvrir."
    ),
    ("name", "taken"): lazy_gettext("Nom : un service de ce nom existe déjà."),
    ("to", "service"): lazy_gettext("Ses personnes : choisissez un service de la liste."),
    ("service", "closed"): lazy_gettext("Ce service est déjà fermé."),
    ("service", "unknown"): lazy_gettext("Service : choisissez-en un dans la liste."),
    ("email", "of_a_company"): lazy_gettext(
        "Courriel : cette personne agit pour une entreprise. Donnez son adresse"
        " professionnelle d’agent."
    ),
    ("email", "taken"): lazy_gettext("Courriel : une autre personne a cette adresse."),
    ("role", "unknown"): lazy_gettext("Rôle : choisissez-en un dans la liste."),
    ("role", "held"): lazy_gettext("Rôle : cette personne l’a déjà."),
    ("role", "over"): lazy_gettext("Ce rôle a déjà pris fin."),
    ("role", "last"): lazy_gettext(
        "Il faut garder une personne qui a ce rôle sans date de fin : nommez-en une autre"
        " d’abord."
    ),
    ("until", "past"): lazy_gettext("Dernier jour : cette date est passée."),
    ("until", "backwards"): lazy_gettext("Dernier jour : il vient avant le premier."),
    ("person", "stranger"): lazy_gettext("Cette personne n’est pas de la collectivité."),
    ("key", "own"): lazy_gettext("Cette démarche est déjà la sienne."),
    ("key", "closed"): lazy_gettext("Une organisation fermée ne propose pas de démarche."),
    ("key", "over"): lazy_gettext("Elle ne propose plus cette démarche."),
    ("", "import_state"): lazy_gettext("Ce fichier n’est plus dans cet état."),
}

VERDICTS = {
    NEW: lazy_gettext("à ajouter"),
    CHANGED: lazy_gettext("à changer"),
    KNOWN: lazy_gettext("déjà là"),
    REFUSED: lazy_gettext("refusée"),
}
MARKS = {NEW: "ok", CHANGED: "info", KNOWN: "", REFUSED: "late"}

UNREADABLE = {
    "large": lazy_gettext("Fichier : il dépasse 20 Mo. Partagez-le en plusieurs."),
    "lines": lazy_gettext("Fichier : plus de 100 000 lignes. Partagez-le en plusieurs."),
    "spreadsheet": lazy_gettext(
        "Fichier : c’est un classeur. Enregistrez-le en CSV depuis votre tableur."
    ),
    "columns": lazy_gettext(
        "Fichier : il manque les colonnes %(value)s. Sa première ligne les nomme, comme dans"
        " l’exemple."
    ),
    "broken": lazy_gettext("Fichier : illisible à la ligne %(value)s."),
    "empty": lazy_gettext("Fichier : aucune ligne après les titres des colonnes."),
}

NOTES: Mapping[str, Any] = {
    "email": lazy_gettext("« %(value)s » n’est pas un courriel : écrivez nom@exemple.fr"),
    "empty": lazy_gettext("donnez le nom de la personne"),
    "long": lazy_gettext("%(value)s caractères : 200 caractères au plus"),
    "formula": lazy_gettext(
        "« %(value)s » commence comme une formule : retirez =, +, - ou @"
    ),
    "invisible": lazy_gettext(
        "un caractère invisible s’y trouve : retapez la cellule, sur une ligne"
    ),
    "role": lazy_gettext("rôle « %(value)s » inconnu : prenez-le dans la liste des rôles"),
    "day": lazy_gettext("« %(value)s » n’est pas une date : écrivez 31/12/2026"),
    "cells": lazy_gettext(
        "la ligne a %(value)s cellules, plus que de colonnes : protégez par des guillemets"
        " celle qui contient le séparateur"
    ),
    "twice": lazy_gettext("la ligne %(value)s dit déjà la même chose : retirez celle-ci"),
    "two_names": lazy_gettext(
        "la ligne %(value)s donne un autre nom à cette adresse : gardez le bon"
    ),
    "elsewhere": lazy_gettext(
        "« %(value)s » est une autre collectivité : retirez la ligne, ou videz la cellule"
    ),
    "of_a_company": lazy_gettext(
        "cette adresse est celle de quelqu’un qui agit pour une entreprise : donnez son"
        " adresse d’agent"
    ),
    "past": lazy_gettext("ce dernier jour est passé : donnez-en un à venir, ou rien"),
    "backwards": lazy_gettext("le dernier jour vient avant le premier : corrigez l’un"),
    "administrator": lazy_gettext(
        "un administrateur ne reçoit pas sa date de fin d’un fichier : ouvrez sa fiche"
    ),
    "unknown_service": lazy_gettext(
        "service « %(value)s » inconnu : créez-le, ou demandez que l’import les crée"
    ),
    "failed": lazy_gettext("erreur imprévue (%(value)s) : réessayez cette ligne seule"),
    "works_elsewhere": lazy_gettext(
        "travaille déjà pour une autre collectivité : son compte reste le sien, ce rôle s’y"
        " ajoute"
    ),
    "renamed": lazy_gettext("s’appelait « %(value)s »"),
    "name_kept": lazy_gettext("garde le nom de son compte, « %(value)s »"),
    "added": lazy_gettext("déjà là : ce rôle s’ajoute aux siens"),
    "last_day": lazy_gettext("nouveau dernier jour : %(value)s"),
    "moved": lazy_gettext("passe au service « %(value)s »"),
}
"""What is told of a cell: what is wrong and its cure, or what is worth knowing."""

COLUMNS = {
    "courriel": lazy_gettext("Courriel"), "nom": lazy_gettext("Nom"),
    "role": lazy_gettext("Rôle"), "service": lazy_gettext("Service"),
    "debut": lazy_gettext("Début"), "fin": lazy_gettext("Fin"),
    "organisation": lazy_gettext("Organisation"),
}  # fmt: skip

STATUSES = {
    "reading": lazy_gettext("lecture en cours"), "ready": lazy_gettext("à confirmer"),
    "entering": lazy_gettext("import en cours"), "done": lazy_gettext("importé"),
    "abandoned": lazy_gettext("abandonné"),
}  # fmt: skip

ACTS = {
    "organisation_added": lazy_gettext("Fiche créée"),
    "body_changed": lazy_gettext("Fiche modifiée"),
    "body_closed": lazy_gettext("Collectivité fermée"),
    "body_reopened": lazy_gettext("Collectivité rouverte"),
    "service_added": lazy_gettext("Service créé"),
    "service_renamed": lazy_gettext("Service renommé"),
    "service_closed": lazy_gettext("Service fermé"),
    "person_added": lazy_gettext("Personne ajoutée"),
    "person_changed": lazy_gettext("Nom ou adresse changés"),
    "person_moved": lazy_gettext("Service changé"),
    "person_invited": lazy_gettext("Invitation envoyée"),
    "member_joined": lazy_gettext("Invitation acceptée"),
    "people_imported": lazy_gettext("Fichier de personnes importé"),
    "role_granted": lazy_gettext("Rôle donné"),
    "role_ends": lazy_gettext("Dernier jour fixé"),
    "role_withdrawn": lazy_gettext("Rôle retiré"),
    "absence_declared": lazy_gettext("Absence déclarée"),
    "absence_ended": lazy_gettext("Absence terminée"),
    "procedure_given": lazy_gettext("Démarche donnée"),
    "procedure_ended": lazy_gettext("Démarche retirée"),
    "parameters_set": lazy_gettext("Paramètres d’une démarche changés"),
    "brand_changed": lazy_gettext("Couleur et textes changés"),
    "logo_changed": lazy_gettext("Logo changé"),
    "logo_removed": lazy_gettext("Logo retiré"),
    "host_asked": lazy_gettext("Adresse demandée"),
    "host_dropped": lazy_gettext("Adresse abandonnée"),
    "host_activated": lazy_gettext("Adresse mise en service"),
    "host_stopped": lazy_gettext("Adresse arrêtée"),
}


def roles() -> dict[str, str]:
    """How each role is called: as lanes name it, else as we do."""
    return {**{k: str(v) for k, v in _ROLES.items()}, **definitions.role_names()}


def sentence(refused: DirectoryRefused) -> str:
    """A refusal in words: what is wrong, and the cure."""
    return str(REFUSALS.get((refused.field, refused.why)) or _("Ce n’est pas possible."))


def refusal(refused: DirectoryRefused) -> dict[str, str]:
    """A refusal as a form shows it: the field it is about, and the sentence."""
    return {refused.field: sentence(refused)}


def told(note: Mapping[str, str]) -> str:
    """One thing to tell of a line: its column, then the reason and the cure."""
    said = NOTES.get(note["why"])
    sentence = str(said) % {"value": note.get("value", "")} if said else note["why"]
    column = COLUMNS.get(note["column"])
    return f"{column} : {sentence}" if column else sentence


def role_choices(given: Iterable[str]) -> list[tuple[str, str]]:
    """Roles for a list to choose from, by how they are called."""
    names = roles()
    return [(role, names.get(role, role)) for role in given]


def choices(rows: Iterable[Any]) -> list[tuple[UUID, str]]:
    """Rows that have a name, for a list to choose from."""
    return [(row.id, row.name) for row in rows]
