"""Trusted lists (ETSI TS 119 612): who issues qualified certificates, by the law.

A folder holds the lists (*.xml), and the certificates of whoever publishes them: a list that
none of them signed is refused. Nothing is fetched: the operator renews the files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from asn1crypto import x509
from pyhanko_certvalidator.authority import AuthorityWithCert
from pyhanko_certvalidator.path import ValidationPath

from connectors import Misconfigured
from connectors.signature.folders import certificates_in

if TYPE_CHECKING:
    from pyhanko.sign.validation.qualified.tsp import TSPRegistry


@dataclass
class TrustedLists:
    """The lists of a folder, read once."""

    folder: Path

    def authorities(self) -> Sequence[x509.Certificate]:
        """The certificates of the services that the lists grant. Raises Misconfigured."""
        known = (
            *self._registry.known_certificate_authorities,
            *self._registry.known_timestamp_authorities,
        )
        return [one.certificate for one in known if isinstance(one, AuthorityWithCert)]

    def qualifies(self, path: ValidationPath, moment: datetime) -> bool:
        """Whether a certificate is qualified, and its key in a device that is.

        What makes a signature « qualifiée », worth one by hand (eIDAS, article 25).
        """
        from pyhanko.sign.validation.qualified.assess import QualificationAssessor

        try:
            status = (
                QualificationAssessor(self._registry)
                .check_entity_cert_qualified(path, moment)
                .status
            )
        except (NotImplementedError, ValueError):  # statements of an unknown form
            return False
        return status.qualified and status.qc_key_security.is_qscd

    @cached_property
    def _registry(self) -> "TSPRegistry":
        # Late: what reads these lists is heavy, and few offices have any.
        from pyhanko.sign.validation.errors import SignatureValidationError
        from pyhanko.sign.validation.qualified.eutl_parse import trust_list_to_registry
        from pyhanko.sign.validation.qualified.tsp import TSPRegistry

        registry = TSPRegistry()
        publishers = list(certificates_in(self.folder))
        for file in sorted(self.folder.glob("*.xml")):
            try:
                trust_list_to_registry(file.read_text("utf-8"), publishers, registry)
            except (SignatureValidationError, ValueError, OSError) as error:
                raise Misconfigured(
                    f"Signature : la liste de confiance {file.name} est refusée ({error})."
                ) from error
        return registry
