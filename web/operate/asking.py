"""Reads an operation as an operator types it, and says it back in words."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine.commands.operations import Operation
from engine.errors import OperationRefused
from web.typed import text

ACTS: Mapping[str, object] = {
    "skip": lazy_gettext("Sauter l’étape"),
    "move": lazy_gettext("Déplacer le jeton"),
    "drop": lazy_gettext("Annuler la branche"),
    "suspend": lazy_gettext("Suspendre le dossier"),
    "resume": lazy_gettext("Reprendre le dossier"),
    "retry": lazy_gettext("Réessayer, avec ces données s’il y en a"),
    "answer": lazy_gettext("Répondre à la main"),
    "migrate": lazy_gettext("Passer à une autre version"),
    "cancel": lazy_gettext("Annuler le dossier"),
}

KINDS: Mapping[str, object] = {
    "task": lazy_gettext("tâche"),
    "call": lazy_gettext("appel à un partenaire"),
    "timer": lazy_gettext("échéance"),
    "message": lazy_gettext("attente d’un message"),
    "signal": lazy_gettext("attente d’un signal"),
    "failure": lazy_gettext("incident"),
}

RESULTS: Mapping[str, object] = {
    "to_do": lazy_gettext("à faire"),
    "done": lazy_gettext("fait"),
    "refused": lazy_gettext("refusé"),
    "failed": lazy_gettext("en échec"),
}

REHEARSED: Mapping[str, object] = {
    **RESULTS,
    "done": lazy_gettext("possible"),
    "refused": lazy_gettext("serait refusé"),
    "failed": lazy_gettext("échouerait"),
}

STATUSES: Mapping[str, object] = {
    "running": lazy_gettext("en cours"),
    "stopped": lazy_gettext("arrêté"),
    "done": lazy_gettext("terminé"),
    "cancelled": lazy_gettext("abandonné"),
}

CASE_STATUSES: Mapping[str, object] = {
    "active": lazy_gettext("en cours"),
    "suspended": lazy_gettext("suspendu"),
    "completed": lazy_gettext("clos"),
    "cancelled": lazy_gettext("annulé"),
}

AT_A_STEP = frozenset({"skip", "move", "drop", "retry", "answer"})
"""Acts on one step, which must be named."""

LONGEST = 100_000
"""Characters of JSON an operator may type."""


def operation(form: Mapping[str, str]) -> Operation:
    """What a form asks for. Raises OperationRefused with a sentence."""
    act = text(form, "act")
    if act not in ACTS:
        raise OperationRefused(_("Choisissez ce qu’il faut faire."))
    target, to, values = (text(form, name) for name in ("target", "to", "values"))
    if act in AT_A_STEP and not target:
        raise OperationRefused(_("Choisissez l’étape."))
    if act == "move" and not to:
        raise OperationRefused(_("Choisissez où placer le jeton."))
    if act == "migrate":
        to = str(identifier(text(form, "version")))
    mapping = {
        name.removeprefix("map-"): text(form, name)
        for name in form
        if name.startswith("map-") and text(form, name)
    }
    takes = act in AT_A_STEP - {"drop"}
    return Operation(
        act,
        target=target if act in AT_A_STEP else "",
        to=to if act in {"move", "migrate"} else "",
        values=data(values) if takes and values else {},
        mapping=mapping if act == "migrate" else {},
    )


def identifier(typed: str) -> UUID:
    """A version's id. Raises OperationRefused."""
    try:
        return UUID(typed)
    except ValueError:
        raise OperationRefused(_("Choisissez une version.")) from None


def data(typed: str) -> dict[str, Any]:
    """The JSON object that an operator typed. Raises OperationRefused."""
    if len(typed) > LONGEST:
        raise OperationRefused(_("Données : 100 000 caractères au plus."))
    try:
        value = orjson.loads(typed)  # no NaN, no half a character, no endless list
    except orjson.JSONDecodeError as wrong:
        raise OperationRefused(
            _(
                "Données : ce n’est pas du JSON valide (ligne %(line)s, caractère %(column)s).",
                line=wrong.lineno,
                column=wrong.colno,
            )
        ) from None
    if not isinstance(value, dict):
        raise OperationRefused(_("Données : donnez un objet JSON, entre accolades."))
    return dict(value)
