"""Economic activities: the sections and levels of the French nomenclature (NAF rév. 2)."""

import re
from itertools import accumulate

SECTIONS = {
    "A": "Agriculture, sylviculture et pêche",
    "B": "Industries extractives",
    "C": "Industrie manufacturière",
    "D": "Production et distribution d’énergie",
    "E": "Eau, assainissement, déchets et dépollution",
    "F": "Construction",
    "G": "Commerce, réparation d’automobiles",
    "H": "Transports et entreposage",
    "I": "Hébergement et restauration",
    "J": "Information et communication",
    "K": "Finance et assurance",
    "L": "Immobilier",
    "M": "Activités spécialisées, scientifiques et techniques",
    "N": "Services administratifs et de soutien",
    "O": "Administration publique",
    "P": "Enseignement",
    "Q": "Santé et action sociale",
    "R": "Arts, spectacles et loisirs",
    "S": "Autres services",
    "T": "Ménages employeurs",
    "U": "Activités extra-territoriales",
}

_LAST_DIVISIONS = (
    (3, "A"), (9, "B"), (33, "C"), (35, "D"), (39, "E"), (43, "F"), (47, "G"), (53, "H"),
    (56, "I"), (63, "J"), (66, "K"), (68, "L"), (75, "M"), (82, "N"), (84, "O"), (85, "P"),
    (88, "Q"), (93, "R"), (96, "S"), (98, "T"), (99, "U"),
)  # fmt: skip
_NO_DIVISION = {0, 4, 34, 40, 44, 48, 54, 57, 67, 76, 83, 89}
_CODE = re.compile(r"([A-U])|(\d{2})(?:\.?(\d)(?:(\d)([A-Z])?)?)?")


def levels(code: str) -> tuple[str, ...]:
    """The activity and all that contain it: « 2562b » → C, 25, 25.6, 25.62, 25.62B.

    Empty when `code` is no activity at any level of the nomenclature.
    """
    match = _CODE.fullmatch(code.strip().upper().replace(" ", ""))
    if not match:
        return ()
    section, division, group, klass, sub = match.groups()
    if section:
        return (section,)
    section = _section(int(division))
    if not section:
        return ()
    finer = accumulate(filter(None, (group and f"{division}.{group}", klass, sub)))
    return section, division, *finer


def _section(division: int) -> str | None:
    if division in _NO_DIVISION:
        return None
    return next((letter for last, letter in _LAST_DIVISIONS if division <= last), None)
