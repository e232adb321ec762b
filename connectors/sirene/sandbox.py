"""The search of companies over our fictitious ones, in the shape of the real one.

Like the real one it is fuzzy: a SIRET it does not know, of a company it does, brings that
company with its head office.
"""

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from connectors import sandboxes
from connectors.faults import refuse_of
from connectors.sandboxes import Clock, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_FILE = Path(__file__).with_name("companies.csv")
_ASKED = "Veuillez indiquer au moins un paramètre de recherche."
_SHORT = "3 caractères minimum pour les termes de la requête."
_NIL_COMPLEMENTS = {
    "collectivite_territoriale": None,
    "identifiant_association": None,
    "liste_id_organisme_formation": None,
    "statut_entrepreneur_spectacle": None,
} | dict.fromkeys(
    (
        "convention_collective_renseignee",
        "egapro_renseignee",
        "est_bio",
        "est_entrepreneur_spectacle",
        "est_ess",
        "est_finess",
        "est_organisme_formation",
        "est_qualiopi",
        "est_rge",
        "est_service_public",
        "est_societe_mission",
        "est_uai",
    ),
    False,
)
_NIL_LISTS = dict.fromkeys(
    (
        "liste_enseignes",
        "liste_finess",
        "liste_id_bio",
        "liste_idcc",
        "liste_id_organisme_formation",
        "liste_rge",
        "liste_uai",
    )
)
_NIL_ADDRESS = dict.fromkeys(
    (
        "activite_principale_registre_metier",
        "cedex",
        "code_pays_etranger",
        "complement_adresse",
        "distribution_speciale",
        "indice_repetition",
        "libelle_cedex",
        "libelle_commune_etranger",
        "libelle_pays_etranger",
    )
)


def application(data: Path, settings: Settings, clock: Clock) -> "WSGIApplication":
    app = Flask(__name__)

    @app.get("/")
    def index() -> str:
        rows = "".join(
            f"<tr><td>{unit[0]['siret']}</td><td>{unit[0]['name']}</td></tr>"
            for unit in _units().values()
        )
        return (
            '<!doctype html><html lang="fr"><meta charset="utf-8">'
            "<title>Annuaire d'essai</title><h1>Entreprises fictives</h1>"
            f"<table><tr><th>SIRET</th><th>Nom</th></tr>{rows}</table></html>"
        )

    @app.get("/search")
    def search() -> ResponseReturnValue:
        if reason := refuse_of(request.environ):
            return jsonify(erreur=reason), 400
        asked = request.args.get("q", "").strip()
        if not asked:
            return jsonify(erreur=_ASKED), 400
        if len(asked) < 3:  # noqa: PLR2004 - the wire's own limit
            return jsonify(erreur=_SHORT), 400
        page = max(request.args.get("page", 1, int), 1)
        size = min(max(request.args.get("per_page", 10, int), 1), 25)
        found = _matching(asked)
        return jsonify(
            results=found[(page - 1) * size : page * size],
            total_results=len(found),
            page=page,
            per_page=size,
            total_pages=-(-len(found) // size),
        )

    return sandboxes.faulty(app, data, "sirene", settings)


@cache
def _units() -> dict[str, list[dict[str, str]]]:
    """Establishments by SIREN, the head office first."""
    units = defaultdict(list)
    with _FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            units[row["siret"][:9]].append(row)
    return dict(units)


def _matching(asked: str) -> list[dict[str, Any]]:
    number = asked.replace(" ", "")
    if number.isdigit() and len(number) in {9, 14}:
        unit = _units().get(number[:9])
        return [_result(unit, number)] if unit else []
    words = asked.upper().split()
    return [
        _result(unit, "")
        for unit in _units().values()
        if all(word in f"{unit[0]['name']} {unit[0]['commune_name']}" for word in words)
    ]


def _result(unit: list[dict[str, str]], number: str) -> dict[str, Any]:
    head = unit[0]
    matching = [row for row in unit if row["siret"] == number] or [head]
    return {
        "siren": head["siret"][:9],
        "nom_complet": head["name"],
        "nom_raison_sociale": head["name"],
        "sigle": None,
        "nombre_etablissements": len(unit),
        "nombre_etablissements_ouverts": sum(row["active"] == "A" for row in unit),
        "siege": _place(head) | _head_office(head),
        "activite_principale": head["naf"],
        "categorie_entreprise": head["category"] or None,
        "caractere_employeur": None,
        "annee_categorie_entreprise": "2024" if head["category"] else None,
        "date_creation": head["created_on"],
        "date_mise_a_jour": "2026-11-02T03:00:00",
        "dirigeants": [],
        "etat_administratif": head["active"],
        "nature_juridique": head["legal_form"],
        "section_activite_principale": None,
        "tranche_effectif_salarie": head["workforce"],
        "annee_tranche_effectif_salarie": "2024",
        "statut_diffusion": "O",
        "matching_etablissements": [_place(row) for row in matching],
        "finances": {},
        "complements": _NIL_COMPLEMENTS
        | {
            "est_association": head["legal_form"].startswith("92"),
            "est_entrepreneur_individuel": head["legal_form"] == "1000",
        },
    }


def _place(row: dict[str, str]) -> dict[str, Any]:
    return _NIL_LISTS | {
        "activite_principale": row["naf"],
        "annee_tranche_effectif_salarie": "2024",
        "adresse": f"{row['street']} {row['postal_code']} {row['commune_name']}",
        "caractere_employeur": None,
        "code_postal": row["postal_code"],
        "commune": row["commune"],
        "date_creation": row["created_on"],
        "date_debut_activite": row["created_on"],
        "est_siege": row["head_office"] == "1",
        "etat_administratif": row["active"],
        "geo_id": None,
        "latitude": row["latitude"],
        "libelle_commune": row["commune_name"],
        "longitude": row["longitude"],
        "nom_commercial": None,
        "region": "27",
        "siret": row["siret"],
        "tranche_effectif_salarie": row["workforce"],
    }


def _head_office(row: dict[str, str]) -> dict[str, Any]:
    """What only the head office's record holds."""
    number, _, way = row["street"].partition(" ")
    kind, _, name = way.partition(" ")
    return _NIL_ADDRESS | {
        "coordonnees": f"{row['latitude']},{row['longitude']}",
        "date_mise_a_jour": "2026-11-02T03:00:00",
        "departement": row["commune"][:2],
        "geo_adresse": f"{row['street'].title()} {row['postal_code']} {row['commune_name'].title()}",
        "libelle_voie": name,
        "numero_voie": number,
        "type_voie": kind,
    }
