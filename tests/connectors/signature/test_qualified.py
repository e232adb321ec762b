"""Who is qualified is said by a trusted list, signed by whoever publishes it."""

import base64
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from pyhanko.sign.ades import qualified_asn1
from signxml.xades import XAdESSigner

from connectors import Misconfigured, Refused
from connectors.signature.signers import demo
from tests.connectors.signature.conftest import opened

LIST = """<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#" TSLTag="http://uri.etsi.org/19612/TSLTag" Id="liste">
<SchemeInformation><TSLVersionIdentifier>5</TSLVersionIdentifier>
<TSLSequenceNumber>1</TSLSequenceNumber>
<TSLType>http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUgeneric</TSLType>
</SchemeInformation><TrustServiceProviderList><TrustServiceProvider>
<TSPInformation><TSPName><Name xml:lang="fr">Essai</Name></TSPName></TSPInformation>
<TSPServices><TSPService><ServiceInformation>
<ServiceTypeIdentifier>http://uri.etsi.org/TrstSvc/Svctype/CA/QC</ServiceTypeIdentifier>
<ServiceName><Name xml:lang="fr">Essai qualifié</Name></ServiceName>
<ServiceDigitalIdentity><DigitalId><X509Certificate>{certificate}</X509Certificate></DigitalId></ServiceDigitalIdentity>
<ServiceStatus>http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted</ServiceStatus>
<StatusStartingTime>2020-01-01T00:00:00Z</StatusStartingTime>
</ServiceInformation></TSPService></TSPServices>
</TrustServiceProvider></TrustServiceProviderList></TrustServiceStatusList>"""


def statements(*, device, kind="qct_esign"):
    told = [{"statement_id": "qc_compliance"}]
    told += [{"statement_id": "qc_sscd"}] if device else []
    told.append({"statement_id": "qc_type", "statement_info": [kind]})
    return qualified_asn1.QcStatements(told).dump()


def published(office, publisher):
    """A list that grants this office's authority, signed."""
    issuing = base64.b64encode(office.authority.issuing.der).decode()
    root = etree.fromstring(LIST.format(certificate=issuing))
    signer = XAdESSigner()
    pem = publisher.certificate.public_bytes(Encoding.PEM)
    return etree.tostring(signer.sign(root, key=publisher.key, cert=pem.decode()))


def signed(office, identity):
    (prepared,) = office.signature.prepare(
        documents=[office.document(office.letter())],
        certificate=identity.der, chain=identity.chain,
    )  # fmt: skip
    (entry,) = prepared["to_sign"]
    value = demo.signed(identity.key, base64.b64decode(entry["data"]))
    told = office.signature.finish(
        prepared=prepared, values={entry["id"]: base64.b64encode(value).decode()}
    )
    return told["signatures"][0]


def test_only_what_a_list_grants_is_qualified(office, tmp_path):
    kept = office.authority
    publisher = kept.issue("Éditeur de la liste", usages=("digital_signature",))
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "publisher.der").write_bytes(publisher.der)
    (folder / "list.xml").write_bytes(published(office, publisher))
    there = opened(office.data, None, SIGNATURE_TRUSTED_LIST=str(folder))
    assert there.signature.mode == "live"
    assert there.signature.check() == []
    valid = (office.clock() - timedelta(days=1), office.clock() + timedelta(days=9))

    def quality(**told):
        return signed(there, kept.issue("Quentin Qualifié", valid=valid, **told))["quality"]

    assert quality(statements=statements(device=True)) == "qualified"
    assert quality(statements=statements(device=False)) == "advanced"
    assert quality() == "advanced"
    sealed = signed(
        there,
        kept.issue("Région", statements=statements(device=True, kind="qct_eseal")),
    )
    assert (sealed["kind"], sealed["quality"]) == ("seal", "seal")
    # The demonstration calls itself qualified in vain.
    boasting = kept.issue("Vantard", statements=statements(device=True))
    assert signed(office, boasting)["quality"] == "simple"


def test_a_list_altered_or_of_nobody_known_is_refused(office, tmp_path):
    publisher = office.authority.issue("Éditeur", usages=("digital_signature",))
    other = office.authority.issue("Autre", usages=("digital_signature",))
    content = published(office, publisher)
    for name, certificate, written in (
        ("altered", publisher, content.replace(b"Essai qualif", b"Essai Qualif")),
        ("unknown", other, content),
        ("nonsense", publisher, b"<x/>"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "publisher.der").write_bytes(certificate.der)
        (folder / "list.xml").write_bytes(written)
        there = opened(office.data, None, SIGNATURE_TRUSTED_LIST=str(folder))
        assert "liste de confiance list.xml est refusée" in there.signature.check()[0]
        with pytest.raises((Misconfigured, Refused)):
            signed(there, publisher)
