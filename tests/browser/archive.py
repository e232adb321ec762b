"""What the archive received of a case, read as an archivist would."""

import hashlib

from lxml import etree

from tests.conftest import reference

SEDA = "{fr:gouv:culture:archivesdefrance:seda:v2.2}"


def digests(manifest: bytes) -> dict[str, str]:
    """The name of each file of the transfer → its digest, as `algorithm:digest`."""
    found = {}
    for held in etree.fromstring(manifest).iter(f"{SEDA}BinaryDataObject"):
        digest = held.find(f"{SEDA}MessageDigest")
        name = held.findtext(f"{SEDA}FileInfo/{SEDA}Filename")
        assert digest is not None
        assert name
        found[name] = f"{digest.get('algorithm')}:{digest.text}"
    return found


def sha512(content: bytes) -> str:
    """The digest of these bytes, as `digests` writes it."""
    return f"SHA-512:{hashlib.sha512(content).hexdigest()}"


def assert_official(manifest: bytes) -> None:
    """The manifest follows the official schema; skips where the schema is not."""
    folder = reference("archive/seda-cubicweb")
    schema = etree.XMLSchema(etree.parse(folder / "seda-2.2-main.xsd"))
    document = etree.fromstring(manifest)
    assert schema.validate(document), schema.error_log
