"""What a PDF says of itself, in XMP: ISO 19005-2 (PDF/A-2), conformance level U."""

from datetime import datetime
from html import escape


def xmp(title: str, author: str, made_at: datetime, producer: str) -> str:
    """Return the XMP packet; the same words give the same bytes."""
    moment = made_at.isoformat(timespec="seconds")
    fields = {
        "dc:title": f'<rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt>',
        "dc:creator": f"<rdf:Seq><rdf:li>{escape(author)}</rdf:li></rdf:Seq>",
        "dc:language": "<rdf:Bag><rdf:li>fr-FR</rdf:li></rdf:Bag>",
        "xmp:CreateDate": moment,
        "xmp:ModifyDate": moment,
        "xmp:CreatorTool": "e-Bourgogne",
        "pdf:Producer": producer,
        "pdfaid:part": "2",
        "pdfaid:conformance": "U",
    }
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:pdf="http://ns.adobe.com/pdf/1.3/"'
        ' xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">'
        f'<rdf:Description rdf:about="">{inside}</rdf:Description></rdf:RDF></x:xmpmeta>'
    )
