"""Folders of certificates, as operators keep them."""

from collections.abc import Sequence
from pathlib import Path

from asn1crypto import pem, x509

from connectors import Misconfigured

KINDS = {".pem", ".crt", ".cer", ".der"}


def certificates_in(folder: Path) -> Sequence[x509.Certificate]:
    """The certificates of a folder, in PEM or DER. Raises Misconfigured."""
    found = []
    try:
        for file in sorted(folder.iterdir()):
            if file.suffix in KINDS:
                content = file.read_bytes()
                blocks = (
                    [der for _, _, der in pem.unarmor(content, multiple=True)]
                    if pem.detect(content)
                    else [content]
                )
                found += [x509.Certificate.load(one, strict=True) for one in blocks]
    except (OSError, ValueError, TypeError) as error:
        raise Misconfigured(
            f"Signature : certificats illisibles dans {folder} ({error})."
        ) from error
    return found
