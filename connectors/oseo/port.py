"""What we ask of OSEO: its opinion on a project that the region is asked to aid."""

from typing import Any, Protocol, TypedDict


class Acknowledgement(TypedDict):
    """OSEO holds the request under its own `reference`; its opinion comes later."""

    reference: str
    received_at: str


class Oseo(Protocol):
    @property
    def mode(self) -> str:
        """`live` or `sandbox`."""
        ...

    def request_opinion(
        self,
        *,
        case_number: str,
        applicant: dict[str, Any],
        project: dict[str, Any],
        question: str,
        documents: list[dict[str, Any]],
        deadline: str,
        key: str,
    ) -> Acknowledgement:
        """Sends the file and asks for an opinion before `deadline` (ISO date).

        `documents` are {sha256, name, media_type, size}. The same `key` always yields the
        same acknowledgement, and refuses another content (`Refused`). The opinion itself
        comes by a signed call-back, read by `connectors.oseo.callback`.
        """
        ...

    def lookup(self, key: str) -> Acknowledgement | None:
        """What became of the request sent under this key; None if it never arrived."""
        ...

    def check(self) -> list[str]:
        """What is wrong with it, in sentences; nothing is altered."""
        ...
