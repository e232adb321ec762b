"""The words of the designer's pages: kinds of files, roles, acts of a procedure's journal."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from engine.errors import Busy, DraftHeld, FileChanged
from web.designer.reading import MOST_COUNTED
from web.inbox.too_late import BUSY
from web.people.moments import last

KINDS: Mapping[str, object] = {
    ".bpmn": _("Diagrammes"),
    ".dmn": _("Tables de décision"),
    ".form.json": _("Formulaires"),
    ".letter.md": _("Courriers"),
    "scenarios.json": _("Scénarios"),
}

ROLES: Mapping[str, object] = {
    "applicant": _("Demandeur"),
    "case_officer": _("Instructeur"),
    "head_of_service": _("Chef de service"),
    "cofunder": _("Cofinanceur"),
}
"""The roles that any procedure may name, whatever the others call them."""

ACTS: Mapping[str, object] = {
    "draft_begun": _("Brouillon commencé"),
    "draft_held": _("Brouillon pris en main"),
    "draft_released": _("Brouillon laissé aux autres"),
    "draft_taken_over": _("Brouillon repris à un collègue"),
    "draft_saved": _("Fichier enregistré"),
    "draft_renamed": _("Fichier renommé"),
    "draft_file_deleted": _("Fichier supprimé"),
    "draft_imported": _("Fichiers importés"),
    "draft_discarded": _("Brouillon abandonné"),
    "draft_caught_up": _("Changements d’une version repris"),
    "publication_asked": _("Publication demandée"),
    "publication_refused": _("Publication refusée"),
    "publication_taken_back": _("Demande de publication retirée"),
    "procedure_published": _("Version publiée"),
    "version_withdrawn": _("Version retirée"),
    "parameters_set": _("Réglages changés"),
}


def told(refused: Exception) -> str:
    """Why a designer's act was refused, as a sentence."""
    if isinstance(refused, Busy):
        return str(BUSY)
    if isinstance(refused, DraftHeld):
        said = _HELD % {"who": refused.who, "when": last(refused.until)}
    elif isinstance(refused, FileChanged):
        said = _CHANGED % {"who": refused.who} if refused.rev else _GONE
    else:
        said = gettext(str(refused))
    return str(said)


_HELD = _(
    "%(who)s écrit dans ce brouillon, jusqu’à %(when)s. Relisez-le en attendant, ou reprenez-le"
    " depuis la page du brouillon."
)
_CHANGED = _(
    "%(who)s a enregistré ce fichier depuis que vous l’avez ouvert. Gardez votre travail à"
    " côté, puis rechargez la page pour voir sa version."
)
_GONE = _("Ce fichier n’existe plus dans le brouillon. Rechargez la page.")


def role(name: str, named: Mapping[str, str]) -> str:
    """A role in French, as diagrams name it, else as everyone does."""
    found = named.get(name)
    if found and found != name:
        return found
    return str(ROLES.get(name) or name.replace("_", " ").capitalize())


def said(words: Mapping[str, object], name: str) -> str:
    """The words for a name; the name itself for one unknown."""
    return str(words.get(name, name))


def bounded(number: int) -> str:
    """A count as it is shown: beyond the most that is counted, that it is more."""
    return f"{number}+" if number >= MOST_COUNTED else str(number)


def precisely(detail: Mapping[str, Any]) -> str:
    """What is worth reading of an act's details."""
    said = [
        str(detail[name]) for name in ("file", "to", "motive", "reason") if detail.get(name)
    ]
    if version := detail.get("version"):
        said.insert(0, gettext("version %(version)s", version=version))
    return " · ".join(said)
