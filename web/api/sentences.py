"""What is wrong with a value, in words: pydantic's findings told to people."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from web.api.problems import Fault

_SAID: Mapping[str, Any] = {
    "missing": _("Cette valeur est obligatoire."),
    "extra_forbidden": _("Ce nom n’existe pas ici : retirez-le ou corrigez-le."),
    "string_type": _("Écrivez un texte."),
    "string_too_short": _("Écrivez au moins %(min_length)s caractère(s)."),
    "string_too_long": _("Écrivez %(max_length)s caractères au plus."),
    "string_pattern_mismatch": _("Ce texte n’a pas la forme attendue : %(pattern)s."),
    "int_type": _("Écrivez un nombre entier."),
    "int_parsing": _("Écrivez un nombre entier, en chiffres."),
    "int_from_float": _("Écrivez un nombre entier."),
    "greater_than_equal": _("Donnez %(ge)s au moins."),
    "less_than_equal": _("Donnez %(le)s au plus."),
    "bool_type": _("Écrivez true ou false."),
    "bool_parsing": _("Écrivez true ou false."),
    "dict_type": _("Écrivez un objet JSON."),
    "model_type": _("Écrivez un objet JSON."),
    "model_attributes_type": _("Écrivez un objet JSON."),
    "list_type": _("Écrivez une liste."),
    "too_short": _("Donnez %(min_length)s élément(s) au moins."),
    "too_long": _("Donnez %(max_length)s éléments au plus."),
    "literal_error": _("Choisissez l’une de ces valeurs : %(expected)s."),
    "enum": _("Choisissez l’une de ces valeurs : %(expected)s."),
    "uuid_parsing": _("Donnez un identifiant (UUID)."),
    "uuid_type": _("Donnez un identifiant (UUID)."),
    "date_parsing": _("Donnez un jour, ainsi : 2027-02-01."),
    "date_from_datetime_parsing": _("Donnez un jour, ainsi : 2027-02-01."),
    "date_type": _("Donnez un jour, ainsi : 2027-02-01."),
    "repeated": _("Donnez ce paramètre une seule fois."),
}
_PAGES = _(
    "Il n’y a pas de numéro de page : suivez le « next » de chaque page avec « cursor »."
)
PAGES = frozenset({"page", "offset", "skip", "start", "per_page"})
"""Names that other interfaces give to what cursors do here."""


def faults(
    where: Literal["body", "query"], found: Iterable[Mapping[str, Any]]
) -> list[Fault]:
    """Pydantic's findings, each with where it is and its cure."""
    return [
        Fault(
            where=where,
            pointer=_pointer(where, one["loc"]),
            message=sentence(where, one),
        )
        for one in found
    ]


def sentence(where: str, found: Mapping[str, Any]) -> str:
    """What one finding asks for."""
    kind, context = str(found["type"]), found.get("ctx") or {}
    if where == "query" and kind == "extra_forbidden" and found["loc"][-1] in PAGES:
        return str(_PAGES)
    said = _SAID.get(kind)
    if said is None:
        return str(gettext("Cette valeur ne convient pas."))
    return str(said) % {name: str(value) for name, value in context.items()}


def _pointer(where: str, place: Iterable[Any]) -> str:
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in place]
    return "".join(f"/{part}" for part in parts) if where == "body" else ".".join(parts)
