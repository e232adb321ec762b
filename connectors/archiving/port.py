"""What the house asks of an archive service (SAE), in the house's words."""

from typing import Any, Literal, Protocol

from connectors import Produced


class Archiving(Protocol):
    """An archive service that takes closed cases and answers for keeping them."""

    @property
    def mode(self) -> Literal["live", "sandbox"]: ...

    def check(self) -> list[str]:
        """List what is wrong with the settings and the way to the service; alter nothing."""

    def deposit(
        self,
        *,
        case_number: str,
        title: str,
        procedure: str,
        organisation: dict[str, Any],
        applicant: dict[str, Any] | None = None,
        opened_at: str,
        closed_at: str,
        documents: list[dict[str, Any]],
        journal: list[dict[str, Any]] | None = None,
        retention_years: int,
        final_disposition: Literal["keep", "destroy"],
        access_rule: str,
        transfer: int = 1,
        key: str,
    ) -> Produced:
        """Send one case to the archive as a SEDA transfer, once for a given `key`.

        `documents` holds {sha256, name, media_type, size (bytes), title, kind, created_at}.
        `transfer` is the rank of the transfer of this case: 2 replaces a refused 1.

        The value is {message_identifier, package_sha256, manifest_sha256, deposited_at,
        official_check: "passed"|"not_run"}; the document is the manifest
        ("archive_manifest"). Raises Refused, with French sentences, when the package would
        not be worth sending (a document altered since it was filed, an empty title…).
        """

    def reply(self, *, message_identifier: str, key: str) -> Produced:
        """Ask what became of a transfer.

        The value is {status: "accepted"|"accepted_with_warning"|"refused",
        archive_identifiers, comments}: a refusal is an answer, for the diagram to route. The
        documents are the service's own messages ("archive_acknowledgement",
        "archive_reply"). Raises NotYet, with a hint of when to ask again, until the
        archivist has decided.
        """
