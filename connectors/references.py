"""Official schemas that running needs: kept with their origin and digests, found by name.

`flask import-references DIR` copies them into `<data>/references/<name>`; `REFERENCE_DIR`
names another folder. Without them, pages say that the official check has not run.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from lxml import etree

from connectors import Misconfigured

KINDS = {".xsd", ".sch", ".rng", ".xsl", ".csv", ".txt", ".json"}
MANIFEST = "origin.json"
_LIMIT = 20 * 1024 * 1024  # of one file: schemas are small
# libxml2 reads integers of 24 digits at most, and certificates have longer serial numbers.
_SERIAL = (
    b'name="X509SerialNumber" type="integer"',
    b'name="X509SerialNumber" type="string"',
)


def folder(settings: Mapping[str, str], data: Path) -> Path | None:
    """Where the references are; None when none were imported."""
    given = settings.get("REFERENCE_DIR")
    found = Path(given) if given else data / "references"
    return found if found.is_dir() else None


def import_from(source: Path, data: Path, *, at: datetime) -> Path:
    """Copies the schemas and code lists of a folder; what was imported before is replaced.

    Raises Misconfigured for a folder that is none, or holds nothing of use.
    """
    source = source.resolve()
    if not source.is_dir():
        raise Misconfigured(f"{source} n’est pas un dossier.")
    files = sorted(one for one in source.rglob("*") if _useful(one))
    if not files:
        raise Misconfigured(f"{source} ne contient ni schéma ni liste de codes.")
    target = data / "references" / source.name
    made = target.with_name(f".{source.name}.new")
    shutil.rmtree(made, ignore_errors=True)
    digests = {}
    for one in files:
        name = one.relative_to(source).as_posix()
        digests[name] = hashlib.sha256(one.read_bytes()).hexdigest()
        copy = made / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(one.read_bytes().replace(*_SERIAL))
    origin = {"origin": str(source), "imported_at": at.isoformat(), "sha256": digests}
    (made / MANIFEST).write_text(json.dumps(origin, ensure_ascii=False, indent=1))
    shutil.rmtree(target, ignore_errors=True)
    made.rename(target)
    schema.cache_clear()
    return target


def imported(found: Path | None) -> list[dict[str, Any]]:
    """What was imported: {name, origin, imported_at, files}, by name."""
    manifests = sorted(found.glob(f"*/{MANIFEST}")) if found else []
    read = [(one.parent.name, json.loads(one.read_text())) for one in manifests]
    return [
        {
            "name": name,
            "origin": one["origin"],
            "imported_at": one["imported_at"],
            "files": len(one["sha256"]),
        }
        for name, one in read
    ]


@lru_cache(maxsize=16)
def schema(found: Path | None, name: str) -> etree.XMLSchema | None:
    """The schema of that path (its end is enough); None when it was not imported.

    Of several, the last by name: schemas bear their version in their folder's name.
    """
    candidates = sorted(found.rglob(name)) if found else []
    if not candidates:
        return None
    try:
        return etree.XMLSchema(etree.parse(candidates[-1]))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError) as error:
        raise Misconfigured(f"Schéma inutilisable, {candidates[-1]} : {error}.") from error


def _useful(path: Path) -> bool:
    return (
        path.is_file()
        and not path.is_symlink()
        and path.suffix.lower() in KINDS
        and path.stat().st_size <= _LIMIT
    )
