"""What the house asks of signatures, in its own words.

Signing takes two phases, so that the key may be anywhere: `prepare` freezes what each
document becomes and says which bytes are to be signed; a signer signs them (`sign` for
those whose key is reached from here, the agent's own machine for `local`); `finish` makes
the signed file. Everything between is plain values that survive a process: a signature is
never half made.
"""

from typing import Any, Literal, Protocol

from connectors import Produced, StoredFile

Plain = dict[str, Any]


class Signature(Protocol):
    """Signatures that independent tools accept, at the level that could be reached.

    Formats: `pades` (PDF), `cades` (a detached .p7s), `xades` (a detached XML), `pes` (XAdES
    in each bordereau of a PES). Levels: B-B, B-T, B-LT, B-LTA. Qualities, shown honestly:
    `simple`, `advanced`, `qualified`, `seal`.

    A *document* is {id, sha256, name, media_type, format, field, stamp, reason, place,
    claimed_role, size}: `id` is the caller's own, `field` names the signature within a PDF,
    `stamp` is None or {page, x, y, width, height (mm, from the top left of the page as it is
    shown; page -1 is the last), lines: [text]}; the last six may be absent.

    The facts of one signature are {kind: signature|seal|timestamp, format, level, quality,
    subject, issuer, serial, valid_from, valid_to, signed_at, timestamped_at, indication,
    sub_indication, intact, covers_whole, algorithm, detail}: dates in ISO format, `indication`
    that of ETSI EN 319 102-1 (TOTAL-PASSED, INDETERMINATE, TOTAL-FAILED). `algorithm` is {name,
    standing: accepted|weakened|retired, at, proved, weakened, retired}: what it was at the
    moment that a timestamp proves, or only claimed; and the days from which it is not.
    """

    @property
    def mode(self) -> Literal["live", "sandbox"]: ...

    def check(self) -> list[str]:
        """List what is wrong with keys, certificates and settings; alter nothing."""

    def signers(self) -> list[Plain]:
        """The ways to sign that are set up: {id, kind, label, quality, needs: [pin|…]}.

        `kind` is `demo`, `remote` (CSC), `seal` or `local`. For `local`, the certificate
        and the values come from the agent's machine.
        """

    def certificate(self, *, signer: str, person: Plain) -> bytes:
        """The DER certificate that `signer` uses for a person {id, name, email}.

        Raises Refused when the person has none, or when it is expired or revoked.
        """

    def chain(self, *, signer: str, person: Plain) -> list[bytes]:
        """The certificates above that one, in DER, to give to `prepare`. Raises as it does."""

    def strength(self, *, certificate: bytes) -> Plain:
        """What `algorithm` would be of a signature made now with this certificate (DER).

        Raises Refused, with the cure, for a key that is retired.
        """

    def prepare(
        self,
        *,
        documents: list[Plain],
        certificate: bytes,
        chain: list[bytes] | None = None,
    ) -> list[Plain]:
        """Freeze what is to be signed of each document with this certificate (DER).

        Each answer is {id, document_sha256, to_sign: [{id, data, digest}], state}: `data`
        and `digest` (SHA-256) in base64, `state` plain values for `finish`. A PES has one
        entry to sign for each bordereau. Raises Refused, with French sentences, for a
        document that cannot be signed (encrypted, XFA, scripts, truncated, a signature
        already broken, a certificate expired, revoked or not meant for signing).
        """

    def sign(
        self, *, signer: str, person: Plain, to_sign: list[Plain], pin: str | None = None
    ) -> dict[str, str]:
        """Sign many entries of `prepare` in one gesture; id → signature value, in base64.

        Raises Refused for a wrong PIN or a certificate refused.
        """

    def finish(self, *, prepared: Plain, values: dict[str, str]) -> Plain:
        """Make the signed file of one prepared document.

        Returns {id, file: StoredFile, level, signatures: [facts]}, the facts of what was just
        made: those of earlier signatures were told then. The document's digest is checked
        again. A timestamp authority that does not answer costs a level, never the
        signature. Raises Refused for a value that does not fit the certificate.
        """

    def examine(
        self, *, content: bytes, media_type: str, detached: bytes | None = None
    ) -> Plain:
        """Say what every signature of a file is worth today.

        Returns {signed, valid, level, indication, signatures: [facts], refusals: [French
        sentences], checked_at}: `level` is the lowest of its signatures. Hostile input is a
        refusal, never an exception.
        """

    def seal(self, *, documents: list[Plain], seal: str, key: str) -> Produced:
        """Seal documents with a server key named `seal`, the first one set up when "".

        The value is {files: [{id, file: {sha256, name, media_type, size}, level,
        signatures}]}; the files are kept by the storage and listed as documents.
        """

    def close(self, *, documents: list[Plain], key: str) -> Produced:
        """Close signed documents with a timestamp (B-LTA), as far as can be reached.

        A signature beside its document is given with `signs`, the SHA-256 of that one; what
        others signed, with `foreign`: it is left as it is when it cannot be read, and gets
        the timestamp alone when its authority is not trusted.

        The same value as `seal`, plus `complete`, of each file and of all: false when a level
        could not be reached today, which `close` may be asked again later; `signatures` are
        the facts of the new timestamp, with the level that it gives the file, after those of
        a foreign file. Asked again of a closed file, it adds a timestamp, as must be done
        before the last one's certificate expires; what that one covers needs no new proof. A
        file without a signature comes back as it is, and a PES, to which nothing is added.
        """


__all__ = ["Produced", "Signature", "StoredFile"]
