"""What an XML signature says of itself, under its own protection: when, where, as whom."""

from datetime import UTC, datetime
from typing import Any

from lxml import etree

from connectors.signature.xml_verification import Verified

Plain = dict[str, Any]


def signing_time(one: Verified) -> datetime | None:
    """When the signer says it signed; what cannot be read is refused there."""
    found = find(one, "SigningTime")
    try:
        moment = datetime.fromisoformat((found[0].text or "").strip()) if found else None
    except ValueError:
        one.refuse("La date de signature est illisible.")
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None


def said(one: Verified) -> Plain:
    """What the signer says: its policy, place and capacity."""
    paths = {
        "policy": "SignaturePolicyIdentifier/SignaturePolicyId/SigPolicyId/Identifier",
        "city": "SignatureProductionPlace/City",
        "role": "SignerRole/ClaimedRoles/ClaimedRole",
    }
    told = {name: find(one, path) for name, path in paths.items()}
    return {name: (found[0].text or "") if found else "" for name, found in told.items()}


def find(one: Verified, path: str) -> list[etree._Element]:
    """The signed properties of that path."""
    if one.properties is None:
        return []
    steps = ["SignedSignatureProperties", *path.split("/")]
    return one.properties.findall("/".join(f"{{{one.namespace}}}{step}" for step in steps))
