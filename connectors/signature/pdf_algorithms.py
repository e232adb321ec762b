"""Says of each signature of a PDF whether its algorithm was good. Runs apart (`apart_child`)."""

from datetime import datetime
from typing import Any

from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter

from connectors.signature import algorithms

Plain = dict[str, Any]
TIMESTAMP = "/DocTimeStamp"


def constrain(
    facts: list[Plain],
    signatures: list[EmbeddedPdfSignature],
    rules: list[Plain],
    now: datetime,
) -> None:
    """Add to the facts of each signature what the register says of its algorithm."""
    register = algorithms.restored(rules)
    for told, one in zip(facts, signatures, strict=True):
        used = algorithms.of(one.signer_cert, one.signer_info)
        proved, claimed = _moment(told["timestamped_at"]), _moment(told["signed_at"])
        good = register.proves(_stamps(one, signatures), now)
        algorithm = register.told(
            used, proved=proved if good else None, claimed=claimed or proved or now
        )
        told.update(register.constrained(told, used, algorithm, now), algorithm=algorithm)


def _stamps(
    one: EmbeddedPdfSignature, every: list[EmbeddedPdfSignature]
) -> list[tuple[algorithms.Used, datetime]]:
    """The timestamps of a signature: its own, then those of the whole file put after it."""
    after = [
        it.signed_data
        for it in every
        if it.sig_object_type == TIMESTAMP and it.signed_revision > one.signed_revision
    ]
    own = extract_tst_data_iter(one.signer_info, signed=False)
    return [algorithms.dated(it) for it in (*own, *after)]


def _moment(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None
