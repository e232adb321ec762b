"""What the house asks of a timestamp authority (RFC 3161)."""

from datetime import datetime
from typing import Literal, Protocol


class Timestamp(Protocol):
    """An authority that says when something existed."""

    @property
    def mode(self) -> Literal["live", "sandbox"]: ...

    def check(self) -> list[str]:
        """List what is wrong with the settings and the authority's certificate."""

    def token(self, *, digest: bytes) -> bytes:
        """A DER TimeStampToken over this SHA-256 (32 bytes).

        Raises Retryable when the authority does not answer.
        """

    def verify(self, *, token: bytes, digest: bytes) -> datetime:
        """The moment, in UTC, that a token proves for a digest.

        Raises Refused for a token of another digest, altered, or of another authority.
        """
