"""What a transmission service asks of the ministry's door for acts."""

from typing import Any, Literal, Protocol

from connectors import Produced

Plain = dict[str, Any]


class Actes(Protocol):
    """Sends messages of ACTES in their envelopes, and gathers the State's answers.

    A `body` is {siren, department, district, nature}; a file is {sha256, name, media_type,
    size, document_type, signature_sha256}, the last for a detached signature, else None.
    """

    @property
    def mode(self) -> Literal["live", "sandbox"]: ...

    def check(self) -> list[str]:
        """List what is wrong with the settings and the folders; alters nothing."""

    def lookup(self, key: str) -> Any:
        """What became of a sending whose end was lost; None when it never left."""

    def send(
        self,
        *,
        body: Plain,
        message: Plain,
        files: list[Plain],
        day: str,
        serial: int,
        key: str,
    ) -> Produced:
        """Send one message in its envelope, once for a given `key`.

        A `message` is {code} and what its code asks for: 1-1 {number, decided_on, nature,
        matter: [int], subject, classified_on, on_paper}, 6-1 {act_id}, 7-1 {held_on}, answers
        to letters {act_id, letter_on}. The envelope is the one of this `day` and `serial`.
        The value is {archive, envelope, message, act_id, files: [{name, sha256}]}; the
        documents are the message ("actes_message") and the archive ("actes_archive"). Raises
        Refused with the rules that the message breaks.
        """

    def collect(self) -> list[Plain]:
        """What has arrived and was not taken yet, the oldest first, some at a time.

        One item is {id, kind: message|envelope_refused|unreadable, problem, …}; see
        `connectors.actes.arrivals`.
        """

    def taken(self, id: str) -> None:  # noqa: A002  what `collect` calls it
        """Put aside an arrival that was recorded: `collect` gives it no more."""

    def stamped(
        self, *, content: bytes, act_id: str, received_on: str, published_on: str = ""
    ) -> bytes:
        """A copy of an act, a PDF, that bears the stamp of its transmission. Raises Refused."""
