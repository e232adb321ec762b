"""The State's search of companies (API Recherche d'entreprises), asked for one SIRET.

Its search is a fuzzy one: an answer may hold other establishments than the one asked, so
only an establishment that bears the very number counts.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import httpx
from stdnum.fr import siret as siret_number

from connectors import ConnectorError, Refused
from connectors.sirene.port import Company
from connectors.wire import Unreadable, call, json_object

_PARTNER = "L'annuaire des entreprises"
_KEPT = timedelta(hours=24)
_MOST = 10_000
# La Poste's, always open: asked to know whether the directory answers.
_KNOWN = "35600000000048"


@dataclass(frozen=True)
class _Kept:
    """Answers of the last 24 hours, the oldest forgotten first."""

    companies: OrderedDict[str, tuple[datetime, Company]] = field(
        default_factory=OrderedDict
    )
    lock: Lock = field(default_factory=Lock)

    def get(self, siret: str, now: datetime) -> Company | None:
        with self.lock:
            moment, company = self.companies.get(siret, (None, None))
        return company if moment and now - moment < _KEPT else None

    def put(self, company: Company, now: datetime) -> None:
        with self.lock:
            self.companies[company["siret"]] = (now, company)
            self.companies.move_to_end(company["siret"])
            while len(self.companies) > _MOST:
                self.companies.popitem(last=False)


@dataclass(frozen=True)
class RechercheEntreprises:
    http: httpx.Client
    clock: Callable[[], datetime]
    mode: str
    kept: _Kept = field(default_factory=_Kept)

    def find(self, *, siret: str, key: str = "") -> Company | None:
        number = siret_number.compact(siret)
        if not siret_number.is_valid(number):
            raise Refused(
                [f"Le numéro SIRET « {siret[:30]} » n'est pas valable."],
                code="invalid_siret",
            )
        now = self.clock()
        if company := self.kept.get(number, now):
            return {**company}
        found = self._search(number)
        if found:
            self.kept.put(found, now)
            return {**found}
        return None

    def check(self) -> list[str]:
        try:
            self._search(_KNOWN)
        except ConnectorError as error:
            return [str(error)]
        return []

    def _search(self, siret: str) -> Company | None:
        response = call(
            self.http,
            "GET",
            "search",
            partner=_PARTNER,
            acts=False,
            reasons=_reasons,
            params={"q": siret, "per_page": 1},
        )
        results = json_object(response, partner=_PARTNER).get("results")
        if not isinstance(results, list):
            raise Unreadable(f"{_PARTNER} : réponse sans « results ».")
        try:
            return next(_bearing(siret, results), None)
        except (AttributeError, KeyError, TypeError) as error:
            raise Unreadable(f"{_PARTNER} : fiche illisible ({error!r}).") from error


def _bearing(siret: str, results: list[dict[str, Any]]) -> Iterator[Company]:
    for unit in results:
        for place in [*unit["matching_etablissements"], unit["siege"]]:
            if place["siret"] == siret:
                yield _company(unit, place)


def _company(unit: dict[str, Any], place: dict[str, Any]) -> Company:
    """Unknown facts and those a person keeps private (`[ND]`) are empty texts."""
    return {
        "siret": place["siret"],
        "siren": unit["siren"],
        "name": _text(unit["nom_complet"]),
        "legal_form": _text(unit["nature_juridique"]),
        "naf": _text(place["activite_principale"]),
        "commune": _text(place["commune"]),
        "commune_name": _text(place["libelle_commune"]),
        "postal_code": _text(place["code_postal"]),
        "address": _text(place["adresse"]),
        "active": place["etat_administratif"] == unit["etat_administratif"] == "A",
        "workforce_band": _text(place["tranche_effectif_salarie"]),
        "category": _text(unit["categorie_entreprise"]),
        "is_head_office": bool(place["est_siege"]),
        "created_on": _text(place["date_creation"]),
    }


def _text(value: str | None) -> str:
    return "" if value is None or value in {"[ND]", "[NON-DIFFUSIBLE]"} else str(value)


def _reasons(response: httpx.Response) -> list[str]:
    try:
        return [str(response.json()["erreur"])]
    except (ValueError, KeyError, TypeError):
        return []
