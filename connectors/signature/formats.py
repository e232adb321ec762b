"""The formats of signature, and what each of them must know to do.

A format is plain functions over bytes. Who is trusted, what is revoked and what time it is
are the connector's affair, the same for all of them: they come as `Means`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from connectors import Refused
from connectors.signature.algorithms import FAILED, INDETERMINATE, PASSED, Register

Plain = dict[str, Any]
__all__ = ["FAILED", "INDETERMINATE", "PASSED", "Format", "Means", "Verdict", "of"]


@dataclass(frozen=True)
class Verdict:
    """What a certificate is worth at a moment, in the words of ETSI EN 319 102-1.

    `chain` goes from the certificate to its root, both included, empty when no authority
    that we trust is found. `ocsps` and `crls` are what proves that it is not revoked.
    """

    indication: str
    sub_indication: str = ""
    quality: str = "simple"
    chain: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()

    def known(self) -> Plain:
        """What it knows, in hexadecimal: {chain, ocsps, crls}."""
        told = {"chain": self.chain, "ocsps": self.ocsps, "crls": self.crls}
        return {name: [one.hex() for one in found] for name, found in told.items()}

    def roots(self) -> Plain:
        """The same without the answers: those of today prove nothing of what has ended."""
        return {**self.known(), "ocsps": [], "crls": []}


class Judge(Protocol):
    """Who says what a certificate is worth."""

    def __call__(
        self,
        certificate: bytes,
        others: Sequence[bytes],
        moment: datetime,
        given: tuple[Sequence[bytes], Sequence[bytes]] | None = None,
    ) -> Verdict: ...


@dataclass(frozen=True)
class Means:
    """What a format may ask of the house.

    `date` gives a timestamp token over a SHA-256, or None when the authority does not
    answer: a level is lost, never the signature. `verify_date` gives the moment that a token
    proves of a SHA-256, and raises Refused. `judge` takes a certificate, those that came with
    it (all in DER), a moment, and the answers that were kept then (OCSP, CRL): without them,
    the authorities are asked. `algorithms` says which were good when.
    """

    now: datetime
    settings: Mapping[str, str]
    date: Callable[[bytes], bytes | None]
    verify_date: Callable[[bytes, bytes], datetime]
    judge: Judge
    algorithms: Register


@dataclass(frozen=True)
class Closed:
    """What closing made: the signed file, or the signature beside it.

    `proved` when no authority was silent about a certificate, `stamped` when a timestamp
    closes all of it.
    """

    made: bytes
    proved: bool
    stamped: bool


class Format(Protocol):
    """One format of signature."""

    def prepare(
        self,
        document: Plain,
        content: bytes,
        certificate: bytes,
        chain: list[bytes],
        means: Means,
    ) -> Plain:
        """{to_sign: [{id, data, digest}], state}: what is to be signed, frozen.

        `data` and `digest` (its SHA-256) are in base64, `state` is plain. Raises Refused.
        """

    def finish(
        self, content: bytes, prepared: Plain, values: Mapping[str, bytes], means: Means
    ) -> tuple[bytes, str]:
        """The signed file, or the detached signature, and its level.

        `content` is the one that was prepared, `prepared` what `prepare` gave and
        {certificate, chain} in DER. Raises Refused for a value that does not fit.
        """

    def examine(self, content: bytes, detached: bytes | None, means: Means) -> Plain:
        """{signatures: [facts], refusals: [French sentences]}, as the port tells facts.

        Raises Refused for what cannot be read.
        """

    def close(self, content: bytes, detached: bytes | None, means: Means) -> Closed | None:
        """The signatures with what proves them, under a timestamp, as far as can be reached.

        None for what has none, or takes none. Raises Refused for what cannot be read, or no
        longer is what was signed.
        """


def of(media_type: str, detached: bytes | None) -> str:
    """The format in which a received file, or the signature beside it, is written."""
    if detached is not None:
        return "xades" if detached.lstrip()[:1] == b"<" else "cades"
    if "pdf" in media_type:
        return "pades"
    if "xml" in media_type:
        return "pes"
    raise Refused(["Ce fichier n’est pas d’une sorte dont on lise les signatures."])
