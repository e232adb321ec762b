"""What an archive would refuse, found before it is sent.

The package is read back as a stranger would read it: the manifest from its XML, the files
from the container. What the official schema does not check is checked here (references,
digests, sizes, files without an object and objects without a file); the schema itself is
checked when it is at hand (`flask import-references`).
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from lxml import etree

from connectors import Refused
from connectors.archiving.containers import digests
from connectors.archiving.seda import Dialect

SHOWN = 20
SAFE_PATH = re.compile(r"content/[A-Za-z0-9][A-Za-z0-9._-]*")


def check(
    manifest: Path, container: Path, dialect: Dialect, reference_dir: Path | None
) -> Literal["passed", "not_run"]:
    """Raise Refused with a French sentence a problem; return whether the schema was checked."""
    tree = etree.parse(manifest, safe_parser())
    problems = list(_problems(tree, container, dialect))
    schema = _schema(reference_dir, dialect.version) if reference_dir else None
    if schema is not None and not schema.validate(tree):
        found: Any = schema.error_log
        problems += [
            f"Le bordereau ne respecte pas le schéma officiel SEDA {dialect.version} "
            f"(ligne {error.line} : {error.message})."
            for error in islice(found, 5)
        ]
    if problems:
        more = len(problems) - SHOWN
        raise Refused(problems[:SHOWN] + ([f"… et {more} autres."] if more > 0 else []))
    return "not_run" if schema is None else "passed"


def safe_parser() -> etree.XMLParser:
    """A parser that reads nothing but what it is given."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def official_schema(reference_dir: Path, version: str) -> Path | None:
    """Find the main schema of a SEDA version anywhere under the folder of references."""
    return next(iter(sorted(reference_dir.rglob(f"seda-{version}-main.xsd"))), None)


def _problems(tree: etree._ElementTree, container: Path, dialect: Dialect) -> Iterator[str]:
    root, name = tree.getroot(), f"{{{dialect.namespace}}}"
    ids = Counter(str(it.get("id")) for it in root.iter("{*}*") if it.get("id"))
    for duplicate in (it for it, times in ids.items() if times > 1):
        yield f"L’identifiant {duplicate} est employé plusieurs fois dans le bordereau."
    for required in ("MessageIdentifier", "Date"):
        if not (root.findtext(f"{name}{required}") or "").strip():
            yield f"Le bordereau n’a pas de {required}."
    for agency in ("ArchivalAgency", "TransferringAgency"):
        if not (root.findtext(f"{name}{agency}/{name}Identifier") or "").strip():
            yield f"Le bordereau ne nomme pas {agency} : vérifier les réglages du service d’archives."
    for unit in root.iter(f"{name}ArchiveUnit"):
        if not (unit.findtext(f"{name}Content/{name}Title") or "").strip():
            yield f"L’unité d’archives {unit.get('id')} n’a pas d’intitulé."
    groups = {it.get("id") for it in root.iter(f"{name}DataObjectGroup")}
    cited = {it.text for it in root.iter(f"{name}DataObjectGroupReferenceId")}
    for dangling in sorted(str(it) for it in cited - groups):
        yield f"Une unité d’archives cite {dangling}, qui n’existe pas."
    for orphan in sorted(str(it) for it in groups - cited):
        yield f"L’objet {orphan} n’est décrit par aucune unité d’archives."
    yield from _file_problems(root, container, dialect)


def _file_problems(
    root: etree._Element, container: Path, dialect: Dialect
) -> Iterator[str]:
    files = dict(digests(container))
    if (files.pop("manifest.xml", None) is not None) != dialect.manifest_inside:
        yield "Le bordereau n’est pas à sa place dans le paquet."
    name = f"{{{dialect.namespace}}}"
    for it in root.iter(f"{name}BinaryDataObject"):
        attachment = it.find(f"{name}Attachment")
        named = (
            attachment.get("filename")
            if attachment is not None
            else it.findtext(f"{name}Uri")
        )
        path = named or ""
        digest, size = files.pop(path, ("", 0))
        if not SAFE_PATH.fullmatch(path):
            yield f"L’objet {it.get('id')} désigne un fichier au nom inacceptable ({path[:80]})."
        elif not digest:
            yield f"L’objet {it.get('id')} désigne un fichier absent du paquet ({path})."
        elif it.findtext(f"{name}MessageDigest") != digest:
            yield f"L’empreinte de l’objet {it.get('id')} n’est pas celle de son fichier."
        elif it.findtext(f"{name}Size") != str(size):
            yield f"La taille de l’objet {it.get('id')} n’est pas celle de son fichier."
    for path in sorted(files):
        yield f"Le fichier {path} du paquet n’est décrit par aucun objet."


def _schema(reference_dir: Path, version: str) -> etree.XMLSchema | None:
    path = official_schema(reference_dir, version)
    return _compiled(path, path.stat().st_mtime_ns) if path else None


@lru_cache(maxsize=4)
def _compiled(path: Path, _modified: int) -> etree.XMLSchema:
    parser = safe_parser()
    parser.resolvers.add(_Beside(path.parent))
    return etree.XMLSchema(etree.parse(path, parser))


class _Beside(etree.Resolver):
    """Finds xml.xsd and xlink.xsd beside the schema that imports them from the W3C's site."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    # The stubs ignore the context and what a resolver inherits.
    def resolve(self, system_url: str, public_id: str, context: Any) -> Any:  # type: ignore[override]
        local = self._folder / system_url.rpartition("/")[2]
        found: Any = self
        return found.resolve_filename(str(local), context) if local.exists() else None
