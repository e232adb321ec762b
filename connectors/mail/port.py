"""What we ask of the mail."""

from typing import Protocol, TypedDict


class Refusal(TypedDict):
    """An address the server would not have, and its reason."""

    address: str
    reason: str


class Sent(TypedDict):
    """A message handed over to the server, which alone knows what becomes of it."""

    message_id: str
    accepted: list[str]
    refused: list[Refusal]


class Mail(Protocol):
    @property
    def mode(self) -> str:
        """`live` or `sandbox`."""
        ...

    def send(
        self,
        *,
        to: list[str],
        subject: str,
        text: str,
        key: str,
        reply_to: str | None = None,
        page: str = "",
    ) -> Sent:
        """Sends one plain text, ended by the address of a `page` ("/…") of the office when
        one is named. The same `key` gives the same Message-ID, by which a mailbox
        knows a message sent twice. Raises `Refused` when no address is accepted or an
        address is malformed, `Retryable` if the server asks to come back (nothing was
        sent), `Ambiguous` if the connection was lost after the text: sending again with the
        same key is the only remedy, and does no harm.
        """
        ...

    def check(self) -> list[str]:
        """What is wrong with it, in sentences; nothing is altered."""
        ...
