"""One row of the national CSV of aids, cell by cell: a typed sheet, or what is wrong."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, time
from hashlib import sha256
from typing import Any

from engine import clock
from workflows.grants.activities import levels

REQUIRED = (
    "id", "titre", "description", "eligibilite", "types_aides", "porteurs", "cibles",
    "eligibilite_geographique", "date_mise_a_jour",
)  # fmt: skip

_AREA = re.compile(r"(PAYS|REG|DEP|EPCI|COM|ARR|CANTON)-[0-9][0-9AB]\d*")
_PROCEDURE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_SIZES = ("MIC", "PME", "ETI", "GE")
_AUDIENCES = ("professionnels", "particuliers", "associations", "secteur public")
_LONGEST_VALUE = 160
_YEARS = range(1900, 2200)  # beyond, moments overflow when they change zone

# What one large publisher writes inside its texts, for want of a column.
_AMOUNT = re.compile(r"^Montant de l'aide ou co[uû]t ?: *(.+)$", re.MULTILINE)
_CONTACT = re.compile(
    r"^Contact public pour les questions sur le dispositif ?: *(.+)$", re.MULTILINE
)
_NEEDS = re.compile(r"^Projets liés au dispositif d'aide ?:\n((?:.+\n?)+)", re.MULTILINE)
_NAF = re.compile(
    r"^Secteurs principalement concernés par le dispositif ?: *([A-U0-9.|]+)$", re.MULTILINE
)


class RowRefused(Exception):
    """This row cannot become a sheet; `problems` says why, in French."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class AidRow:
    """A sheet as the file gives it. `procedure_key` is None when the file has no word on it."""

    reference: str
    title: str
    promise: str
    amount: str
    contact: str
    source_url: str
    description: str
    eligibility: str
    min_workforce: int | None
    max_workforce: int | None
    min_years: int | None
    opens_at: datetime | None
    closes_at: datetime | None
    source_updated_at: datetime
    procedure_key: str | None
    sheet: dict[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of all the origin says: the link to a procedure, which is ours, apart."""
        said = json.dumps(
            asdict(replace(self, procedure_key=None)), sort_keys=True, default=str
        )
        return sha256(said.encode()).hexdigest()


def read_row(cells: Mapping[str, str], remarks: list[str]) -> AidRow:
    """The sheet that `cells` (column → text) describes; deviations kept go to `remarks`.

    Raises RowRefused with every problem of the row at once.
    """
    row = _Cells(cells, remarks)
    description = row.text("description", longest=20_000, usual=5_000)
    eligibility = row.text("eligibilite", longest=20_000)
    opens_at, closes_at = (
        row.moment("date_ouverture"),
        row.moment("date_cloture", late=True),
    )
    if opens_at and closes_at and closes_at < opens_at:
        row.refuse("date_cloture", "la fin précède l’ouverture")
    lowest = row.number("eligibilite_effectif_minimal")
    highest = row.number("eligibilite_effectif_maximal")
    if lowest is not None and highest is not None and highest < lowest:
        row.refuse("eligibilite_effectif_maximal", "le maximum est sous le minimum")
    read = AidRow(
        reference=row.text("id", longest=100),
        title=row.text("titre", longest=300),
        promise=row.text("promesse", longest=300, usual=180),
        amount=row.text("montant", longest=500) or _said(_AMOUNT, description),
        contact=row.text("contact", longest=500) or _said(_CONTACT, description),
        source_url=row.address("url_source"),
        description=description,
        eligibility=eligibility,
        min_workforce=lowest,
        max_workforce=highest,
        min_years=row.number("eligibilite_annees_existence_minimal"),
        opens_at=opens_at,
        closes_at=closes_at,
        source_updated_at=row.moment("date_mise_a_jour") or clock.now(),
        procedure_key=row.procedure("demarche_en_ligne"),
        sheet=_sheet(row, description, eligibility),
    )
    row.finish()
    return read


def _sheet(row: "_Cells", description: str, eligibility: str) -> dict[str, Any]:
    needs = row.values("besoins") or _said(_NEEDS, description).strip().split("\n")
    activities = row.values("ciblage_naf", levels)
    if not activities:
        activities = [a for a in _said(_NAF, eligibility).split("|") if levels(a)]
    return {
        "kinds": [kind.lower() for kind in row.values("types_aides")],
        "needs": [need[:1].upper() + need[1:_LONGEST_VALUE] for need in needs if need],
        "funders": row.funders("porteurs"),
        "areas": row.values("eligibilite_geographique", _AREA.fullmatch),
        "excluded_areas": row.values(
            "eligibilite_geographique_exclusions", _AREA.fullmatch
        ),
        "activities": activities,
        "excluded_activities": row.values("ciblage_naf_exclusions", levels),
        "sectors": row.values("ciblage_secteur_activite"),
        "sizes": row.values("eligibilite_categorie_taille_entreprise", _SIZES.__contains__),
        "legal_forms": row.values("eligibilite_forme_juridique"),
        "excluded_legal_forms": row.values("eligibilite_forme_juridique_exclusions"),
        "audiences": row.values("cibles", _AUDIENCES.__contains__),
        "programmes": row.values("programmes_parents"),
        "legal_basis": row.legal_basis("base_juridique"),
    }


def _said(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text.replace("\r\n", "\n"))
    return match.group(1).strip()[:500] if match else ""


class _Cells:
    """The cells of one row; readers note problems and go on, so that all are told at once."""

    def __init__(self, cells: Mapping[str, str], remarks: list[str]) -> None:
        self._cells, self._remarks = cells, remarks
        self._problems: list[str] = []

    def finish(self) -> None:
        if self._problems:
            raise RowRefused(self._problems)

    def refuse(self, column: str, why: str) -> None:
        self._problems.append(f"Colonne « {column} » : {why}.")

    def text(self, column: str, *, longest: int, usual: int | None = None) -> str:
        cell = self._cells.get(column, "")
        if not cell and column in REQUIRED:
            self.refuse(column, "la valeur est obligatoire")
        if len(cell) > longest:
            self.refuse(column, f"{len(cell)} caractères, {longest} au plus")
        elif usual and len(cell) > usual:
            self._remarks.append(
                f"Colonne « {column} » : {len(cell)} caractères, le schéma national en "
                f"admet {usual} ; la fiche est gardée."
            )
        return cell

    def values(self, column: str, accept: Callable[[str], object] = bool) -> list[str]:
        parts = self.text(column, longest=20_000).split("|")
        found = list(dict.fromkeys(part.strip() for part in parts if part.strip()))
        for value in found:
            if len(value) > _LONGEST_VALUE or not accept(value):
                self.refuse(column, f"« {value[:60]} » n’est pas une valeur admise")
        return found

    def number(self, column: str) -> int | None:
        cell = self._cells.get(column, "")
        if re.fullmatch(r"[0-9]{1,9}", cell):
            return int(cell)
        if cell:
            self.refuse(column, f"« {cell[:30]} » n’est pas un nombre entier")
        return None

    def moment(self, column: str, *, late: bool = False) -> datetime | None:
        """A moment; a day alone is its first instant in Paris, or its last when `late`."""
        cell = self.text(column, longest=40)
        if not cell:
            return None
        try:
            moment = datetime.fromisoformat(cell)
            if len(cell) <= len("2026-11-21") and late:
                moment = datetime.combine(moment, time.max)
            if moment.year not in _YEARS:
                raise ValueError
        except ValueError:
            self.refuse(column, f"« {cell} » n’est pas une date (attendu : 2026-11-21)")
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=clock.PARIS)

    def address(self, column: str) -> str:
        cell = self.text(column, longest=1000)
        if cell and not re.fullmatch(r"https?://[^\s\"<>]+", cell):
            self.refuse(column, "une adresse commence par http:// ou https://")
        return cell

    def procedure(self, column: str) -> str | None:
        if column not in self._cells:
            return None
        cell = self.text(column, longest=200)
        if cell and not _PROCEDURE.fullmatch(cell):
            self.refuse(column, f"« {cell[:60]} » n’est pas la clé d’une démarche")
        return cell

    def funders(self, column: str) -> list[dict[str, Any]]:
        found = []
        for one in self._objects(column, "nom"):
            siren, roles = str(one.get("siren") or ""), one.get("roles") or one.get("rôles")
            if siren and not re.fullmatch(r"[0-9]{9}", siren):
                self.refuse(column, f"« {siren[:30]} » n’est pas un SIREN")
            roles = [str(role) for role in roles] if isinstance(roles, list) else []
            found.append({"name": one["nom"], "siren": siren, "roles": roles})
        return found

    def legal_basis(self, column: str) -> list[dict[str, str]]:
        found = []
        for one in self._objects(column, "libelle"):
            url = str(one.get("lien") or "")
            safe = re.fullmatch(r"https?://[^\s\"<>]+", url)
            found.append({"label": one["libelle"], "url": url if safe else ""})
        return found

    def _objects(self, column: str, named: str) -> list[dict[str, Any]]:
        """A JSON list of objects that each have a text `named`."""
        cell = self.text(column, longest=20_000)
        if not cell:
            return []
        try:
            listed = _json(cell)
        except (ValueError, RecursionError):
            self.refuse(column, f'liste JSON attendue, comme [{{"{named}": "…"}}]')
            return []
        whole = isinstance(listed, list) and all(
            isinstance(one, dict) and isinstance(one.get(named), str) and one[named].strip()
            for one in listed
        )
        if not whole:
            self.refuse(column, f"chaque élément doit avoir un « {named} »")
            return []
        return listed  # type: ignore[no-any-return]  # checked above


def _json(cell: str) -> Any:
    """JSON, or the JavaScript style of the schema's own example: {nom: 'ADEME'}."""
    try:
        return json.loads(cell)
    except ValueError:
        quoted = re.sub(r"'([^']*)'", lambda found: json.dumps(found.group(1)), cell)
        return json.loads(re.sub(r"([{,]\s*)(\w+)\s*:", r'\1"\2":', quoted))
