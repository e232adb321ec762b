"""Reads and makes PES: the part of HELIOS that needs nobody outside."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lxml import etree

from connectors import Produced, Refused, StoredFile, references
from connectors.helios import acknowledgements, build, checks, pes, returns, schema
from connectors.helios.checks import Asked, Limits
from connectors.xml_reading import glance, outline, parse

Plain = dict[str, Any]
Store = Callable[[bytes, str, str], StoredFile]
XML = "application/xml"


def examine(content: bytes, asked: Asked) -> Plain:
    """What a PES says and what is wrong with it; never raises."""
    found: Plain = {
        "kind": "", "encoding": "", "size": len(content), "header": {}, "batches": [],
        "documents": [], "problems": [], "refused": True, "schema": "not_run",
    }  # fmt: skip
    try:
        judged = outline(content)
        root = parse(content)
    except Refused as refusal:
        found["problems"] = [checks.problem(0, "", str(refusal))]
        return found
    found |= {"kind": pes.kind_of(root), "encoding": judged.encoding}
    if root.tag != pes.ALLER:
        text = f"Ce fichier est un {found['kind']}, pas un PES_Aller."
        return found | {"problems": [checks.problem(1, found["kind"], text)]}
    problems, ran = checks.problems(content, judged, root, asked)
    by_schema = any(one["by"] == "schema" for one in problems)
    return found | {
        "header": pes.header(root),
        "batches": pes.batches(root),
        "documents": pes.documents(root),
        "problems": problems,
        "refused": any(one["blocking"] for one in problems),
        "schema": ("failed" if by_schema else "passed") if ran else "not_run",
    }


def sheet(content: bytes, batch: int, first: int, count: int) -> Plain:
    """What a PES says, unjudged, with some pieces of one batch; raises Refused for no PES."""
    root = glance(content)
    if root.tag != pes.ALLER:
        raise Refused([f"Ce fichier est un {pes.kind_of(root)}, pas un PES_Aller."])
    return {
        "header": pes.header(root),
        "documents": pes.documents(root),
        **pes.sheet(root, batch, first, count),
    }


def summary(found: Plain) -> Plain:
    """What a case keeps of an examination: batches without their pieces."""
    kept = ("id", "domain", "year", "number", "amount", "vat", "signed")
    return {
        "header": found["header"],
        "batches": [
            {name: one[name] for name in kept} | {"pieces": len(one["pieces"])}
            for one in found["batches"]
        ],
        "documents": [
            {name: one[name] for name in ("unique_id", "name", "type")}
            for one in found["documents"]
        ],
        "problems": [one["text"] for one in found["problems"]],
        "schema": found["schema"],
    }


def document(content: bytes, position: int, limits: Limits) -> Plain:
    """A supporting document of a PES; raises Refused when it is not there, or hostile."""
    listed = glance(content).findall("PES_PJ/PJ")
    if not 0 <= position < len(listed):
        raise Refused(["Cette pièce n’est pas dans le fichier."])
    one = listed[position]
    return {
        "name": pes.value(one, "NomPJ") or pes.value(one, "IdUnique"),
        "media_type": pes.media_type(one),
        "content": checks.content_of(one, limit=limits.document),
    }


def understand(content: bytes) -> Plain:
    """A PES_ACQUIT or a PES_Retour, read; raises Refused for anything else."""
    root = read(content)
    if pes.kind_of(root) == "PES_Retour":
        return returns.read(root)
    return acknowledgements.read(root)


def read(content: bytes) -> etree._Element:
    """The tree of a file received; raises Refused for what is hostile or no XML."""
    outline(content)
    return parse(content)


def made(
    orders: list[Plain], header: Plain, contents: Callable[[str], bytes], store: Store
) -> Produced:
    """A PES made of payment orders and kept; raises Refused."""
    content = build.build(orders, header, contents)
    file = store(content, f"{header['name']}.xml", XML)
    batches = summary(examine(content, Asked()))["batches"]
    plain = {"sha256": file.sha256, "name": file.name, "media_type": XML, "size": file.size}
    title = f"PES {header['name']}"
    return Produced({"file": plain, "batches": batches}, [("pes", title, file)])


def imported(found: Path | None) -> bool:
    """Whether the official schema of PES is at hand."""
    return references.schema(found, schema.ALLER_SCHEMA) is not None
