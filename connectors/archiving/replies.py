"""What archive services answer, read leniently: SEDA 0.2, 1.0 and 2.x, valid or not.

Replies in the wild break their own schemas (empty identifiers, empty code lists) and mix
versions: only local names are looked at, and a reply is matched to its transfer by the
address it was asked at, never by what it says of itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from connectors import ConnectorError
from connectors.archiving.preflight import safe_parser

Status = Literal["accepted", "accepted_with_warning", "refused"]
ACCEPTED = {"000", "OK"}
WARNED = {"001", "WARNING"}
SHOWN = 200
IDENTIFIERS = {
    "ArchivalAgencyArchiveUnitIdentifier",
    "ArchivalAgencyArchiveIdentifier",
    "ArchivalAgencyObjectIdentifier",
    "SystemId",
}


class Unreadable(ConnectorError):
    """The archive service's answer makes no sense; a person must look at it."""


@dataclass(frozen=True)
class Reply:
    """A decision. At most 200 identifiers and comments; the message itself has them all."""

    status: Status
    archive_identifiers: tuple[str, ...]
    comments: tuple[str, ...]


def read_reply(message: bytes) -> Reply:
    """Read an ArchiveTransferReply (or an ArchiveTransferAcceptance, SEDA 0.2)."""
    root = _parse(message)
    kind = etree.QName(root).localname
    if kind not in {"ArchiveTransferReply", "ArchiveTransferAcceptance"}:
        raise Unreadable(
            f"Le service d’archives répond par un message « {kind} » inattendu."
        )
    code = next(_texts(root, {"ReplyCode"}, within=root), "").upper()
    if not code and kind == "ArchiveTransferAcceptance":
        code = "000"
    return Reply(
        status=_status(code),
        archive_identifiers=_distinct(_texts(root, IDENTIFIERS)),
        comments=_distinct(_comments(root)),
    )


def is_acknowledgement(message: bytes) -> bool:
    """Tell whether a message says that a transfer was received (in any version)."""
    kind = etree.QName(_parse(message)).localname
    return kind in {"Acknowledgement", "ArchiveTransferAcknowledgement"} or (
        # SEDA 0.2 acknowledges with a reply that has no decision yet.
        kind == "ArchiveTransferReply"
    )


def _status(code: str) -> Status:
    if code in ACCEPTED:
        return "accepted"
    if code in WARNED:
        return "accepted_with_warning"
    if code == "KO" or re.fullmatch(r"[1-9]\d\d", code):
        return "refused"
    raise Unreadable(f"Le service d’archives répond par un code inconnu : « {code[:40]} ».")


def _comments(root: etree._Element) -> Iterator[str]:
    """What the service says in words: its comment, and each control that did not pass."""
    yield from _texts(root, {"Comment"}, within=root)
    for event in root.iter("{*}Event"):
        if (event.findtext("{*}Outcome") or "OK").strip() != "OK":
            yield from _texts(event, {"OutcomeDetailMessage"}, within=event)


def _texts(
    root: etree._Element, names: set[str], *, within: etree._Element | None = None
) -> Iterator[str]:
    """The texts of the elements of these names, or only of the children of `within`."""
    elements = root.iter("{*}*") if within is None else iter(within)
    for element in elements:
        if isinstance(element.tag, str) and etree.QName(element).localname in names:
            text = " ".join("".join(map(str, element.itertext())).split())
            if text:
                yield text


def _distinct(texts: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))[:SHOWN]


def _parse(message: bytes) -> etree._Element:
    try:
        return etree.fromstring(message, safe_parser())
    except etree.XMLSyntaxError as error:
        raise Unreadable(
            f"Le message du service d’archives est illisible ({error})."
        ) from error
