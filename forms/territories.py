"""Codes of the territory, typed as a code or as a name, checked through `lookups`.

Forms hold no data but the countries; the web gives the rest:

    lookups["commune"]("21054")        → "Beaune", or None
    lookups["commune_named"]("Beaune") → [("21054", "Beaune")], optional
    lookups["within"]("27", "21054")   → is this code inside that area? optional
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from babel import Locale

from forms.model import Option
from forms.numbers import Wrong

Lookups = Mapping[str, Callable[..., Any]]


def countries() -> tuple[Option, ...]:
    """The countries by their ISO 3166 code, France first."""
    return _countries()


@lru_cache(maxsize=1)
def _countries() -> tuple[Option, ...]:
    unreal = {"EU", "EZ", "UN", "ZZ", "XA", "XB", "QO"}
    named = {
        code: str(name)
        for code, name in Locale("fr").territories.items()
        if re.fullmatch("[A-Z]{2}", code) and code not in unreal
    }
    order = sorted(named, key=lambda code: (code != "FR", _folded(named[code])))
    return tuple(Option(code, named[code]) for code in order)


def _folded(name: str) -> str:
    flat = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[^a-z0-9]+", " ", re.sub(r"[\u0300-\u036f]", "", flat)).strip()


def _country_named(name: str) -> list[tuple[str, str]]:
    return [
        (each.value, each.label)
        for each in countries()
        if _folded(each.label) == _folded(name)
    ]


def _country(code: str) -> str | None:
    return next((each.label for each in countries() if each.value == code), None)


_OWN_LOOKUPS: Lookups = {"pays": _country, "pays_named": _country_named}


def read_code(
    text: str, area: str, lookups: Lookups, *, kind: str, shape: str, cure: str
) -> str:
    label = lookups.get(kind) or _OWN_LOOKUPS.get(kind)
    bare = re.sub(r"\s+", " ", text.strip())
    found = bare.upper()
    known = bool(re.fullmatch(shape, found)) and (label is None or label(found) is not None)
    if not known:
        found = _code_named(bare, lookups, kind, cure)
    within = lookups.get("within")
    if area and within is not None and not within(area, found):
        raise Wrong("choisissez un territoire dans le périmètre de cette démarche")
    return found


def _code_named(name: str, lookups: Lookups, kind: str, cure: str) -> str:
    by_name = lookups.get(f"{kind}_named") or _OWN_LOOKUPS.get(f"{kind}_named")
    found = list(by_name(name)) if by_name is not None else []
    if len(found) == 1:
        return str(found[0][0])
    if found:
        several = ", ".join(f"{label} ({code})" for code, label in found[:10])
        raise Wrong(f"plusieurs réponses portent ce nom, écrivez le code : {several}")
    raise Wrong(f"« {name[:60]} » n’est pas connu, {cure}")


def show_code(value: Any, lookups: Lookups, *, kind: str) -> str:
    label = lookups.get(kind) or _OWN_LOOKUPS.get(kind)
    name = label(str(value)) if label is not None else None
    return str(name or value)
