"""A SEDA 2 transfer manifest (« bordereau de versement »), written as a stream.

One layout that the official schemas of SEDA 2.1, 2.2 and 2.3 all accept: each file is a
binary object alone in its group, each document is a unit under one root unit, the case. The
rules of the case (appraisal, access) hang on the root, and its documents inherit them.

Source: SEDA 2.2, Service interministériel des Archives de France, February 2022.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Literal

from lxml import etree

from connectors.archiving.transfer import Transfer

Element = etree._Element
ROOT_UNIT = "AU-dossier"
CODE_LISTS = (
    ("ReplyCodeListVersion", "ReplyCodeListVersion0"),
    ("MessageDigestAlgorithmCodeListVersion", "MessageDigestAlgorithmCodeListVersion0"),
    ("MimeTypeCodeListVersion", "MimeTypeCodeListVersion0"),
    ("FileFormatCodeListVersion", "PRONOM"),
    ("AppraisalRuleCodeListVersion", "AppraisalRuleCodeListVersion0"),
    ("AccessRuleCodeListVersion", "AccessRuleCodeListVersion0"),
)


@dataclass(frozen=True)
class Dialect:
    """What one archive service wants said its own way.

    `algorithm` is the label of SHA-512 in the manifest; `reference` is how an object names
    its file; `manifest_inside` puts manifest.xml in the container.
    """

    version: Literal["2.1", "2.2", "2.3"] = "2.2"
    container: Literal["zip", "tar.gz"] = "zip"
    manifest_inside: bool = True
    reference: Literal["uri", "attachment"] = "uri"
    algorithm: str = "SHA-512"

    @property
    def namespace(self) -> str:
        return f"fr:gouv:culture:archivesdefrance:seda:v{self.version}"


@dataclass(frozen=True)
class Parties:
    """Who transfers, who keeps, and under which agreement: identifiers known to the service.

    `appraisal_rule` is the code of a retention rule where {years} stands for the duration.
    """

    archival_agency: str
    transferring_agency: str
    agreement: str = ""
    profile: str = ""
    appraisal_rule: str = "P{years}Y"


@dataclass(frozen=True)
class ArchivedObject:
    """One file of the package: where it is, what it is. `sha512` in hex, `size` in bytes."""

    rank: int
    path: str
    sha512: str
    size: int
    name: str
    media_type: str
    format_name: str
    puid: str
    title: str
    kind: str
    created_at: str


def write_manifest(
    out: IO[bytes],
    transfer: Transfer,
    objects: Sequence[ArchivedObject],
    *,
    parties: Parties,
    dialect: Dialect,
    written_at: str,
) -> None:
    """Write the ArchiveTransfer message; memory does not grow with the number of objects."""
    name = f"{{{dialect.namespace}}}"
    with etree.xmlfile(out, encoding="utf-8") as xml:
        xml.write_declaration()
        with xml.element(f"{name}ArchiveTransfer", nsmap={None: dialect.namespace}):
            comment = f"{transfer.case_number} — {transfer.title}"
            for child in _head(name, transfer, parties, comment, written_at):
                xml.write(child)
            with xml.element(f"{name}DataObjectPackage"):
                for it in objects:
                    xml.write(_data_object(name, it, dialect))
                with (
                    xml.element(f"{name}DescriptiveMetadata"),
                    xml.element(f"{name}ArchiveUnit", id=ROOT_UNIT),
                ):
                    xml.write(_management(name, transfer, parties))
                    xml.write(_case_content(name, transfer))
                    for it in objects:
                        xml.write(_unit(name, it))
                xml.write(_management_metadata(name, transfer, parties))
            for related in transfer.related_identifiers:
                xml.write(_text(f"{name}RelatedTransferReference", related))
            for agency, identifier in (
                ("ArchivalAgency", parties.archival_agency),
                ("TransferringAgency", parties.transferring_agency),
            ):
                xml.write(_tree(f"{name}{agency}", _text(f"{name}Identifier", identifier)))


def _head(
    name: str, transfer: Transfer, parties: Parties, comment: str, written_at: str
) -> Iterator[Element]:
    yield _text(f"{name}Comment", comment)
    yield _text(f"{name}Date", written_at)
    yield _text(f"{name}MessageIdentifier", transfer.message_identifier)
    if parties.agreement:
        yield _text(f"{name}ArchivalAgreement", parties.agreement)
    lists = (_text(f"{name}{element}", version) for element, version in CODE_LISTS)
    yield _tree(f"{name}CodeListVersions", *lists)


def _data_object(name: str, it: ArchivedObject, dialect: Dialect) -> Element:
    if dialect.reference == "uri":
        reference = _text(f"{name}Uri", it.path)
    else:
        reference = _element(f"{name}Attachment")
        reference.set("filename", it.path)
    digest = _text(f"{name}MessageDigest", it.sha512)
    digest.set("algorithm", dialect.algorithm)
    binary = _tree(
        f"{name}BinaryDataObject",
        _text(f"{name}DataObjectVersion", "BinaryMaster_1"),
        reference,
        digest,
        _text(f"{name}Size", str(it.size)),
        _format(name, it),
        _tree(
            f"{name}FileInfo",
            _text(f"{name}Filename", it.name),
            _text(f"{name}LastModified", it.created_at),
        ),
    )
    binary.set("id", f"BDO-{it.rank}")
    group = _tree(f"{name}DataObjectGroup", binary)
    group.set("id", f"DOG-{it.rank}")
    return group


def _format(name: str, it: ArchivedObject) -> Element:
    """The format as PRONOM knows it, or the media type alone: a false PUID is refused."""
    media_type = _text(f"{name}MimeType", it.media_type)
    if not it.puid:
        return _tree(f"{name}FormatIdentification", media_type)
    return _tree(
        f"{name}FormatIdentification",
        _text(f"{name}FormatLitteral", it.format_name),
        media_type,
        _text(f"{name}FormatId", it.puid),
    )


def _management(name: str, transfer: Transfer, parties: Parties) -> Element:
    appraisal = parties.appraisal_rule.replace("{years}", str(transfer.retention_years))
    return _tree(
        f"{name}Management",
        _tree(
            f"{name}AppraisalRule",
            _text(f"{name}Rule", appraisal),
            _text(f"{name}StartDate", transfer.closed_on),
            _text(f"{name}FinalAction", transfer.final_action),
        ),
        _tree(
            f"{name}AccessRule",
            _text(f"{name}Rule", transfer.access_rule),
            _text(f"{name}StartDate", transfer.closed_on),
        ),
    )


def _case_content(name: str, transfer: Transfer) -> Element:
    description = [f"Procédure : {transfer.procedure}."] if transfer.procedure else []
    description.append(
        f"Service producteur : {transfer.organisation_name or transfer.siren}."
    )
    if transfer.applicant_name:
        description.append(f"Demandeur : {transfer.applicant_name}.")
    history = f"Dossier instruit par voie électronique, versé avec {len(transfer.pieces)} document(s)"
    if transfer.journal:
        history += f" et le journal de ses {len(transfer.journal)} événements"
    content = _tree(
        f"{name}Content",
        _text(f"{name}DescriptionLevel", "File"),
        _text(f"{name}Title", transfer.title),
        _text(f"{name}OriginatingAgencyArchiveUnitIdentifier", transfer.case_number),
        _text(f"{name}Description", " ".join(description)),
        _tree(
            f"{name}CustodialHistory", _text(f"{name}CustodialHistoryItem", f"{history}.")
        ),
    )
    if transfer.applicant_name:
        keyword = _tree(
            f"{name}Keyword", _text(f"{name}KeywordContent", transfer.applicant_name)
        )
        if transfer.applicant_siret:
            keyword.append(_text(f"{name}KeywordReference", transfer.applicant_siret))
        keyword.append(_text(f"{name}KeywordType", "corpname"))
        content.append(keyword)
    producer = _text(f"{name}Identifier", transfer.siren)
    content.append(_tree(f"{name}OriginatingAgency", producer))
    content.append(_text(f"{name}StartDate", transfer.opened_at))
    content.append(_text(f"{name}EndDate", transfer.closed_at))
    return content


def _unit(name: str, it: ArchivedObject) -> Element:
    content = _tree(
        f"{name}Content",
        _text(f"{name}DescriptionLevel", "Item"),
        _text(f"{name}Title", it.title),
    )
    if it.kind:
        content.append(_text(f"{name}DocumentType", it.kind))
    content.append(_text(f"{name}CreatedDate", it.created_at))
    group = _text(f"{name}DataObjectGroupReferenceId", f"DOG-{it.rank}")
    reference = _tree(f"{name}DataObjectReference", group)
    unit = _tree(f"{name}ArchiveUnit", content, reference)
    unit.set("id", f"AU-{it.rank}")
    return unit


def _management_metadata(name: str, transfer: Transfer, parties: Parties) -> Element:
    metadata = _element(f"{name}ManagementMetadata")
    if parties.profile:
        metadata.append(_text(f"{name}ArchivalProfile", parties.profile))
    metadata.append(_text(f"{name}OriginatingAgencyIdentifier", transfer.siren))
    metadata.append(_text(f"{name}SubmissionAgencyIdentifier", parties.transferring_agency))
    return metadata


def _text(tag: str, text: str) -> Element:
    element = _element(tag)
    element.text = text
    return element


def _tree(tag: str, *children: Element) -> Element:
    element = _element(tag)
    element.extend(children)
    return element


def _element(tag: str) -> Element:
    """An element of SEDA's namespace, written without a prefix."""
    names: Any = {
        None: etree.QName(tag).namespace
    }  # the stubs forget the default namespace
    return etree.Element(tag, nsmap=names)
