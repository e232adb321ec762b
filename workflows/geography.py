"""The communes of France: found by code, by name or by postcode.

The list is a file made when the assets are built (the official geographic code); its
path is a parameter, and a file is read once per process, at the first question.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, NamedTuple

from workflows.words import words

FRANCE = "PAYS-99100"

_LONG_FORMS = {"st": "saint", "ste": "sainte", "s": "sur"}
_NUMBER = re.compile(r"\d{2,5}|2[ab]\d{0,3}")


@dataclass(frozen=True, slots=True)
class Commune:
    """One commune; `code` is INSEE's, `epci` the SIREN of its intercommunal body."""

    code: str
    name: str
    departement: str
    region: str
    epci: str | None
    postcodes: tuple[str, ...]
    population: int

    @property
    def areas(self) -> frozenset[str]:
        """Every area code that contains the commune: COM-21231, EPCI-…, DEP-21, REG-27, PAYS-99100."""
        held = {FRANCE, f"COM-{self.code}", f"DEP-{self.departement}"}
        if self.region:
            held.add(f"REG-{self.region}")
        if self.epci:
            held.add(f"EPCI-{self.epci}")
        if self.departement.startswith(("97", "98")):
            # Overseas collectivities stand in open data as COM-987.
            held.add(f"COM-{self.departement}")
        return frozenset(held)

    @property
    def label(self) -> str:
        """The name and what tells it from its namesakes: « Saint-Loup (71240) »."""
        return f"{self.name} ({self.postcodes[0] if self.postcodes else self.code})"


class Communes:
    """The communes of one file, kept in memory and searched by sorted keys."""

    def __init__(self, communes: Iterable[Commune]) -> None:
        self._by_code = {commune.code: commune for commune in communes}
        self._names = {code: _plain(c.name) for code, c in self._by_code.items()}
        self._keys = sorted(
            (key, code)
            for code, commune in self._by_code.items()
            for key in _keys(commune, self._names[code])
        )

    def __len__(self) -> int:
        return len(self._by_code)

    def find(self, code: str) -> Commune | None:
        """The commune whose INSEE code is `code`, or None."""
        return self._by_code.get(code.strip().upper())

    def search(self, text: str, *, near: str = "", limit: int = 20) -> list[Commune]:
        """Communes that `text` may mean, best first.

        Accents, hyphens and « St » do not matter; a number is a postcode, an INSEE code
        or a département (« Saint-Loup 71 »). Names that begin so come before those that
        hold a word so; then the region `near`, the exact names, the most populous.
        """
        asked = _read(text)
        found = self._matching(asked)
        return sorted(found, key=lambda one: self._rank(one, asked, near))[:limit]

    def resolve(self, text: str, *, near: str = "") -> Commune | None:
        """The one commune that `text` names without doubt, else None.

        A full name is, above all in the region `near`; but « Chalon » alone, in Isère, is
        doubtful when a larger commune of the region begins with it.
        """
        asked = _read(text)
        found = self._matching(asked)
        exact = [one for one in found if self._names[one.code] == asked.name]
        candidates = [one for one in exact if one.region == near] or exact or found
        if len(candidates) != 1:
            return None
        alone = candidates[0]
        doubtful = not asked.numbers and any(
            one.region == near and one.population > alone.population
            for one in found
            if self._names[one.code].startswith(asked.name)
        )
        return None if doubtful else alone

    def _matching(self, asked: "_Asked") -> list[Commune]:
        lead = asked.name or (asked.numbers[0] if asked.numbers else "")
        if not lead:
            return []
        start = bisect_left(self._keys, (lead, ""))
        keys = takewhile(
            lambda key: key[0].startswith(lead), islice(self._keys, start, None)
        )
        found = (self._by_code[code] for code in {code for _, code in keys})
        return [one for one in found if all(_numbered(one, n) for n in asked.numbers)]

    def _rank(self, commune: Commune, asked: "_Asked", near: str) -> tuple[Any, ...]:
        name, elsewhere = self._names[commune.code], commune.region != near
        begins, exact = name.startswith(asked.name), name == asked.name
        by_post = any(number in commune.postcodes for number in asked.numbers)
        order = (not begins, elsewhere, not exact, not by_post)
        return *order, -commune.population, commune.code


@lru_cache(maxsize=4)
def load(path: Path) -> Communes:
    """The communes of `path`, a JSON list of {code, nom, departement, region, epci, codesPostaux, population}.

    Read once per process. Raises FileNotFoundError when the assets were not built.
    """
    return Communes(
        Commune(
            code=row["code"],
            name=row["nom"],
            departement=row.get("departement") or "",
            region=row.get("region") or "",
            epci=row.get("epci") or None,
            postcodes=tuple(row.get("codesPostaux") or ()),
            population=row.get("population") or 0,
        )
        for row in json.loads(path.read_bytes())
    )


@lru_cache(maxsize=4)
def load_areas(path: Path) -> Mapping[str, str]:
    """The names of areas by code, from a JSON object {regions, departements, epci}: « REG-27 » → its name.

    Read once per process. Raises FileNotFoundError when the assets were not built.
    """
    named = json.loads(path.read_bytes())
    levels = {"REG": "regions", "DEP": "departements", "EPCI": "epci"}
    return {FRANCE: "France entière"} | {
        f"{level}-{code}": name
        for level, group in levels.items()
        for code, name in named.get(group, {}).items()
    }


def _plain(name: str) -> str:
    return " ".join(_LONG_FORMS.get(word, word) for word in words(name))


def _keys(commune: Commune, name: str) -> set[str]:
    """Where the commune is met: its code, its postcodes, its name from each of its words."""
    parts = name.split()
    named = {" ".join(parts[start:]) for start in range(len(parts))}
    return named | {commune.code.lower(), *commune.postcodes}


class _Asked(NamedTuple):
    """A question: a plain name, and the numbers typed with it."""

    name: str
    numbers: list[str]


def _read(text: str) -> _Asked:
    parts = words(text[:200])
    numbers = [part for part in parts if _NUMBER.fullmatch(part)]
    return _Asked(_plain(" ".join(p for p in parts if p not in numbers)), numbers)


def _numbered(commune: Commune, number: str) -> bool:
    return commune.code.lower().startswith(number) or any(
        postcode.startswith(number) for postcode in commune.postcodes
    )
