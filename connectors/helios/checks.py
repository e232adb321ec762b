"""What the accountant would refuse in a PES, found before it is sent.

Each problem is {line, element, text, blocking}: a sentence that says what is wrong and how
to cure it. What the official schema says comes last, when it was imported.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from connectors import Refused
from connectors.helios import pes, schema
from connectors.helios.contents import opened
from connectors.helios.pes import value
from connectors.xml_reading import Outline

Plain = dict[str, Any]

PROLOG = re.compile(rb"""<\?xml\s[^>]*encoding\s*=\s*["']ISO-8859-1["']""", re.IGNORECASE)
PROLOG_BYTES = 50  # the transmission service looks no further
TYPES = ("PESALR1", "PESALR2", "PESALR1M", "PESORMC")
NCNAME = re.compile(r"[^\W\d][\w.\-]*")
_NAME_LENGTH, _UNIQUE_LENGTH, _SHOWN = 100, 50, 100


@dataclass(frozen=True)
class Limits:
    """Sizes past which the accountant refuses, in bytes; they are settings."""

    file: int = 128 << 20
    document: int = 100 << 20  # once decompressed
    documents: int = 400 << 20  # all of them, once decompressed


@dataclass(frozen=True)
class Asked:
    """What the caller knows: names already used, whether the file must be signed."""

    names: Collection[str] = ()
    unique_ids: Collection[str] = ()
    signed: bool = False
    limits: Limits = field(default_factory=Limits)
    references: Path | None = None


def problems(
    content: bytes, outline: Outline, root: etree._Element, asked: Asked
) -> tuple[list[Plain], bool]:
    """The problems of a PES_Aller, the blocking first; and whether the schema was asked."""
    found = [
        *_bytes(content, asked.limits),
        *_ids(outline, root),
        *_header(root, asked),
        *_batches(root, asked),
        *_documents(root, asked),
    ]
    ran, said = schema.objections(root, asked.references, schema.ALLER_SCHEMA, _SHOWN)
    found += [
        problem(line, element, f"Schéma officiel, {element} : {text}.", by="schema")
        for line, element, text in said
    ]
    found.sort(key=lambda one: not one["blocking"])
    return found[:_SHOWN], ran


def problem(
    line: int, element: str, text: str, *, blocking: bool = True, by: str = "house"
) -> Plain:
    """One problem, as pages show it; `by` says whether the official schema found it."""
    return {
        "line": line,
        "element": element,
        "text": text,
        "blocking": blocking,
        "by": by,
    }


def sentence(one: Plain) -> str:
    """A problem in one sentence, with its line where it is known."""
    return f"Ligne {one['line']} : {one['text']}" if one["line"] else str(one["text"])


def _bytes(content: bytes, limits: Limits) -> Iterator[Plain]:
    if len(content) > limits.file:
        yield problem(0, "", f"Le fichier dépasse {limits.file >> 20} Mo : partagez-le.")
    if not PROLOG.match(content[:PROLOG_BYTES]):
        yield problem(
            1, "", 'La première ligne doit annoncer encoding="ISO-8859-1" dans ses 50 premiers '
            "caractères : enregistrez le fichier dans cet encodage."
        )  # fmt: skip
        return
    high = [byte for byte in set(content) if byte >= _ASCII]
    if high and _is_utf8(content):
        yield problem(
            1, "", "Le fichier annonce ISO-8859-1 mais il est écrit en UTF-8 : les accents seraient "
            "illisibles. Enregistrez-le en ISO-8859-1."
        )  # fmt: skip
    elif any(byte < _LATIN for byte in high):
        yield problem(
            0, "", "Le fichier contient des caractères propres à Windows (’, œ, €…), que "
            "l’ISO-8859-1 n’a pas : remplacez-les."
        )  # fmt: skip


_ASCII, _LATIN = 0x80, 0xA0


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _ids(outline: Outline, root: etree._Element) -> Iterator[Plain]:
    for one in outline.repeated[:10]:
        yield problem(0, "Id", f"L’Id « {one} » est porté par plusieurs éléments.")
    for element in [root, *(batch for batch, _ in pes.batch_elements(root))]:
        identifier = element.get("Id")
        if identifier is not None and not NCNAME.fullmatch(identifier):
            yield problem(
                pes.line_of(element), "Id",
                f"L’Id « {identifier} » doit commencer par une lettre ou « _ ».",
            )  # fmt: skip


def _header(root: etree._Element, asked: Asked) -> Iterator[Plain]:
    said = pes.header(root)
    name, line = said["name"], _line(root, "Enveloppe/Parametres/NomFic")
    if not name:
        yield problem(line, "NomFic", "Le nom du fichier (NomFic) manque.")
    elif len(name) > _NAME_LENGTH:
        yield problem(
            line, "NomFic", f"NomFic a {len(name)} caractères ; {_NAME_LENGTH} au plus."
        )
    elif name in asked.names:
        yield problem(
            line, "NomFic",
            f"NomFic « {name} » a déjà servi pour cette collectivité (CodCol) : donnez-en un autre.",
        )  # fmt: skip
    if said["type"] not in TYPES:
        yield problem(
            _line(root, "Enveloppe/Parametres/TypFic"), "TypFic",
            f"TypFic « {said['type']} » : mettez {', '.join(TYPES)}.",
        )  # fmt: skip
    yield from _addresses(root, said)


def _addresses(root: etree._Element, said: Plain) -> Iterator[Plain]:
    for key, tag, shape, cure in (
        ("post", "IdPost", r"02[AB]\d{3,4}|\d{6,7}", "le codique du comptable, 6 ou 7 chiffres"),
        ("collectivity", "IdColl", r"\d{14}", "le SIRET du budget, 14 chiffres"),
        ("code", "CodCol", r"(?!000)\d{3}", "trois chiffres, autres que 000"),
        ("budget", "CodBud", r"[0-9A-Z]\d", "deux caractères, par exemple 00"),
    ):  # fmt: skip
        if not re.fullmatch(shape, said[key], re.ASCII):
            yield problem(
                _line(root, f"EnTetePES/{tag}"),
                tag,
                f"{tag} « {said[key]} » : mettez {cure}.",
            )


def _batches(root: etree._Element, asked: Asked) -> Iterator[Plain]:
    listed = list(pes.batch_elements(root))
    others = ("PES_Facture", "PES_Marche", "PES_PJ/PJ")
    if not listed and all(root.find(path) is None for path in others):
        yield problem(
            pes.line_of(root), "PES_Aller",
            "Le PES est vide : le comptable n’en accuserait jamais réception.",
        )  # fmt: skip
    numbers = Counter(_number(element, domain) for element, domain in listed)
    for element, domain in listed:
        number = value(element, "BlocBordereau/IdBord")
        if numbers[_number(element, domain)] > 1:
            yield problem(
                pes.line_of(element),
                "IdBord",
                f"Le bordereau {number} est présent plusieurs fois.",
            )
        yield from _batch(element, number, domain)
    yield from _signing(root, listed, asked)


def _number(element: etree._Element, domain: str) -> tuple[str, ...]:
    block = "BlocBordereau/"
    return (domain, *(value(element, block + tag) for tag in ("Exer", "TypBord", "IdBord")))


def _batch(element: etree._Element, number: str, domain: str) -> Iterator[Plain]:
    pieces = element.findall("Piece")
    announced = value(element, "BlocBordereau/NbrPce")
    if announced != str(len(pieces)):
        yield problem(
            _line(element, "BlocBordereau/NbrPce"), "NbrPce",
            f"Bordereau {number} : NbrPce annonce {announced or 'rien'}, {len(pieces)} y sont.",
        )  # fmt: skip
    total = Decimal(0)
    for piece in pieces:
        total += pes.total_of(piece)
        for line in piece.iter("MtHT"):
            found = pes.amount(line.get("V", ""))
            if found is None or found < 0 or found != round(found, 2):
                yield problem(
                    pes.line_of(line), "MtHT",
                    f"Bordereau {number} : le montant « {line.get('V', '')} » n’est pas un nombre "
                    "d’euros à deux décimales, avec un point.",
                )  # fmt: skip
    tag = "MtBordHT" if domain == pes.EXPENSE else "MtBordHt"
    written = pes.amount(value(element, f"BlocBordereau/{tag}"))
    if written is not None and written != total:
        yield problem(
            _line(element, f"BlocBordereau/{tag}"), tag,
            f"Bordereau {number} : {written} € annoncés, les lignes font {total} €.",
            blocking=False,
        )  # fmt: skip


def _signing(
    root: etree._Element, listed: list[tuple[etree._Element, str]], asked: Asked
) -> Iterator[Plain]:
    name = "{http://www.w3.org/2000/09/xmldsig#}Signature"
    signed = root.find(name) is not None or any(
        element.find(name) is not None for element, _ in listed
    )
    if asked.signed and not signed:
        yield problem(0, "Signature", "Le PES n’est pas signé : faites-le signer d’abord.")
    for path in ("PES_DepenseAller/EnTeteDepense", "PES_RecetteAller/EnTeteRecette"):
        said = value(root, f"{path}/InfoDematerialisee")
        if said in {"0", "false", ""} and signed and root.find(path) is not None:
            yield problem(
                _line(root, path), "InfoDematerialisee",
                "InfoDematerialisee doit valoir 1 quand le PES est signé.", blocking=said != "",
            )  # fmt: skip


def _documents(root: etree._Element, asked: Asked) -> Iterator[Plain]:
    listed = root.findall("PES_PJ/PJ")
    unique = Counter(value(one, "IdUnique") for one in listed)
    left = asked.limits.documents
    for one in listed:
        identifier, name = value(one, "IdUnique"), value(one, "NomPJ")
        label = name or identifier or "sans nom"
        if unique[identifier] > 1 or identifier in asked.unique_ids:
            yield problem(
                pes.line_of(one), "IdUnique",
                f"Pièce {label} : l’identifiant « {identifier} » a déjà servi, donnez-en un autre.",
            )  # fmt: skip
        if not 0 < len(identifier) <= _UNIQUE_LENGTH or not identifier.isalnum():
            yield problem(
                pes.line_of(one), "IdUnique",
                f"Pièce {label} : IdUnique doit avoir 1 à 50 lettres ou chiffres.",
            )  # fmt: skip
        if not re.fullmatch(r".+\.[A-Za-z0-9]{1,4}", name):
            yield problem(
                pes.line_of(one), "NomPJ",
                f"Pièce {label} : le nom doit finir par une extension de 4 caractères au plus.",
            )  # fmt: skip
        try:
            left -= len(content_of(one, limit=min(asked.limits.document, max(left, 0))))
        except Refused as refusal:
            yield problem(pes.line_of(one), "Fichier", f"Pièce {label} : {refusal}.")
    yield from _missing(root, set(unique))


def _missing(root: etree._Element, carried: set[str]) -> Iterator[Plain]:
    for reference in root.iter("PJRef"):
        identifier = value(reference, "IdUnique")
        if value(reference, "Support") == "01" and identifier not in carried:
            yield problem(
                pes.line_of(reference), "PJRef",
                f"La pièce {identifier} n’est pas dans ce fichier : elle doit avoir été "
                "transmise auparavant.", blocking=False,
            )  # fmt: skip


def content_of(document: etree._Element, *, limit: int) -> bytes:
    """The bytes of a supporting document; raises Refused."""
    found = document.find("Contenu/Fichier")
    return opened("" if found is None else found.text or "", limit=limit)


def _line(root: etree._Element, path: str) -> int:
    found = root.find(path)
    return pes.line_of(root) if found is None else pes.line_of(found)
