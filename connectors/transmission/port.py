"""What the house asks of a transmission service (tiers de télétransmission)."""

from typing import Any, Literal, Protocol

from connectors import Produced

Plain = dict[str, Any]


class Transmission(Protocol):
    """Carries acts to the prefecture and PES to the accountant, and brings answers back.

    A document is {sha256, name, media_type, size, document_type, signature_sha256}: the
    last for a detached signature, else None. `account` is what the member body goes by,
    {siren, department, district, nature}: one office serves many bodies. Statuses of acts
    and PES: error, cancelled, posted, waiting, transmitted, acknowledged, refused,
    processing, information_available, answered, archived.
    """

    @property
    def mode(self) -> Literal["live", "sandbox"]: ...

    def check(self) -> list[str]:
        """List what is wrong with the settings, the certificate and the account."""

    def lookup(self, key: str) -> Any:
        """What became of a call whose answer was lost; None when it never happened."""

    def send_act(
        self,
        *,
        account: Plain,
        nature: int,
        matter: list[int],
        number: str,
        decided_on: str,
        subject: str,
        act: Plain,
        annexes: list[Plain] | None = None,
        on_paper: bool = False,
        key: str,
    ) -> Produced:
        """Transmit an act, once for a given `key`. The value is {id}.

        Raises Refused with the service's own reasons (number already used, type missing…).
        """

    def act_status(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002  the wire's own word
        """Where an act stands: {status, unique_id, received_on, message}.

        The documents are the acknowledgement ("legality_acknowledgement") or the anomaly
        ("legality_anomaly"). Raises NotYet while the prefecture has not answered.
        """

    def stamped_act(
        self,
        *,
        account: Plain,
        id: str,  # noqa: A002
        published_on: str | None = None,
        key: str,
    ) -> Produced:
        """The act with the stamp of its transmission, as PDF ("stamped_act")."""

    def act_receipt(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        """The service's own sheet of an act's transmission, as PDF ("act_receipt")."""

    def cancel_act(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        """Cancel an acknowledged act. The value is {id}: that of the cancellation."""

    def classification(
        self, *, account: Plain, since: str | None = None, key: str
    ) -> Produced:
        """The classification in force: {version_date, changed, natures: [{code, label}],
        document_types: [{nature, code, label}], matters: [{code: [int], label}]}.
        """

    def letters(self, *, account: Plain, key: str = "") -> list[Plain]:
        """The prefecture's letters not yet marked as read:
        {id, kind: letter|documents_request|observations|referral, act_unique_id, related_id}.
        """

    def letter(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        """One letter: {kind, act_unique_id, dated, received_on, text, detail}; its files."""

    def letter_read(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        """Say that a letter was taken in charge, which acknowledges it where the law asks."""

    def answer_letter(
        self,
        *,
        account: Plain,
        id: str,  # noqa: A002
        accepts: bool,
        documents: list[Plain],
        key: str,
    ) -> Produced:
        """Answer a letter: send what it asks (`accepts`), or refuse it with reasons. {id}."""

    def send_pes(self, *, account: Plain, document: Plain, key: str) -> Produced:
        """Transmit a PES, once for a given `key`. The value is {id}."""

    def pes_status(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        """Where a PES stands: {status, message}; the document is the PES_ACQUIT
        ("pes_acknowledgement"). Raises NotYet while the accountant has not answered.
        """

    def pes_returns(self, *, account: Plain, key: str = "") -> list[Plain]:
        """The PES_Retour not yet read: {id, name, date}."""

    def pes_return(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        """One PES_Retour ("pes_return"), then marked as read at the service."""
