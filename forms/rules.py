"""What a submission must satisfy, and how one is told: every sentence names the cure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine import clock
from forms import dates, expressions, numbers
from forms.formats import FORMATS, MAX_LINE, MAX_TEXT
from forms.model import JSON, Field, Option, Repeat
from forms.patterns import MAX_TEXT as MAX_MATCHED
from forms.patterns import compile_pattern
from forms.territories import Lookups, countries

Scope = Mapping[str, Any]


def blank(value: JSON) -> bool:
    """Whether a question is left without an answer (an unchecked box is one)."""
    return value is None or value is False or value in ("", [])


def broken(field: Field, value: JSON, called: str, scope: Scope) -> str | None:
    """The sentence about the first rule an answer breaks, or None.

    `called` is the field as sentences name it; `scope` is what its expressions see.
    """
    if blank(value):
        return required(field, called) if field.required else None
    return (
        _outside_options(field, value, called, scope)
        or _wrong_number(field, value, called, scope)
        or _wrong_text(field, value, called)
        or _wrong_day(field, value, called)
        or _wrong_files(field, value, called)
        or _refused(field, called, scope)
    )


def required(field: Field, called: str) -> str:
    """How to ask for a missing answer."""
    match field.kind:
        case "checkbox":
            return f"Cochez {called} pour continuer."
        case "radio" | "select":
            return f"Choisissez une réponse pour {called}."
        case "checklist" | "taglist":
            return f"Cochez au moins une réponse pour {called}."
        case "filepicker":
            return f"Joignez le fichier demandé pour {called}."
        case _:
            return f"Renseignez {called}."


def options(field: Field, scope: Scope) -> tuple[Option, ...]:
    """The possible answers, fixed by the designer or found by an expression."""
    if field.format == "pays":
        return countries()
    if field.options_from is None:
        return field.options
    found = expressions.evaluate(field.options_from, scope)
    return tuple(filter(None, map(_option, found if isinstance(found, list) else [])))


def wrong_rows(node: Repeat, count: int) -> str | None:
    """The sentence about too few or too many rows, or None."""
    if count < node.min_rows:
        lines = "une ligne" if node.min_rows == 1 else f"{node.min_rows} lignes"
        return f"Ajoutez au moins {lines} à « {node.label} »."
    if count > node.max_rows:
        return f"Gardez {node.max_rows} lignes au plus dans « {node.label} »."
    return None


def _option(found: JSON) -> Option | None:
    if isinstance(found, str) and found:
        return Option(found, found)
    if isinstance(found, dict) and isinstance(found.get("value"), str):
        return Option(found["value"], str(found.get("label") or found["value"]))
    return None


def _outside_options(field: Field, value: JSON, called: str, scope: Scope) -> str | None:
    if field.kind not in {"radio", "select", "checklist", "taglist"}:
        return None
    known = {option.value for option in options(field, scope)}
    chosen = value if isinstance(value, list) else [value]
    if all(each in known for each in chosen):
        return None
    return f"Choisissez parmi les réponses proposées pour {called}."


def _bound(source: str | None, scope: Scope) -> Decimal | None:
    if source is None:
        return None
    if source.startswith("="):
        return numbers.exact(expressions.evaluate(source, scope))
    return Decimal(source)


def _wrong_number(field: Field, value: JSON, called: str, scope: Scope) -> str | None:
    number = numbers.exact(value)
    if number is None:
        return None
    low, high = _bound(field.minimum, scope), _bound(field.maximum, scope)
    if low is not None and number < low:
        return f"Indiquez pour {called} un nombre supérieur ou égal à {numbers.show(low)}."
    if high is not None and number > high:
        return f"Indiquez pour {called} un nombre inférieur ou égal à {numbers.show(high)}."
    if field.step is not None and number % Decimal(field.step):
        step = numbers.show(Decimal(field.step))
        return f"Indiquez pour {called} un multiple de {step}."
    return None


def length_limit(field: Field) -> int:
    """The most characters an answer may have."""
    if field.max_length is not None:
        return field.max_length
    return MAX_TEXT if field.format == "paragraph" else MAX_LINE


def _wrong_text(field: Field, value: JSON, called: str) -> str | None:
    if not isinstance(value, str):
        return None
    limit, size = length_limit(field), len(value)
    if size > limit:
        return f"Raccourcissez {called} : {limit} caractères au plus, vous en avez écrit {size}."
    if field.min_length is not None and size < field.min_length:
        least = field.min_length
        return (
            f"Complétez {called} : {least} caractères au moins, vous en avez écrit {size}."
        )
    if field.pattern and not _matches(field.pattern, value):
        return (
            field.pattern_message or f"Vérifiez {called} : la forme attendue n’est pas là."
        )
    return None


def _matches(pattern: str, text: str) -> bool:
    return len(text) <= MAX_MATCHED and compile_pattern(pattern)(text)


def _wrong_day(field: Field, value: JSON, called: str) -> str | None:
    if not field.future_only:
        return None
    day, moment = dates.iso_day(value), dates.iso_moment(value)
    past = (day is not None and day < clock.today()) or (
        moment is not None and moment < clock.now()
    )
    return f"Indiquez pour {called} une date à venir." if past else None


def _wrong_files(field: Field, value: JSON, called: str) -> str | None:
    most = field.max_files if field.multiple else 1
    if field.is_file and len(value) > most:
        return f"Gardez {most} fichier{'s' if most > 1 else ''} au plus pour {called}."
    return None


def _refused(field: Field, called: str, scope: Scope) -> str | None:
    if field.check is None or expressions.evaluate(field.check, scope) is not False:
        return None
    return field.check_message or f"Vérifiez {called} au regard de vos autres réponses."


def refused_files(
    field: Field, files: Sequence[Mapping[str, Any]], called: str
) -> list[str]:
    """A sentence for each new file whose type or size is not accepted."""
    return [
        sentence
        for file in files
        if (sentence := _refused_file(field, file, called)) is not None
    ]


def _refused_file(field: Field, file: Mapping[str, Any], called: str) -> str | None:
    name = str(file.get("name") or "sans nom")
    if field.accept and not accepted(field.accept, name, str(file.get("media_type") or "")):
        kinds = accepted_kinds(field.accept)
        return f"Le fichier « {name} » n’est pas accepté pour {called} : joignez {kinds}."
    if int(file.get("size") or 0) > field.max_size:
        limit = file_size(field.max_size)
        return f"Le fichier « {name} » est trop lourd pour {called} : {limit} au plus."
    if int(file.get("size") or 0) == 0:
        return f"Le fichier « {name} » est vide : joignez-en une autre copie pour {called}."
    return None


def accepted(accept: Sequence[str], name: str, media_type: str) -> bool:
    """Whether a file is of an accepted kind: `.pdf`, `image/png` or `image/*`."""
    for kind in accept:
        if kind.startswith("."):
            if name.lower().endswith(kind):
                return True
        elif kind.endswith("/*"):
            if media_type.startswith(kind[:-1]):
                return True
        elif media_type == kind:
            return True
    return False


def accepted_kinds(accept: Sequence[str]) -> str:
    """« un fichier PDF ou JPG » for (".pdf", ".jpg")."""
    named = [
        kind.lstrip(".").removesuffix("/*").rpartition("/")[2].upper() for kind in accept
    ]
    head = ", ".join(named[:-1])
    return "un fichier " + (f"{head} ou {named[-1]}" if head else named[-1])


def file_size(size: int) -> str:
    """« 1,5 Mo », « 820 ko », « 12 octets » for a number of bytes."""
    for unit, step in (("Go", 1024**3), ("Mo", 1024**2), ("ko", 1024)):
        if size >= step:
            return numbers.show(round(Decimal(size) / step, 1), unit=unit)
    return f"{size}{numbers.SPACE}octet{'s' if size > 1 else ''}"


def show(
    field: Field,
    value: JSON,
    scope: Scope,
    lookups: Lookups,
    *,
    empty: str = "Non renseigné",
) -> str:
    """An answer as one reads it, in French."""
    if value is None or value in ("", []):
        return empty
    if field.is_file:
        return ", ".join(
            str(file.get("name", "")) for file in value if isinstance(file, dict)
        )
    if field.kind in {"radio", "select", "checklist", "taglist"}:
        labels = {option.value: option.label for option in options(field, scope)}
        chosen = value if isinstance(value, list) else [value]
        return ", ".join(labels.get(str(each), str(each)) for each in chosen)
    text = FORMATS[field.format].show(value, lookups)
    return f"{text}{numbers.SPACE}{field.suffix}" if field.suffix else text
