"""What an answer is: a format's name → how it is read, shown, typed again and described.

The only extension point of the forms: a new `ebg:type` is one line of FORMATS.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from forms import dates, identifiers, numbers
from forms.characters import clean
from forms.numbers import Wrong
from forms.territories import Lookups, read_code, show_code

MAX_LINE, MAX_TEXT = 1000, 20_000
"""Characters of one line, and of several, where the designer says nothing."""


@dataclass(frozen=True)
class Asked:
    """What a reader may need to know of the question."""

    decimals: int | None = None
    area: str = ""
    lookups: Lookups = field(default_factory=dict)


@dataclass(frozen=True)
class Format:
    """One kind of answer. `read` raises Wrong with the cure; `show` is for people."""

    read: Callable[[str, Asked], Any]
    show: Callable[[Any, Lookups], str]
    edit: Callable[[Any], str]
    schema: Mapping[str, Any]
    column: str = "text"
    inputmode: str = ""
    autocomplete: str = ""
    input_type: str = "text"
    example: str = ""


def _as_typed(value: Any) -> str:
    return "" if value is None else str(value)


def _shown(show: Callable[[Any], str]) -> Callable[[Any, Lookups], str]:
    return lambda value, _lookups: show(value)


def _text(
    read: Callable[[str], str], show: Callable[[Any], str] = str, **more: Any
) -> Format:
    """A one-line text with its own check."""
    schema = {"type": "string", "maxLength": MAX_LINE} | more.pop("schema", {})
    return Format(
        read=lambda text, _asked: read(clean(text, lines=False)),
        show=_shown(show),
        edit=_as_typed,
        schema=schema,
        **more,
    )


def _code(kind: str, shape: str, cure: str, **more: Any) -> Format:
    return Format(
        read=lambda text, asked: read_code(
            clean(text, lines=False),
            asked.area,
            asked.lookups,
            kind=kind,
            shape=shape,
            cure=cure,
        ),
        show=partial(show_code, kind=kind),
        edit=_as_typed,
        schema={"type": "string", "pattern": f"^(?:{shape})$"},
        column="code",
        **more,
    )


def _number(decimals: int | None, unit: str, column: str) -> Format:
    def places(asked: Asked) -> int | None:
        given = [each for each in (decimals, asked.decimals) if each is not None]
        return min(given, default=None)

    return Format(
        read=lambda text, asked: numbers.read(clean(text, lines=False), places(asked)),
        show=lambda value, _lookups: numbers.show(
            value, decimals=decimals if column == "amount" else None, unit=unit
        ),
        edit=partial(numbers.edit, cents=column == "amount"),
        schema={"type": "number"},
        column=column,
        inputmode="decimal",
    )


def _dated(read: Callable[[str], str], show: Callable[[Any], str], **more: Any) -> Format:
    def edit(value: Any) -> str:
        typed = show(value)
        try:
            return typed if read(typed) == value else _as_typed(value)
        except Wrong:
            return _as_typed(value)

    return Format(
        read=lambda text, _asked: read(clean(text, lines=False)),
        show=_shown(show),
        edit=edit,
        **more,
    )


def _read_boolean(text: str, _asked: Asked) -> bool:
    known = {"on": True, "true": True, "1": True, "oui": True}
    known |= {"": False, "false": False, "off": False, "0": False, "non": False}
    answer = known.get(text.strip().lower())
    if answer is None:
        raise Wrong("cochez la case ou laissez-la vide")
    return answer


def _pattern(shape: str) -> dict[str, Any]:
    return {"schema": {"pattern": shape}}


FORMATS: Mapping[str, Format] = {
    "text": _text(str),
    "paragraph": Format(
        read=lambda text, _asked: clean(text, lines=True),
        show=_shown(str),
        edit=_as_typed,
        schema={"type": "string", "maxLength": MAX_TEXT},
    ),
    "number": _number(None, "", "number"),
    "montant": _number(2, "€", "amount"),
    "pourcentage": _number(4, "%", "number"),
    "date": _dated(
        dates.read_date,
        dates.show_date,
        schema={"type": "string", "format": "date"},
        column="date",
        inputmode="numeric",
        example="JJ/MM/AAAA, par exemple 21/11/2026",
    ),
    "time": _dated(
        dates.read_time,
        dates.show_time,
        schema={"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"},
        column="time",
        example="HH:MM, par exemple 14:30",
    ),
    "moment": _dated(
        dates.read_moment,
        dates.show_moment,
        schema={"type": "string", "format": "date-time"},
        column="moment",
        example="JJ/MM/AAAA HH:MM, par exemple 21/11/2026 14:30",
    ),
    "boolean": Format(
        read=_read_boolean,
        show=lambda value, _lookups: "Oui" if value is True else "Non",
        edit=lambda value: "on" if value is True else "",
        schema={"type": "boolean"},
        column="boolean",
    ),
    "siret": _text(
        identifiers.read_siret,
        identifiers.show_siret,
        inputmode="numeric",
        **_pattern("^[0-9]{14}$"),
    ),
    "siren": _text(
        identifiers.read_siren,
        identifiers.show_siret,
        inputmode="numeric",
        **_pattern("^[0-9]{9}$"),
    ),
    "rna": _text(identifiers.read_rna, **_pattern("^W[0-9][0-9AB][0-9]{7}$")),
    "iban": _text(
        identifiers.read_iban,
        identifiers.show_iban,
        **_pattern("^[A-Z]{2}[0-9]{2}[A-Z0-9]+$"),
    ),
    "bic": _text(identifiers.read_bic, **_pattern("^[A-Z0-9]{8}([A-Z0-9]{3})?$")),
    "naf": _text(identifiers.read_naf, **_pattern("^[0-9]{2}\\.[0-9]{2}[A-Z]$")),
    "email": _text(
        identifiers.read_email,
        input_type="email",
        autocomplete="email",
        schema={"format": "email"},
        example="prenom.nom@exemple.fr",
    ),
    "telephone": _text(
        identifiers.read_telephone,
        identifiers.show_telephone,
        input_type="tel",
        autocomplete="tel",
        example="03 80 44 33 00",
    ),
    "url": _text(
        identifiers.read_url,
        input_type="url",
        autocomplete="url",
        schema={"format": "uri"},
        example="https://www.exemple.fr",
    ),
    "code_postal": _text(
        identifiers.read_postcode,
        inputmode="numeric",
        autocomplete="postal-code",
        **_pattern("^[0-9]{5}$"),
    ),
    "adresse-ban": _text(str, autocomplete="street-address"),
    "commune": _code(
        "commune",
        "[0-9][0-9AB][0-9]{3}",
        "écrivez le code Insee de la commune ou son nom exact, par exemple 21054 pour Beaune",
    ),
    "departement": _code(
        "departement",
        "[0-9][0-9AB]|97[1-6]",
        "écrivez le code du département, par exemple 21",
    ),
    "region": _code("region", "[0-9]{2}", "écrivez le code de la région, par exemple 27"),
    "epci": _code(
        "epci",
        "[0-9]{9}",
        "écrivez le SIREN de l’intercommunalité ou son nom exact",
    ),
    "pays": _code(
        "pays",
        "[A-Z]{2}",
        "choisissez un pays de la liste",
        autocomplete="country",
    ),
}

OF_KIND: Mapping[str, frozenset[str]] = {
    "textfield": frozenset(FORMATS) - {"paragraph", "boolean", "date", "time", "moment"},
    "textarea": frozenset({"paragraph"}),
    "number": frozenset({"number", "montant", "pourcentage"}),
    "expression": frozenset(FORMATS),
}
"""The formats a designer may give (`ebg:type`) to each kind of component."""
