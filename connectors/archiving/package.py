"""The package of one transfer, frozen: its bytes are made once, and sent as often as needed.

A package lives in `<data>/archiving/packages/<key>/`, a folder that all the machines that may
send it again must share:

    manifest.xml         the transfer manifest
    package.zip          the container (or package.tar.gz)
    package.json         what it is: message identifier, digests, whether the schema was checked
    attempt, deposited   when it was last sent, when the service took it

The folder appears whole, by renaming: a machine that dies while preparing leaves nothing that
another could take for a package.
"""

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import pygfried

from connectors import ConnectorError, Refused
from connectors.archiving import preflight
from connectors.archiving.containers import MEDIA_TYPES, sha256, writing
from connectors.archiving.seda import ArchivedObject, Dialect, Parties, write_manifest
from connectors.archiving.transfer import Piece, Transfer, file_name

DocumentReader = Callable[[str], bytes]


@dataclass(frozen=True)
class Facts:
    """What is known of a frozen package. Digests are SHA-256 in hex."""

    message_identifier: str
    transferring_agency: str
    container: str
    documents: int
    manifest_sha256: str
    package_sha256: str
    official_check: str
    frozen_at: str


@dataclass(frozen=True)
class Package:
    """A frozen package on disk."""

    folder: Path
    facts: Facts

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.xml"

    @property
    def container(self) -> Path:
        return self.folder / f"package.{self.facts.container}"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.facts.container]

    def noted(self, what: str) -> datetime | None:
        """When the package was sent (`attempt`) or taken (`deposited`), if it was."""
        try:
            return datetime.fromisoformat((self.folder / what).read_text())
        except FileNotFoundError:
            return None

    def note(self, what: str, at: datetime) -> None:
        """Remember that moment."""
        fresh = self.folder / f"{what}.{uuid.uuid4().hex}"
        fresh.write_text(at.isoformat())
        fresh.replace(self.folder / what)

    def forget(self, what: str) -> None:
        """Take back such a note."""
        (self.folder / what).unlink(missing_ok=True)

    def verify(self) -> None:
        """Raise ConnectorError if the bytes are no longer those that were frozen."""
        for path, digest in (
            (self.manifest, self.facts.manifest_sha256),
            (self.container, self.facts.package_sha256),
        ):
            if not path.exists() or sha256(path) != digest:
                raise ConnectorError(
                    f"Le paquet du versement {self.facts.message_identifier} a été altéré "
                    f"depuis sa préparation ({path.name})."
                )

    def drop_container(self) -> None:
        """Free the room of a container that will not be sent again; keep the manifest."""
        self.container.unlink(missing_ok=True)


def folder_of(root: Path, key: str) -> Path:
    """Return the folder of a key, whatever its characters."""
    if re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", key):
        return root / key
    return root / f"key-{hashlib.sha256(key.encode()).hexdigest()}"


def load(folder: Path) -> Package | None:
    """Return the package frozen in a folder, if there is one."""
    try:
        return Package(folder, Facts(**json.loads((folder / "package.json").read_bytes())))
    except FileNotFoundError:
        return None


def claim(root: Path, package: Package) -> None:
    """Remember which package bears a message identifier."""
    folder = root / "messages"
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{uuid.uuid4().hex}"
    fresh.write_text(package.folder.name)
    fresh.replace(folder / package.facts.message_identifier)


def claimed(root: Path, message_identifier: str) -> Package | None:
    """Return the package that bears a message identifier, if one of ours does."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", message_identifier):
        return None
    try:
        name = (root / "messages" / message_identifier).read_text()
    except FileNotFoundError:
        return None
    return load(root / "packages" / name)


def freeze(
    folder: Path,
    transfer: Transfer,
    documents: DocumentReader,
    *,
    parties: Parties,
    dialect: Dialect,
    reference_dir: Path | None,
    now: datetime,
) -> Package:
    """Make the package, check it as a stranger would, and put it in its folder.

    Raises Refused, and leaves nothing, when a document is missing, is not the one that was
    filed, or when the manifest would not pass.
    """
    making = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    making.mkdir(parents=True)
    written_at = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    try:
        container, manifest = (
            making / f"package.{dialect.container}",
            making / "manifest.xml",
        )
        with writing(container) as add:
            objects = list(_objects(transfer, documents, add, making))
            with manifest.open("wb") as out:
                write_manifest(
                    out, transfer, objects,
                    parties=parties, dialect=dialect, written_at=written_at,
                )  # fmt: skip
            if dialect.manifest_inside:
                add("manifest.xml", manifest)
        check = preflight.check(manifest, container, dialect, reference_dir)
        facts = Facts(
            message_identifier=transfer.message_identifier,
            transferring_agency=parties.transferring_agency,
            container=dialect.container,
            documents=len(objects),
            manifest_sha256=sha256(manifest),
            package_sha256=sha256(container),
            official_check=check,
            frozen_at=written_at,
        )
        (making / "package.json").write_text(json.dumps(asdict(facts)))
        _settle(making, folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    frozen = load(folder)
    assert frozen, "the folder has just been put in place"
    return frozen


def _settle(making: Path, folder: Path) -> None:
    try:
        making.rename(folder)
    except OSError:
        # Another worker froze the same key first: its bytes are the ones to send.
        if not (folder / "package.json").exists():
            raise


def _objects(
    transfer: Transfer,
    documents: DocumentReader,
    add: Callable[[str, Path], None],
    room: Path,
) -> Iterator[ArchivedObject]:
    """Put each document in the container and say what it is, one at a time in memory."""
    problems: list[str] = []
    names: set[str] = set()
    rank = 0
    for piece, content in _contents(transfer, documents, problems):
        if problems:
            continue
        rank += 1
        suffix = re.sub(r"[^a-z0-9]", "", Path(piece.name).suffix.lower())[:8]
        path = f"content/BDO-{rank}" + (f".{suffix}" if suffix else "")
        # PRONOM also looks at the suffix: the bytes are identified under their own.
        probe = room / Path(path).name
        probe.write_bytes(content)
        format_name, puid = identify(probe)
        add(path, probe)
        probe.unlink()
        yield ArchivedObject(
            rank=rank,
            path=path,
            sha512=hashlib.sha512(content).hexdigest(),
            size=len(content),
            name=_distinct(piece.name, names),
            media_type=piece.media_type,
            format_name=format_name,
            puid=puid,
            title=piece.title,
            kind=piece.kind,
            created_at=piece.created_at,
        )
    if problems:
        raise Refused(problems)


def _contents(
    transfer: Transfer, documents: DocumentReader, problems: list[str]
) -> Iterator[tuple[Piece, bytes]]:
    for rank, piece in enumerate(transfer.pieces, 1):
        label = f"Le document n° {rank} « {piece.title[:80]} »"
        try:
            content = documents(piece.sha256)
        except (LookupError, FileNotFoundError, Refused):
            problems.append(f"{label} est introuvable.")
            continue
        if hashlib.sha256(content).hexdigest() != piece.sha256:
            problems.append(
                f"{label} n’est plus celui qui a été déposé : son empreinte a changé."
            )
        elif len(content) != piece.size:
            problems.append(
                f"{label} fait {len(content)} octets, le dossier en annonce {piece.size}."
            )
        yield piece, content
    if transfer.journal:
        yield _journal(transfer)


def _journal(transfer: Transfer) -> tuple[Piece, bytes]:
    """The case's own story travels with it, as evidence of how it was handled."""
    story = {"case_number": transfer.case_number, "events": list(transfer.journal)}
    content = json.dumps(story, ensure_ascii=False, indent=1, sort_keys=True).encode()
    piece = Piece(
        sha256=hashlib.sha256(content).hexdigest(),
        name="journal.json",
        media_type="application/json",
        size=len(content),
        title="Journal du dossier",
        kind="journal",
        created_at=transfer.closed_at,
    )
    return piece, content


def identify(path: Path) -> tuple[str, str]:
    """Return what PRONOM calls a file's format, and its PUID; empty when unknown."""
    matches = pygfried.identify(str(path), detailed=True)["files"][0]["matches"]
    if not matches or matches[0]["id"] in {"", "UNKNOWN"}:
        return "", ""
    return matches[0]["format"], matches[0]["id"]


def _distinct(name: str, taken: set[str]) -> str:
    """as@lae refuses two files of one name: the second becomes « nom (2).pdf »."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122  (a name, not a path)
    rank, candidate = 1, name
    while candidate.casefold() in taken:
        rank += 1
        candidate = file_name(f"{stem} ({rank}){suffix}", name)
    taken.add(candidate.casefold())
    return candidate
