"""The classification that the sandbox's prefecture has in force."""

import csv
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from connectors.transmission.practice.ministry import written, written_out

VERSION = "2018-11-28"


def allowed(nature: int, code: str) -> bool:
    """Whether an act of this nature may carry a document of this type."""
    return any(row["nature"] == str(nature) and row["code"] == code for row in _types())


def known(matter: list[str]) -> bool:
    return ".".join(matter) in {row["code"] for row in _rows("matters.csv")}


@cache
def classification() -> bytes:
    """The classification as the ministry sends it (7-2)."""
    root, add = written("RetourClassification")
    add(root, "DateClassification", VERSION)
    natures = add(root, "NaturesActes")
    found: dict[str, Any] = {}
    for row in _types():
        nature = found.get(row["nature"])
        if nature is None:
            nature = found[row["nature"]] = add(
                natures,
                "NatureActe",
                CodeNatureActe=row["nature"],
                Libelle=row["nature_label"],
                TypeAbrege=row["abbreviation"],
            )
        add(nature, "TypePJNatureActe", CodeTypePJ=row["code"], Libelle=row["label"])
    parents: dict[str, etree._Element] = {"": add(root, "Matieres")}
    for row in sorted(_rows("matters.csv"), key=lambda it: _order(it["code"])):
        above, _, code = row["code"].rpartition(".")
        level = row["code"].count(".") + 1
        parents[row["code"]] = add(
            parents[above], f"Matiere{level}", CodeMatiere=code, Libelle=row["label"]
        )
    return written_out(root)


def _order(code: str) -> list[int]:
    return [int(part) for part in code.split(".")]


def _types() -> list[dict[str, str]]:
    return _rows("document_types.csv")


@cache
def _rows(name: str) -> list[dict[str, str]]:
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
