"""Reads the signatures of a PDF and says what each is worth. Runs apart (`apart_child`)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    DiffResult,
    SuspiciousModification,
)
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.ades import ades_lta_validation, ades_timestamp_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import (
    NoDSSFoundError,
    SignatureValidationError,
    ValidationInfoReadingError,
)
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    extract_tst_data_iter,
    validate_sig_integrity,
)
from pyhanko.sign.validation.policy_decl import PdfSignatureValidationSpec
from pyhanko.sign.validation.status import SignatureCoverageLevel

from connectors import Refused
from connectors.signature import certificates, etsi, pdf_algorithms, pdf_dangers
from connectors.signature.formats import FAILED, INDETERMINATE, PASSED
from connectors.signature.pdf_algorithms import TIMESTAMP

Plain = dict[str, Any]
MOST = 50


def signers(content: bytes) -> tuple[Plain, list[bytes]]:
    """{signers, refusals}: the certificates behind each signature and its timestamps.

    `closes` says of one that it is a timestamp of the whole file.
    """
    reader, found = pdf_dangers.read(content), []
    for one in _signatures(reader):
        dated = extract_tst_data_iter(one.signer_info, signed=False)
        found.append(
            {
                **_people(one.signed_data),
                "timestamps": list(map(_people, dated)),
                "closes": one.sig_object_type == TIMESTAMP,
            }
        )
    return {"signers": found, "refusals": pdf_dangers.found(reader)}, []


def examine(
    content: bytes, *, known: list[Plain], now: str, rules: list[Plain]
) -> tuple[Plain, list[bytes]]:
    """{signatures, refusals}; each signature keeps its `certificate`, in hexadecimal.

    `rules` are the rows of the register of algorithms.
    """
    reader = pdf_dangers.read(content)
    refusals = pdf_dangers.found(reader)
    signatures = list(_signatures(reader))
    at = datetime.fromisoformat(now)
    facts = [_facts(one, signatures, known, at) for one in signatures]
    _stand(facts)
    pdf_algorithms.constrain(facts, signatures, rules, at)
    refusals += [one["detail"]["broken"] for one in facts if one["detail"].get("broken")]
    return {"signatures": facts, "refusals": refusals}, []


def _stand(facts: list[Plain]) -> None:
    """A timestamp whose certificate has ended stands as the next one found it.

    The chain of them is judged whole with each signature that it closes.
    """
    chained = [one.pop("chained") for one in facts]
    closing = [one for one in facts if one["kind"] == "timestamp"]
    for one in closing[:-1]:
        if any(chained) and one["indication"] == INDETERMINATE:
            one["indication"], one["sub_indication"] = PASSED, ""


def broken(reader: PdfFileReader) -> list[str]:
    """What is wrong with the signatures that a file bears already, in French sentences."""
    return [reason for one in _signatures(reader) if (reason := _broken(one))]


def _signatures(reader: PdfFileReader) -> list[EmbeddedPdfSignature]:
    """Those of the file, in the order in which they were made. Raises Refused."""
    try:
        found = list(reader.embedded_signatures)
    except (SignatureValidationError, ValueError, KeyError, TypeError) as error:
        raise Refused(["Une signature de ce PDF est illisible."], code="broken") from error
    if len(found) > MOST:
        raise Refused([f"Ce PDF porte plus de {MOST} signatures."], code="beyond")
    return sorted(found, key=lambda one: one.signed_revision)


def _broken(one: EmbeddedPdfSignature) -> str:
    """Why a signature no longer holds, or nothing."""
    who = certificates.name(one.signer_cert)
    if not _intact(one):
        return f"La signature de {who} ne correspond plus au document : il a été modifié."
    one.compute_integrity_info(DEFAULT_DIFF_POLICY)
    if one.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        return f"La signature de {who} ne couvre pas tout le document."
    if isinstance(one.diff_result, SuspiciousModification) or _beyond_permission(one):
        return f"Le document a été modifié après la signature de {who}."
    if filled := _filled_since(one):
        return f"Le champ « {filled[:80]} » a été rempli après la signature de {who}."
    return ""


def _beyond_permission(one: EmbeddedPdfSignature) -> bool:
    """Whether more was done than the author who certified the file permits (DocMDP)."""
    permitted, done = one.docmdp_level, one.diff_result
    return (
        permitted is not None
        and isinstance(done, DiffResult)
        and done.modification_level.value > permitted.value
    )


def _filled_since(one: EmbeddedPdfSignature) -> str:
    """A form field filled after a signature that says nothing of it, or nothing.

    Readers let it pass; but whoever signs an act signs what its fields said.
    """
    done = one.diff_result
    if one.docmdp_level is not None or not isinstance(done, DiffResult):
        return ""
    signed = {other.field_name for other in one.reader.embedded_signatures}
    return min(done.changed_form_fields - signed, default="")


def _intact(one: EmbeddedPdfSignature) -> bool:
    """Whether the digest and the value are right, whoever signed."""
    try:
        if one.sig_object_type == TIMESTAMP:
            info = one.signed_data["encap_content_info"]["content"].parsed
            return bool(
                info["message_imprint"]["hashed_message"].native == one.compute_digest()
            )
        return all(
            validate_sig_integrity(
                one.signer_info, one.signer_cert, "data", one.compute_digest()
            )
        )
    except (SignatureValidationError, ValueError, KeyError):
        return False


def _facts(
    one: EmbeddedPdfSignature,
    every: list[EmbeddedPdfSignature],
    known: list[Plain],
    now: datetime,
) -> Plain:
    reason = _broken(one)
    is_timestamp = one.sig_object_type == TIMESTAMP
    if one.coverage is None:
        one.compute_integrity_info(skip_diff=True)
    sealed = next(
        (
            it
            for it in every
            if it.sig_object_type == TIMESTAMP and it.signed_revision > one.signed_revision
        ),
        None,
    )
    chained = False
    if is_timestamp:
        worth, proved = _of_timestamp(one, known, now)
    elif sealed is None:
        worth, proved = etsi.judged(one.signed_data, one.compute_digest(), known, now)
    else:
        worth, proved, chained = _of_closed(one, known, now)
    worth = etsi.told(worth)
    if reason:
        worth = {**worth, "intact": False, "indication": FAILED}
        worth["sub_indication"] = worth["sub_indication"] or "FORMAT_FAILURE"
    at = one.self_reported_timestamp
    kind = "timestamp" if is_timestamp else certificates.kind(one.signer_cert)
    return {
        "kind": kind,
        "format": "pades",
        "level": "" if is_timestamp else _level(one, closed=sealed is not None),
        **certificates.described(one.signer_cert),
        "signed_at": None if is_timestamp or at is None else _iso(at),
        "timestamped_at": _iso(proved) if proved else None,
        **worth,
        "covers_whole": one.coverage == SignatureCoverageLevel.ENTIRE_FILE or not reason,
        "certificate": one.signer_cert.dump().hex(),
        "chained": chained,
        "detail": _detail(one, reason),
    }


def _of_closed(
    one: EmbeddedPdfSignature, known: list[Plain], now: datetime
) -> tuple[Any, datetime | None, bool]:
    """What a signature under timestamps is worth, when it was, whether these all hold.

    One without a timestamp of its own is worth what its certificate is worth now: the method
    for those of the past (ETSI EN 319 102-1, 5.6.3), as pyHanko has it, wants one.
    """
    dated = list(extract_tst_data_iter(one.signer_info, signed=False))
    result = etsi.run(
        ades_lta_validation(
            one, PdfSignatureValidationSpec(etsi.spec(known)), etsi.moment(now)
        )
    )
    if not dated and result.ades_subindic == AdESIndeterminate.SIG_CONSTRAINTS_FAILURE:
        worth, _ = etsi.judged(one.signed_data, one.compute_digest(), known, now)
        return worth, result.oldest_evidence_record_timestamp, False
    proved = _time_of(dated[0]) if dated else result.best_signature_time
    chained = result.oldest_evidence_record_timestamp is not None
    return result.ades_subindic, proved, chained


def _of_timestamp(
    one: EmbeddedPdfSignature, known: list[Plain], now: datetime
) -> tuple[Any, datetime | None]:
    result = etsi.run(
        ades_timestamp_validation(
            one.signed_data,
            etsi.spec(known),
            one.compute_digest,
            timing_info=etsi.moment(now),
        )
    )
    return result.ades_subindic, _time_of(one.signed_data)


def _level(one: EmbeddedPdfSignature, *, closed: bool) -> str:
    """How long a signature holds, by what the file carries."""
    proofs = _proofs(one.reader)
    if one.signer_cert.serial_number in proofs or one.signer_cert.issuer.dump() in proofs:
        return "B-LTA" if closed else "B-LT"
    dated = any(True for _ in extract_tst_data_iter(one.signer_info, signed=False))
    return "B-T" if dated or closed else "B-B"


def _proofs(reader: PdfFileReader) -> set[Any]:
    """The serial numbers and the issuers about whom the file proves something."""
    try:
        store = DocumentSecurityStore.read_dss(reader)
        known = store.as_validation_context({"trust_roots": []})
    except (NoDSSFoundError, ValidationInfoReadingError):
        return set()
    found: set[Any] = {one.issuer.dump() for one in known.crls}
    for answer in known.ocsps:
        for single in answer.response_data["responses"]:
            found.add(single["cert_id"]["serial_number"].native)
    return found


def _detail(one: EmbeddedPdfSignature, reason: str) -> Plain:
    told = {
        "field": str(one.field_name),
        "revision": one.signed_revision + 1,
        "revisions": one.reader.xrefs.total_revisions,
        "reason": str(one.sig_object.get("/Reason", "")),
        "place": str(one.sig_object.get("/Location", "")),
        "algorithm": one.signer_info["signature_algorithm"]["algorithm"].native,
        "certified": one.docmdp_level is not None,
    }
    if isinstance(one.diff_result, SuspiciousModification):
        told["changes"] = str(one.diff_result)
    return {**told, "broken": reason} if reason else told


def _people(signed: cms.SignedData) -> Plain:
    known = extract_certs_for_validation(signed)
    return {
        "certificate": known.signer_cert.dump().hex(),
        "chain": [one.dump().hex() for one in _iterate(known.other_certs)],
    }


def _iterate(found: Any) -> Iterator[x509.Certificate]:
    yield from found


def _time_of(signed: cms.SignedData) -> datetime:
    moment: datetime = signed["encap_content_info"]["content"].parsed["gen_time"].native
    return moment


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
