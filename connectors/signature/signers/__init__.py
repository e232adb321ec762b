"""The ways to sign: whose key it is, where it lies, and what it asks for.

Each module beside this one holds one way. `signers` lists those that are set up for people,
`seals` those of the server.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

Plain = dict[str, Any]


class Signer(Protocol):
    """One way to sign, or one seal.

    `kind` is `demo`, `remote`, `seal` or `local`; `needs` says what is asked at each gesture
    (`pin`). A seal belongs to nobody: its `person` is None. For `local`, certificate and
    values come from the agent's machine and neither method is called.
    """

    @property
    def id(self) -> str: ...

    @property
    def kind(self) -> Literal["demo", "remote", "seal", "local"]: ...

    @property
    def label(self) -> str: ...

    @property
    def quality(self) -> str: ...

    @property
    def needs(self) -> tuple[str, ...]: ...

    def certificate(self, person: Plain | None) -> tuple[bytes, list[bytes]]:
        """The certificate of a person {id, name, email}, and those above it, in DER.

        Raises Refused when the person has none.
        """

    def sign(
        self, person: Plain | None, to_sign: list[Plain], pin: str | None = None
    ) -> dict[str, str]:
        """Sign each entry {id, data, digest}; id → value, in base64. Raises Refused."""

    def check(self) -> list[str]:
        """What is wrong with it, in French sentences."""


def live(settings: Mapping[str, str]) -> bool:
    """Whether real authorities are trusted: nothing of the demonstration then is."""
    return bool(settings.get("SIGNATURE_TRUST") or settings.get("SIGNATURE_TRUSTED_LIST"))


def signers(
    settings: Mapping[str, str], *, clock: Callable[[], datetime], data: Path
) -> dict[str, Signer]:
    """The ways set up for people, by id; the key of their own machine is always one.

    The demonstration and its provider of remote signatures are there until `live`.
    """
    from connectors.signature.signers import csc, demo, local, server

    found: list[Signer] = []
    if not live(settings):
        found.append(demo.person(clock=clock, data=data))
    if folder := settings.get("SIGNATURE_KEY_FILES"):
        found.append(server.KeyFiles(Path(folder)))
    if remote := csc.connect(settings, clock=clock, data=data):
        found.append(remote)
    return {one.id: one for one in (*found, local.Local())}


def seals(
    settings: Mapping[str, str], *, clock: Callable[[], datetime], data: Path
) -> dict[str, Signer]:
    """The seals set up on this server, by name. `demo` is there until `live`."""
    from connectors.signature.signers import demo, server

    found: list[Signer] = [*server.seals(settings)]
    if not live(settings):
        found.append(demo.seal(clock=clock, data=data))
    return {one.id: one for one in found}
