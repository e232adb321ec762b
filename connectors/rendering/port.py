"""What the house asks for on paper, in its own words."""

from typing import Any, Literal, Protocol

from connectors import Produced


class Rendering(Protocol):
    """Makes the documents people receive: letters, and the record of what they filed.

    The value of each act is {sha256, name, media_type, size (bytes), kind}; the document is
    the PDF itself. Asked again with the same `key`, it gives the same bytes.
    """

    @property
    def mode(self) -> Literal["live"]: ...

    def check(self) -> list[str]:
        """List what is missing to make archivable PDF; alter nothing."""

    def letter(
        self,
        *,
        title: str,
        body: str,
        sender: dict[str, Any],
        recipient: dict[str, Any],
        reference: str,
        place_and_date: str,
        signatory: str | None = None,
        kind: str,
        file_name: str,
        key: str,
    ) -> Produced:
        """Render an administrative letter, whose subject is `title`.

        `body` is Markdown: paragraphs, headings, bold, italics, lists, quotations, tables.
        `sender` holds {name, service, address, email, phone}, `recipient` {name,
        organisation, service, address}; only names are required, and an address is a text
        of several lines or a list of lines.
        """

    def written(
        self,
        *,
        title: str,
        body: str,
        sender: dict[str, Any],
        recipient: dict[str, Any],
        reference: str,
        place_and_date: str,
        signatory: str | None = None,
    ) -> bytes:
        """The PDF that `letter` would make, given and not kept."""

    def recap(
        self,
        *,
        title: str,
        reference: str,
        sections: list[dict[str, Any]],
        subtitle: str = "",
        sender: dict[str, Any] | None = None,
        code: str = "",
        kind: str = "recap",
        file_name: str,
        key: str,
    ) -> Produced:
        """Render a form as it was filed, or a record of what was done.

        `code` is drawn at the end, with the address where anybody checks the document.

        Each section holds {title, text, rows: [{label, value}], tables: [{title, columns:
        [text], rows: [[value]]}]}, all optional. A value is a text, a number, a boolean,
        nothing, or a list of these.
        """

    def drawn(
        self,
        *,
        title: str,
        reference: str,
        sections: list[dict[str, Any]],
        subtitle: str = "",
        sender: dict[str, Any] | None = None,
        code: str = "",
    ) -> bytes:
        """The PDF that `recap` would make, given and not kept."""

    def text_file(
        self,
        *,
        title: str,
        content: str,
        media_type: str,
        kind: str,
        file_name: str,
        key: str,
    ) -> Produced:
        """Keep a text that the office composed (XML, JSON) as a file of the case, in UTF-8."""
