"""A procedure's folder as one ZIP: packed the same every time, unpacked with suspicion.

An archive comes from anywhere. Nothing of it is written to a disk, nothing is read beyond
what a folder may hold, and a single file that cannot be kept refuses them all.
"""

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from engine.procedure_drafts import MAIN_FILE, MOST_FILES
from workflows import designing
from workflows.publication import KEPT, LARGEST_FILE

LARGEST_ARCHIVE = 20 * 1024 * 1024
LARGEST_WHOLE = 50 * 1024 * 1024
"""Bytes of all the files of an archive, once unpacked."""
MOST_ENTRIES = 1_000
MOST_SAID = 50
_MOMENT = (1980, 1, 1, 0, 0, 0)
_ENCRYPTED = 0x1
_IGNORED = ("__MACOSX/", ".DS_Store", "Thumbs.db")


@dataclass
class Unpacked:
    """The files of an archive; `faults` says for each that cannot be kept why, `left` names
    the notes for people that a procedure does not keep.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def pack(files: Mapping[str, bytes]) -> bytes:
    """An archive of these files, the same bytes for the same files."""
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name in sorted(files):
            entry = ZipInfo(name, _MOMENT)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return packed.getvalue()


def unpack(content: bytes) -> Unpacked:
    """What an archive holds; every fault is said, and with one nothing may be kept."""
    found = Unpacked()
    if len(content) > LARGEST_ARCHIVE:
        found.faults.append("L’archive dépasse 20 Mo.")
        return found
    try:
        with ZipFile(BytesIO(content)) as archive:
            _read(archive, found)
    except (BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError):
        found.faults.append("Ce fichier n’est pas une archive ZIP lisible.")
    if not found.files and not found.faults:
        found.faults.append("L’archive ne contient aucun fichier d’une démarche.")
    elif MAIN_FILE not in found.files and not found.faults:
        found.faults.append(
            "L’archive ne contient pas process.bpmn, le diagramme de la démarche."
        )
    return found


def _read(archive: ZipFile, found: Unpacked) -> None:
    entries = [one for one in archive.infolist() if not _ignored(one)]
    if len(entries) > MOST_ENTRIES:
        found.faults.append(f"L’archive contient plus de {MOST_ENTRIES} fichiers.")
        return
    folder = _single_folder([one.filename for one in entries])
    whole = 0
    for entry in entries:
        name = entry.filename.removeprefix(folder)
        if fault := _fault(entry, name):
            found.faults.append(fault)
        elif not name.endswith(KEPT) and designing.readable_name(name):
            found.left.append(name)
        elif name in found.files:
            found.faults.append(f"{name} : ce nom est deux fois dans l’archive.")
        else:
            content = _inflated(archive, entry)
            whole += len(content)
            if whole > LARGEST_WHOLE:
                found.faults.append("Une fois décompressés, ces fichiers dépassent 50 Mo.")
                break
            if fault := designing.fault(name, content):
                found.faults.append(fault)
            found.files[name] = content
    if len(found.files) > MOST_FILES:
        found.faults.append(f"Une démarche contient {MOST_FILES} fichiers au plus.")
    if len(found.faults) > MOST_SAID:
        more = len(found.faults) - MOST_SAID
        found.faults = [*found.faults[:MOST_SAID], f"… et {more} autres fichiers refusés."]


def _ignored(entry: ZipInfo) -> bool:
    """Folders, and what some systems add by themselves."""
    return entry.is_dir() or any(mark in entry.filename for mark in _IGNORED)


def _single_folder(names: list[str]) -> str:
    """The folder that holds them all, as archives often have; empty when there is none."""
    tops = {name.partition("/")[0] for name in names}
    if len(tops) == 1 and all("/" in name for name in names):
        (top,) = tops
        return "" if top in {"", ".", ".."} else f"{top}/"
    return ""


def _fault(entry: ZipInfo, name: str) -> str:
    """What forbids even reading an entry."""
    shown = entry.filename[:100]
    if entry.flag_bits & _ENCRYPTED:
        return f"{shown} : ce fichier est chiffré, ôtez le mot de passe de l’archive."
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind and kind != stat.S_IFREG:
        return f"{shown} : un lien n’est pas un fichier."
    if "\\" in name or ".." in PurePosixPath(name).parts or name.startswith("/"):
        return f"{shown} : ce chemin sort de l’archive."
    if "/" in name:
        return f"{shown} : une démarche est un seul dossier, sans dossier dedans."
    if name.endswith(KEPT) and entry.file_size > LARGEST_FILE:
        return f"{shown} : ce fichier dépasse 5 Mo, allégez-le."
    return ""


def _inflated(archive: ZipFile, entry: ZipInfo) -> bytes:
    """Its bytes, never more than a file may have, whatever its header claims."""
    with archive.open(entry) as stream:
        return stream.read(LARGEST_FILE + 1)
