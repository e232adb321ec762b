"""The folders through which PES are exchanged with the DGFiP: `out` and `in`.

A folder of ours that another program carries to the DGFiP (FTP, PASSTRANS), or the same
folder served over HTTP: `PUT out/<name>`, `GET in/` (a name a line), `GET` and `DELETE
in/<name>`.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote
from uuid import uuid4

import httpx

from connectors import Misconfigured, Refused, Retryable
from connectors.wire import Unreadable, call

OUT, IN = "out", "in"
PARTNER = "HELIOS"
_UNFINISHED = (".part", ".tmp")
_LENGTH = 255


class Exchange(Protocol):
    """Two folders; names have no path."""

    def names(self) -> list[str]:
        """What waits for us in `in`, by name."""

    def read(self, name: str) -> bytes:
        """The bytes of a file of `in`."""

    def write(self, name: str, content: bytes) -> None:
        """Puts a file in `out`, whole or not at all; the same name is replaced."""

    def delete(self, name: str) -> None:
        """Forgets a file of `in`; nothing when it is not there."""

    def check(self) -> list[str]:
        """What is wrong with the folders."""


@dataclass(frozen=True)
class Folders:
    """The exchange as two folders of this machine."""

    path: Path

    def names(self) -> list[str]:
        try:
            found = [one for one in (self.path / IN).iterdir() if _finished(one)]
        except OSError as error:
            raise Retryable(f"{PARTNER} : dossier illisible ({error}).") from error
        return sorted(one.name for one in found)

    def read(self, name: str) -> bytes:
        try:
            return (self.path / IN / safe(name)).read_bytes()
        except OSError as error:
            raise Retryable(f"{PARTNER} : fichier illisible ({error}).") from error

    def write(self, name: str, content: bytes) -> None:
        made = self.path / OUT / f".{uuid4().hex}.part"
        try:
            with made.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            made.rename(self.path / OUT / safe(name))
        except OSError as error:
            with contextlib.suppress(OSError):
                made.unlink(missing_ok=True)
            raise Retryable(f"{PARTNER} : dépôt impossible ({error}).") from error

    def delete(self, name: str) -> None:
        (self.path / IN / safe(name)).unlink(missing_ok=True)

    def check(self) -> list[str]:
        return [
            f"{PARTNER} : le dossier {folder} n’existe pas ou n’est pas accessible."
            for name, right in ((OUT, os.W_OK), (IN, os.R_OK | os.W_OK))
            if not (folder := self.path / name).is_dir() or not os.access(folder, right)
        ]


@dataclass(frozen=True)
class Served:
    """The exchange reached over HTTP."""

    http: httpx.Client

    def names(self) -> list[str]:
        answer = call(self.http, "GET", f"{IN}/", partner=PARTNER, acts=False)
        if not answer.headers.get("Content-Type", "").startswith("text/plain"):
            raise Unreadable(f"{PARTNER} : la liste des fichiers est illisible.")
        return sorted(filter(None, answer.text.splitlines()))

    def read(self, name: str) -> bytes:
        address = f"{IN}/{_address(name)}"
        return call(self.http, "GET", address, partner=PARTNER, acts=False).content

    def write(self, name: str, content: bytes) -> None:
        answer = call(
            self.http, "PUT", f"{OUT}/{_address(name)}", partner=PARTNER, acts=True,
            content=content, headers={"Content-Type": "application/xml"},
        )  # fmt: skip
        if answer.status_code not in (httpx.codes.CREATED, httpx.codes.NO_CONTENT):
            raise Unreadable(f"{PARTNER} : le dépôt n’a pas été confirmé.")

    def delete(self, name: str) -> None:
        address = f"{IN}/{_address(name)}"
        call(self.http, "DELETE", address, partner=PARTNER, acts=False, expected=(404,))

    def check(self) -> list[str]:
        try:
            self.names()
        except (Misconfigured, Retryable, Refused, Unreadable) as error:
            return [str(error)]
        return []


def safe(name: str) -> str:
    """The name, when it is one; raises Refused for a path or something hidden."""
    if not name or len(name) > _LENGTH or name.startswith(".") or not name.isprintable():
        raise Refused([f"Nom de fichier refusé : {name[:80]}."])
    if "/" in name or "\\" in name:
        raise Refused([f"Nom de fichier refusé : {name[:80]}."])
    return name


def _address(name: str) -> str:
    return quote(safe(name), safe="")


def _finished(path: Path) -> bool:
    return (
        path.is_file()
        and not path.is_symlink()
        and not path.name.startswith(".")
        and path.suffix not in _UNFINISHED
    )
