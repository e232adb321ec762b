"""Whom we trust, and what a certificate is worth at a moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from asn1crypto import pem, x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
)

from connectors import Misconfigured
from connectors.signature import certificates, etsi
from connectors.signature.formats import FAILED, INDETERMINATE, PASSED, Verdict
from connectors.signature.revocation import KEPT, Revocation

MOST = 500


@dataclass(frozen=True)
class Trust:
    """The certificates that we trust, self-signed or not; `demonstration` if only ours."""

    anchors: Callable[[], Sequence[x509.Certificate]]
    revocation: Revocation
    demonstration: bool
    _known: dict[tuple[bytes, ...], tuple[datetime, Verdict]] = field(default_factory=dict)

    def judge(
        self, certificate: bytes, others: Sequence[bytes], moment: datetime
    ) -> Verdict:
        """What a certificate is worth, asking its authorities whether it is revoked.

        A verdict that is whole serves for a minute: a batch is signed with one certificate.
        """
        key = (certificate, *others)
        at, kept = self._known.get(key, (moment, None))
        if kept and at <= moment < at + KEPT:
            return kept
        verdict = self._judged(certificate, others, moment)
        if len(self._known) >= MOST:
            self._known.clear()
        if verdict.indication == PASSED:
            self._known[key] = (moment, verdict)
        return verdict

    def _judged(
        self, certificate: bytes, others: Sequence[bytes], moment: datetime
    ) -> Verdict:
        one = x509.Certificate.load(certificate)
        known = [x509.Certificate.load(it) for it in others]
        # Built at the moment of the certificate: an expired one has a chain as well.
        within = min(max(moment, one.not_valid_before), one.not_valid_after)
        try:
            path = self._path(one, known, within, [], [])
        except (PathBuildingError, PathValidationError):
            return Verdict(INDETERMINATE, "NO_CERTIFICATE_CHAIN_FOUND", self._quality(one))
        chain = list(path)[::-1]
        ocsps, crls = self.revocation.proofs(chain)
        indication, sub_indication = self._worth(one, known, moment, ocsps, crls)
        if indication == PASSED and not _proved(chain, ocsps, crls):
            indication, sub_indication = INDETERMINATE, "TRY_LATER"
        return Verdict(
            indication,
            sub_indication,
            self._quality(one),
            tuple(it.dump() for it in chain),
            tuple(ocsps),
            tuple(crls),
        )

    def _worth(
        self,
        one: x509.Certificate,
        known: Sequence[x509.Certificate],
        moment: datetime,
        ocsps: list[bytes],
        crls: list[bytes],
    ) -> tuple[str, str]:
        try:
            self._path(one, known, moment, ocsps, crls)
        except RevokedError:
            return FAILED, "REVOKED"
        except ExpiredError:
            return INDETERMINATE, "OUT_OF_BOUNDS_NO_POE"
        except NotYetValidError:
            return FAILED, "NOT_YET_VALID"
        except (PathBuildingError, PathValidationError):
            return INDETERMINATE, "CERTIFICATE_CHAIN_GENERAL_FAILURE"
        return PASSED, ""

    def _path(
        self,
        one: x509.Certificate,
        known: Sequence[x509.Certificate],
        moment: datetime,
        ocsps: list[bytes],
        crls: list[bytes],
    ) -> Sequence[x509.Certificate]:
        context = ValidationContext(
            trust_roots=list(self.anchors()), other_certs=known, moment=moment,
            ocsps=ocsps, crls=crls, revocation_mode="soft-fail",
        )  # fmt: skip
        validator = CertificateValidator(
            one, intermediate_certs=known, validation_context=context
        )
        path = etsi.run(validator.async_validate_path())
        return [*path.iter_certs(include_root=True)]

    def _quality(self, one: x509.Certificate) -> str:
        if certificates.kind(one) == "seal":
            return "seal"
        return "simple" if self.demonstration else "advanced"


def folder(path: Path) -> Sequence[x509.Certificate]:
    """The certificates of a folder, in PEM or DER. Raises Misconfigured."""
    found = []
    try:
        for file in sorted(path.iterdir()):
            if file.suffix in {".pem", ".crt", ".cer", ".der"}:
                content = file.read_bytes()
                blocks = (
                    [der for _, _, der in pem.unarmor(content, multiple=True)]
                    if pem.detect(content)
                    else [content]
                )
                found += [x509.Certificate.load(one, strict=True) for one in blocks]
    except (OSError, ValueError, TypeError) as error:
        raise Misconfigured(
            f"Signature : certificats illisibles dans {path} ({error})."
        ) from error
    return found


def _proved(
    chain: Sequence[x509.Certificate], ocsps: Sequence[bytes], crls: Sequence[bytes]
) -> bool:
    """Whether somebody told about each certificate of a chain but its root."""
    return len(ocsps) + len(crls) >= len(chain) - 1
