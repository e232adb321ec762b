"""Small files of aids and of communes, for the tests of the catalogue."""

import csv
import io
import json
from pathlib import Path

from workflows.geography import Commune

SHEET = {
    "id": "A1",
    "titre": "Aide à l’investissement",
    "promesse": "Financez vos machines",
    "description": "La Région aide à s’équiper.",
    "eligibilite": "Être une PME.",
    "types_aides": "subvention",
    "porteurs": '[{"nom": "Région", "siren": "", "roles": ["financeur"]}]',
    "url_source": "https://region.example/aide",
    "cibles": "professionnels",
    "eligibilite_geographique": "REG-27",
    "date_ouverture": "",
    "date_cloture": "",
    "date_mise_a_jour": "2026-09-01",
}


def csv_of(*rows: dict[str, str], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """A file of these sheets, each told by what differs from SHEET."""
    columns = list(dict.fromkeys([*SHEET, *(name for row in rows for name in row)]))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows([{**SHEET, **row} for row in rows])
    return out.getvalue().encode(encoding)


DIJON = Commune("21231", "Dijon", "21", "27", "242100410", ("21000",), 160_000)
MACON = Commune("71270", "Mâcon", "71", "27", "200070308", ("71000",), 34_000)
NEVERS = Commune("58194", "Nevers", "58", "27", "245804406", ("58000",), 32_000)
LYON = Commune("69123", "Lyon", "69", "84", "200046977", ("69001", "69002"), 520_000)

COMMUNES = [
    DIJON,
    MACON,
    NEVERS,
    LYON,
    Commune("71367", "La Roche-Vineuse", "71", "27", None, ("71960",), 1_600),
    Commune("21540", "Saint-Apollinaire", "21", "27", "242100410", ("21850",), 7_500),
    Commune("05130", "Saint-Apollinaire", "05", "93", None, ("05160",), 150),
    Commune("71443", "Saint-Loup-Géanges", "71", "27", None, ("71350",), 1_700),
    Commune("39490", "Saint-Loup", "39", "27", None, ("39120",), 250),
    Commune("89387", "Sens", "89", "27", None, ("89100",), 26_000),
    Commune("71514", "Sens-sur-Seille", "71", "27", None, ("71330",), 380),
    Commune("38065", "Chalon", "38", "84", None, ("38122",), 180),
    Commune("71076", "Chalon-sur-Saône", "71", "27", None, ("71100",), 45_000),
    Commune("71100", "La Charmée", "71", "27", None, ("71100",), 650),
    Commune("98735", "Papeete", "987", "987", None, ("98714",), 26_000),
]


def communes_file(folder: Path) -> Path:
    """These communes as the build of the assets writes them."""
    rows = [
        {
            "code": one.code,
            "nom": one.name,
            "departement": one.departement,
            "region": one.region,
            "epci": one.epci,
            "codesPostaux": list(one.postcodes),
            "population": one.population,
        }
        for one in COMMUNES
    ]
    path = folder / "communes.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path
