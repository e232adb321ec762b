"""Judges signatures after ETSI EN 319 102-1, without any network: proofs are given.

`known` is a list of what verdicts know (`formats.Verdict.known`), in hexadecimal.
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from asn1crypto import cms, crl, ocsp, x509
from pyhanko.sign.ades.report import AdESFailure, AdESStatus, AdESSubIndic
from pyhanko.sign.validation.ades import ades_basic_validation, ades_with_time_validation
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    extract_tst_data_iter,
    validate_sig_integrity,
)
from pyhanko.sign.validation.policy_decl import (
    CMSAlgorithmUsagePolicy,
    LocalKnowledge,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import (
    REQUIRE_REVINFO,
    AlgorithmUsageConstraint,
    CertRevTrustPolicy,
)
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from connectors.signature.certificates import SIGNING
from connectors.signature.formats import FAILED, INDETERMINATE, PASSED

Plain = dict[str, Any]
Found = TypeVar("Found")
INDICATIONS = {
    AdESStatus.PASSED: PASSED,
    AdESStatus.INDETERMINATE: INDETERMINATE,
    AdESStatus.FAILED: FAILED,
}
BROKEN = {
    AdESFailure.FORMAT_FAILURE,
    AdESFailure.HASH_FAILURE,
    AdESFailure.SIG_CRYPTO_FAILURE,
}


class _Any(CMSAlgorithmUsagePolicy):
    """Every algorithm is read: `algorithms.Register` judges them, once what is dated is known.

    pyHanko gives a timestamp its due there for what an archive timestamp covers alone.
    """

    def digest_algorithm_allowed(self, *_: Any, **__: Any) -> AlgorithmUsageConstraint:
        """It is."""
        return AlgorithmUsageConstraint(allowed=True)

    signature_algorithm_allowed = digest_algorithm_allowed


def spec(known: list[Plain]) -> SignatureValidationSpec:
    """Whom to trust and what is known; every certificate must be proved not revoked."""
    roots = _once([one["chain"][-1] for one in known if one["chain"]], x509.Certificate)
    answers = _once([it for one in known for it in one["ocsps"]], ocsp.OCSPResponse)
    lists = _once([it for one in known for it in one["crls"]], crl.CertificateList)
    return SignatureValidationSpec(
        CertValidationPolicySpec(
            trust_manager=SimpleTrustManager.build(trust_roots=roots),
            revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
        ),
        RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY),
        local_knowledge=LocalKnowledge(
            known_ocsps=[it for one in answers for it in OCSPContainer.load_multi(one)],
            known_crls=[CRLContainer(one) for one in lists],
            known_certs=_once(
                [it for one in known for it in one["chain"][:-1]], x509.Certificate
            ),
        ),
        key_usage_settings=KeyUsageConstraints(
            key_usage=SIGNING, match_all_key_usages=False
        ),
        signature_algorithm_policy=_Any(),
    )


def moment(now: datetime) -> ValidationTimingInfo:
    """Judged now, which our clock says."""
    return ValidationTimingInfo(
        validation_time=now, best_signature_time=now, point_in_time_validation=True
    )


def judged(
    signed: cms.SignedData, digest: bytes, known: list[Plain], now: datetime
) -> tuple[AdESSubIndic, datetime | None]:
    """What a CMS signature over this digest is worth, and the moment its timestamp proves."""
    dated = any(extract_tst_data_iter(signed["signer_infos"][0], signed=False))
    if not dated:
        basic = run(
            ades_basic_validation(
                signed, spec(known), timing_info=moment(now), raw_digest=digest
            )
        )
        return basic.ades_subindic, None
    timed = run(
        ades_with_time_validation(
            signed, spec(known), timing_info=moment(now), raw_digest=digest
        )
    )
    return timed.ades_subindic, timed.best_signature_time


def matches(signed: cms.SignedData, digest: bytes) -> bool:
    """Whether a CMS signature is over this digest, and its value right."""
    signer = extract_certs_for_validation(signed).signer_cert
    info = signed["signer_infos"][0]
    try:
        return all(validate_sig_integrity(info, signer, "data", digest))
    except (SignatureValidationError, ValueError, KeyError, TypeError):
        return False


def told(sub_indication: AdESSubIndic) -> Plain:
    """An indication as facts tell it."""
    indication = INDICATIONS[sub_indication.status]
    name = "" if indication == PASSED else str(sub_indication.standard_name)
    return {
        "indication": indication,
        "sub_indication": name,
        "intact": sub_indication not in BROKEN,
    }


def run(work: Coroutine[Any, Any, Found]) -> Found:
    """The answer of pyHanko's coroutines, none of which waits for anything here.

    Whoever calls us may be within a loop of their own: theirs is another thread's then.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as apart:
        return apart.submit(asyncio.run, work).result()


def _once(found: list[str], kind: Any) -> list[Any]:
    return [kind.load(bytes.fromhex(one)) for one in dict.fromkeys(found)]
