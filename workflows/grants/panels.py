"""What an officer weighs: the checks made, the opinions given, and how the aid was computed.

Everything is read in the process data, so that a case shows what applied to it then.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from workflows.facts import Fact, Panel

Plain = Mapping[str, Any]

SIZES = {
    "micro": "microentreprise",
    "small": "petite entreprise",
    "medium": "moyenne entreprise",
    "large": "grande entreprise",
}


def of(data: Plain) -> list[Panel]:
    """The panels of one request, the most decisive first; none before it is examined."""
    made = (_computation(data), _opinions(data), _checks(data))
    return [panel for panel in made if panel is not None]


def _computation(data: Plain) -> Panel | None:
    aid, scheme = data.get("aid"), data.get("intensity") or {}
    if not aid:
        return None
    limits = aid["limits"]
    return Panel(
        "calcul",
        "Aide calculée",
        facts=[
            Fact(
                "Aide possible", _euros(aid["maximum"]), f"limitée par : {aid['binding']}"
            ),
            Fact("Assiette retenue", _euros(aid["base"])),
            Fact("Régime", scheme.get("scheme"), scheme.get("basis") or ""),
            Fact("Taux maximal", f"{_number(aid['rate'])} %"),
            *_de_minimis(data),
            *_circuit(data),
        ],
        headers=("Règle appliquée", "Montant possible"),
        rows=[(limit["label"], _euros(limit["amount"])) for limit in limits],
        marked=next(
            (at for at, one in enumerate(limits) if one["label"] == aid["binding"]), None
        ),
    )


def _de_minimis(data: Plain) -> list[Fact]:
    past, rule = data.get("past_aids"), data.get("de_minimis") or {}
    if not past:
        return []
    since = f"depuis le {date.fromisoformat(past['since']):%d/%m/%Y}"
    basis = rule.get("basis")
    return [
        Fact("Aides de minimis reçues", _euros(past["total"]), f"{since}, {basis}")
        if basis
        else Fact("Aides de minimis reçues", _euros(past["total"]), since)
    ]


def _circuit(data: Plain) -> list[Fact]:
    circuit = data.get("circuit")
    return [Fact("Circuit de décision", circuit["body"], circuit["act"])] if circuit else []


def _opinions(data: Plain) -> Panel | None:
    given = [
        one for key in ("opinion_oseo", "opinion_department") if (one := data.get(key))
    ]
    if not given:
        return None
    return Panel(
        "avis",
        "Avis recueillis",
        headers=("Organisme", "Avis", "Montant", "Observations", "Reçu le"),
        rows=[
            (
                one["body_name"],
                one["label"],
                None if one["amount"] is None else _euros(one["amount"]),
                one["remarks"],
                date.fromisoformat(one["received_on"]),
            )
            for one in given
        ],
    )


def _checks(data: Plain) -> Panel | None:
    if "size_class" not in data:
        return None
    group = data.get("consolidated") or {}
    found = data.get("checks") or []
    size = SIZES.get(data["size_class"], data["size_class"])
    return Panel(
        "controles",
        "Contrôles automatiques",
        facts=[
            Fact("Taille, groupe compris", size, _figures(group)),
            *([] if found else [Fact("Motifs relevés", "aucun motif de rejet")]),
        ],
        headers=("Code", "Motif", "Conséquence") if found else (),
        rows=[
            (one["code"], one["label"], "bloquant" if one["blocking"] else "alerte")
            for one in found
        ],
    )


def _figures(group: Plain) -> str:
    if not group:
        return ""
    return (
        f"{_number(group['headcount'])} UTA, chiffre d'affaires "
        f"{_whole(group['turnover'])} €, bilan {_whole(group['balance_sheet'])} €"
    )


def _euros(amount: float) -> Decimal:
    return Decimal(str(amount))


def _number(value: float) -> str:
    return f"{Decimal(str(value)).normalize():f}".replace(".", ",")


def _whole(value: float) -> str:
    return f"{value:,.0f}".replace(",", "\u202f")
