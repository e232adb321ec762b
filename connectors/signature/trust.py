"""Whom we trust, and what a certificate is worth at a moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from asn1crypto import x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    NotYetValidError,
    PathBuildingError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath

from connectors.signature import certificates, etsi
from connectors.signature.formats import FAILED, INDETERMINATE, PASSED, Verdict
from connectors.signature.qualified import TrustedLists
from connectors.signature.revocation import KEPT, Revocation

MOST = 500


@dataclass(frozen=True)
class Trust:
    """The certificates that we trust, self-signed or not, and whom the law qualifies.

    `demonstration` says that only our own authority is trusted.
    """

    anchors: Callable[[], Sequence[x509.Certificate]]
    revocation: Revocation
    demonstration: bool
    lists: TrustedLists | None = None
    _known: dict[tuple[bytes, ...], tuple[datetime, datetime, Verdict]] = field(
        default_factory=dict
    )

    def judge(
        self,
        certificate: bytes,
        others: Sequence[bytes],
        moment: datetime,
        given: tuple[Sequence[bytes], Sequence[bytes]] | None = None,
    ) -> Verdict:
        """What a certificate is worth, asking its authorities whether it is revoked.

        Nobody is asked when the answers of then are given (OCSP, CRL): each certificate must
        be told about by these.

        A verdict that is whole serves for a minute: a batch is signed with one certificate.
        """
        if given is not None:
            return self._judged(certificate, others, moment, given)
        key, now = (certificate, *others), self.revocation.clock()
        asked, at, kept = self._known.get(key, (now, moment, None))
        if kept and asked <= now < asked + KEPT and at <= moment < at + KEPT:
            return kept
        verdict = self._judged(certificate, others, moment)
        if len(self._known) >= MOST:
            self._known.clear()
        if verdict.indication == PASSED:
            self._known[key] = (now, moment, verdict)
        return verdict

    def _judged(
        self,
        certificate: bytes,
        others: Sequence[bytes],
        moment: datetime,
        given: tuple[Sequence[bytes], Sequence[bytes]] | None = None,
    ) -> Verdict:
        one = x509.Certificate.load(certificate)
        known = [x509.Certificate.load(it) for it in others]
        # Built at the moment of the certificate: an expired one has a chain as well.
        within = min(max(moment, one.not_valid_before), one.not_valid_after)
        try:
            path = self._path(one, known, within, [], [])
        except (PathBuildingError, ValidationError):  # or signed by itself
            kind = certificates.kind(one)
            quality = "seal" if kind == "seal" else "simple"
            return Verdict(INDETERMINATE, "NO_CERTIFICATE_CHAIN_FOUND", quality)
        chain = list(path.iter_certs(include_root=True))[::-1]
        ocsps, crls = given or self.revocation.proofs(chain)
        mode = "soft-fail" if given is None else "require"
        indication, sub_indication = self._worth(one, known, moment, ocsps, crls, mode)
        if given is None and indication == PASSED and not _proved(chain, ocsps, crls):
            indication, sub_indication = INDETERMINATE, "TRY_LATER"
        return Verdict(
            indication,
            sub_indication,
            self._quality(one, path, within),
            tuple(it.dump() for it in chain),
            tuple(ocsps),
            tuple(crls),
        )

    def _worth(
        self,
        one: x509.Certificate,
        known: Sequence[x509.Certificate],
        moment: datetime,
        ocsps: Sequence[bytes],
        crls: Sequence[bytes],
        mode: str,
    ) -> tuple[str, str]:
        try:
            self._path(one, known, moment, ocsps, crls, mode)
        except RevokedError:
            return FAILED, "REVOKED"
        except ExpiredError:
            return INDETERMINATE, "OUT_OF_BOUNDS_NO_POE"
        except NotYetValidError:
            return FAILED, "NOT_YET_VALID"
        except (PathBuildingError, ValidationError):  # or signed by itself
            return INDETERMINATE, "CERTIFICATE_CHAIN_GENERAL_FAILURE"
        return PASSED, ""

    def _path(
        self,
        one: x509.Certificate,
        known: Sequence[x509.Certificate],
        moment: datetime,
        ocsps: Sequence[bytes],
        crls: Sequence[bytes],
        mode: str = "soft-fail",
    ) -> ValidationPath:
        context = ValidationContext(
            trust_roots=list(self.anchors()), other_certs=known, moment=moment,
            ocsps=ocsps, crls=crls, revocation_mode=mode,
            # What is said today of a revocation before that moment counts for it.
            retroactive_revinfo=True,
        )  # fmt: skip
        validator = CertificateValidator(
            one, intermediate_certs=known, validation_context=context
        )
        return etsi.run(validator.async_validate_path())

    def _quality(
        self, one: x509.Certificate, path: ValidationPath, moment: datetime
    ) -> str:
        """Shown honestly: a demonstration is worth no more than a name typed."""
        if certificates.kind(one) == "seal":
            return "seal"
        if self.lists and self.lists.qualifies(path, moment):
            return "qualified"
        return "simple" if self.demonstration else "advanced"


def _proved(
    chain: Sequence[x509.Certificate], ocsps: Sequence[bytes], crls: Sequence[bytes]
) -> bool:
    """Whether somebody told about each certificate of a chain but its root."""
    return len(ocsps) + len(crls) >= len(chain) - 1
