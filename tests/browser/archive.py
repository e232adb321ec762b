"""What the archive received of a case, read as an archivist would."""

import hashlib

from lxml import etree

from tests.conftest import reference

SEDA = "{fr:gouv:culture:archivesdefrance:seda:v2.2}"


def digests(manifest: bytes) -> dict[str, str]:
    """The name of each file of the transfer → its digest, SHA-512 or as the manifest says."""
    found = {}
    for held in etree.fromstring(manifest).iter(f"{SEDA}BinaryDataObject"):
        digest = held.find(f"{SEDA}MessageDigest")
        name = held.findtext(f"{SEDA}FileInfo/{SEDA}Filename")
        assert digest is not None
        assert name
        found[name] = f"{digest.get('algorithm')}:{digest.text}"
    return found


def digest_of(content: bytes, like: str) -> str:
    """The digest of these bytes, by the algorithm of another digest."""
    algorithm = like.partition(":")[0]
    return f"{algorithm}:{hashlib.new(algorithm.replace('-', ''), content).hexdigest()}"


def assert_official(manifest: bytes) -> None:
    """The manifest follows the official schema; skips where the schema is not."""
    folder = reference("archive/seda-cubicweb")
    schema = etree.XMLSchema(etree.parse(folder / "seda-2.2-main.xsd"))
    document = etree.fromstring(manifest)
    assert schema.validate(document), schema.error_log
