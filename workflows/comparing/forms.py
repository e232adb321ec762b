"""Two versions of a form: questions added, removed, renamed, of another type, asked otherwise."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from workflows.comparing.changes import Change, Thing, differences, unique

KINDS = {
    "default": "Formulaire", "group": "Groupe de questions", "dynamiclist": "Liste de lignes",
    "text": "Texte", "html": "Texte", "separator": "Trait", "spacer": "Espace",
    "expression": "Valeur calculée", "button": "Bouton",
}  # fmt: skip
WORDS = {
    "key": "clé", "type": "type", "description": "aide", "text": "texte", "path": "réponses dans",
    "conditional.hide": "cachée si", "validate.required": "obligatoire",
    "validate.minLength": "longueur minimale", "validate.maxLength": "longueur maximale",
    "validate.min": "minimum", "validate.max": "maximum", "validate.pattern": "forme",
    "defaultValue": "proposé", "values": "choix", "valuesExpression": "choix calculés",
    "readonly": "non modifiable", "disabled": "inactive", "expression": "calcul",
    "multiple": "plusieurs fichiers", "accept": "fichiers acceptés", "label": "nom",
    "properties.ebg:check": "contrôle", "properties.ebg:check_message": "message du contrôle",
}  # fmt: skip
_DRAWN = frozenset({"layout"})
_NESTED = "components"


def compare_forms(before: bytes, after: bytes) -> list[Change]:
    """What changed in a form. Raises ValueError for one that is not JSON."""
    return differences(_things(before), _things(after))


def _things(source: bytes) -> list[Thing]:
    form = orjson.loads(source)
    if not isinstance(form, dict):
        raise ValueError("ce formulaire n'est pas un objet JSON")  # noqa: TRY004  what JSON is not
    return [thing for thing, _ in _inside(form, "", "")]


def _inside(one: Mapping[str, Any], around: str, place: str) -> Iterator[tuple[Thing, str]]:
    key = str(one.get("id") or one.get("key") or place or "formulaire")
    kind = str(one.get("type") or "")
    name = str(one.get("label") or one.get("key") or one.get("id") or kind)
    said = [("dans", around)] if around else []
    hidden = {"id", _NESTED, *_DRAWN} | ({"type"} if kind in KINDS else set())
    for part, value in one.items():
        if part not in hidden:
            said += [(WORDS.get(path, path), text) for path, text in _flat(part, value)]
    drawn = repr({part: one[part] for part in sorted(_DRAWN & one.keys())})
    yield (
        Thing(
            key, KINDS.get(kind, "Question"), name, unique(said), drawn, around or "form"
        ),
        key,
    )
    inner = one.get(_NESTED)
    if isinstance(inner, list):
        for number, child in enumerate(inner):
            if isinstance(child, dict):
                yield from _inside(
                    child, name if place else "le formulaire", f"{key}/{number}"
                )


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """One fact for each value; a list of choices is one fact, in words."""
    if isinstance(value, dict) and value:
        for part, inner in value.items():
            yield from _flat(f"{path}.{part}", inner)
    elif isinstance(value, list) and all(isinstance(one, dict) for one in value):
        said = (f"{one.get('label', '')} ({_text(one.get('value'))})"
                if {"label", "value"} == one.keys() else _text(one) for one in value)  # fmt: skip
        yield path, ", ".join(said)
    else:
        yield path, _text(value)


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case True:
            return "oui"
        case False:
            return "non"
        case _:
            return orjson.dumps(value).decode()
