"""The contents of supporting documents: gzip then base64, opened without being fooled."""

import base64
import binascii
import gzip
import zlib

from connectors import Refused


def packed(content: bytes) -> str:
    """A document as a PES carries it; the same bytes always give the same text."""
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()


def opened(text: str, *, limit: int) -> bytes:
    """The document that a PES carries; raises Refused for what is none, or grows past `limit`."""
    try:
        compressed = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(["le contenu n’est pas en base64"], code="base64") from error
    if not compressed:
        raise Refused(["le contenu est vide"], code="empty")
    reader = zlib.decompressobj(wbits=_GZIP)
    try:
        found = reader.decompress(compressed, limit + 1)
    except zlib.error as error:
        raise Refused(["le contenu n’est pas compressé en gzip"], code="gzip") from error
    if len(found) > limit:
        raise Refused(
            [f"le contenu décompressé dépasse {limit >> 20} Mo"], code="too_large"
        )
    if not reader.eof:
        raise Refused(["le contenu gzip est tronqué"], code="gzip")
    return found


_GZIP = 16 + zlib.MAX_WBITS
