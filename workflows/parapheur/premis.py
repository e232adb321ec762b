"""The history of a folder as PREMIS 3 (Library of Congress): objects, events, agents.

The archive reads it without us: every version of every file with its digest, every act with
who did it and on what, every signature with its certificate.
"""

from typing import Any

from lxml import etree

from workflows.parapheur.metadata import worded
from workflows.parapheur.models import (
    PES,
    FileSignature,
    FileVersion,
    FolderAct,
    FolderFile,
)
from workflows.parapheur.proofs import Proofs

NAMESPACE = "http://www.loc.gov/premis/v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
PRODUCER = "e-bourgogne"
_FORBIDDEN = {n: None for n in range(32) if n not in (9, 10, 13)}


def write(proofs: Proofs) -> str:
    """The PREMIS document of a folder, in UTF-8."""
    spaces: Any = {None: NAMESPACE, "xsi": XSI}
    root = etree.Element(f"{{{NAMESPACE}}}premis", nsmap=spaces, version="3.0")
    _folder(root, proofs)
    for file, version in proofs.files:
        _file(root, file, version, proofs)
    for act in proofs.acts:
        _event(root, act, proofs)
    for person_id, name in sorted(proofs.people.items(), key=lambda one: one[1]):
        _agent(root, f"person:{person_id}", name, "person")
    _agent(root, f"organisation:{proofs.body.id}", proofs.body.name, "organization")
    _agent(root, "software", PRODUCER, "software")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(
        root, encoding="unicode", pretty_print=True
    )


def _folder(root: Any, proofs: Proofs) -> None:
    folder = proofs.folder
    node = _object(root, "intellectualEntity", "folder", str(folder.instance_id))
    for name, value in (
        ("i_Parapheur_reserved_type", folder.subtype.type.name),
        ("i_Parapheur_reserved_subtype", folder.subtype.name),
        ("number", proofs.number),
        ("state", folder.state),
        ("verificationCode", folder.code),
    ):
        _significant(node, name, value)
    for field in folder.subtype.metadata_fields:
        said = (folder.details.get("metadata") or {}).get(field["key"])
        if said not in (None, ""):
            _significant(node, str(field["key"]), str(said))
    _text(node, "originalName", folder.title)


def _file(root: Any, file: FolderFile, version: FileVersion, proofs: Proofs) -> None:
    document = version.document
    node = _object(root, "file", "version", str(version.id))
    main = "true" if file.kind == "main" else "false"
    _significant(node, "i_Parapheur_reserved_mainDocument", main)
    _significant(node, "version", str(version.number))
    if version.withdrawn_at is not None:
        _significant(node, "withdrawnAt", version.withdrawn_at.isoformat())
    if file.format == PES and proofs.signatures.get(file.id):
        # Nothing is added to it: the record, sealed and timestamped, carries its digest.
        _significant(node, "closedBy", f"bordereau-{proofs.number}.pdf")
    about = _sub(node, "objectCharacteristics")
    fixity = _sub(about, "fixity")
    _text(fixity, "messageDigestAlgorithm", "SHA-256")
    _text(fixity, "messageDigest", document.sha256)
    _text(about, "size", str(document.size))
    _text(
        _sub(_sub(about, "format"), "formatDesignation"), "formatName", document.media_type
    )
    _text(node, "originalName", document.name)
    for signature in proofs.signatures.get(file.id, []):
        if signature.version_id == version.id:
            _signature(node, signature, proofs.level(file, signature))
    if file.signs_id is not None:
        _relationship(node, "signs", file, proofs)


def _signature(node: Any, one: FileSignature, level: str) -> None:
    said = _sub(_sub(node, "signatureInformation"), "signature")
    _text(said, "signatureEncoding", "base64")
    _text(said, "signer", one.subject)
    _text(said, "signatureMethod", f"{one.format} {level}".strip())
    _text(said, "signatureValue", one.serial)
    _text(said, "signatureValidationRules", "ETSI EN 319 102-1")
    properties = (one.kind, one.quality, one.indication, one.issuer)
    _text(said, "signatureProperties", " ; ".join(p for p in properties if p))


def _relationship(node: Any, kind: str, file: FolderFile, proofs: Proofs) -> None:
    signed = [v for f, v in proofs.files if f.id == file.signs_id]
    if not signed:
        return
    relation = _sub(node, "relationship")
    _text(relation, "relationshipType", "derivation")
    _text(relation, "relationshipSubType", kind)
    related = _sub(relation, "relatedObjectIdentifier")
    _text(related, "relatedObjectIdentifierType", "version")
    _text(related, "relatedObjectIdentifierValue", str(signed[-1].id))


def _event(root: Any, act: FolderAct, proofs: Proofs) -> None:
    node = _sub(root, "event")
    _identifier(node, "event", "act", str(act.id))
    _text(node, "eventType", act.kind)
    _text(node, "eventDateTime", act.at.isoformat())
    filled = worded(proofs.folder.subtype, act.detail.get("metadata") or {})
    for said in (act.step, act.mention, *filled, act.note):
        if said:
            _text(_sub(node, "eventDetailInformation"), "eventDetail", said)
    if act.undone_by is not None:
        outcome = _sub(node, "eventOutcomeInformation")
        _text(outcome, "eventOutcome", "undone")
    who = f"person:{act.person_id}" if act.person_id else "software"
    _linked_agent(node, who, proofs.desk(act.role) if act.role else "")
    if act.on_behalf_of is not None:
        _linked_agent(node, f"person:{act.on_behalf_of}", "replaced")
    for _, version in proofs.files:
        if version.act_id == act.id:
            _linked_object(node, "version", str(version.id))
    _linked_object(node, "folder", str(act.instance_id))


def _linked_agent(node: Any, value: str, role: str) -> None:
    linked = _sub(node, "linkingAgentIdentifier")
    _text(linked, "linkingAgentIdentifierType", "local")
    _text(linked, "linkingAgentIdentifierValue", value)
    if role:
        _text(linked, "linkingAgentRole", role)


def _linked_object(node: Any, kind: str, value: str) -> None:
    linked = _sub(node, "linkingObjectIdentifier")
    _text(linked, "linkingObjectIdentifierType", kind)
    _text(linked, "linkingObjectIdentifierValue", value)


def _agent(root: Any, value: str, name: str, kind: str) -> None:
    node = _sub(root, "agent")
    _identifier(node, "agent", "local", value)
    _text(node, "agentName", name)
    _text(node, "agentType", kind)


def _object(root: Any, kind: str, identifier_type: str, value: str) -> Any:
    node = _sub(root, "object")
    node.set(f"{{{XSI}}}type", kind)
    _identifier(node, "object", identifier_type, value)
    return node


def _identifier(node: Any, of: str, kind: str, value: str) -> None:
    said = _sub(node, f"{of}Identifier")
    _text(said, f"{of}IdentifierType", kind)
    _text(said, f"{of}IdentifierValue", value)


def _significant(node: Any, name: str, value: str) -> None:
    said = _sub(node, "significantProperties")
    _text(said, "significantPropertiesType", name)
    _text(said, "significantPropertiesValue", value)


def _sub(node: Any, name: str) -> Any:
    return etree.SubElement(node, f"{{{NAMESPACE}}}{name}")


def _text(node: Any, name: str, value: str) -> None:
    _sub(node, name).text = value.translate(_FORBIDDEN)
