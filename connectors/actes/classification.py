"""The classification in force, as the office uses it: plain values."""

from typing import Any

from connectors.actes.messages.values import Classification

Plain = dict[str, Any]


def plain(found: Classification, *, changed: bool = True) -> Plain:
    """{version_date, changed, natures, document_types, matters}, as the port of the
    transmission service says them.
    """
    return {
        "version_date": found.dated.isoformat(),
        "changed": changed,
        "natures": [
            {"code": code, "short": short, "label": label}
            for code, short, label in sorted(found.natures)
        ],
        "document_types": [
            {"nature": one.nature, "code": one.code, "label": one.label}
            for one in found.types
        ],
        "matters": [
            {"code": list(code), "label": label} for code, label in sorted(found.matters)
        ],
    }
