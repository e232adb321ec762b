"""What was signed, and what somebody makes it seem to have signed."""

import io
import re
from datetime import timedelta

import pytest
from asn1crypto import keys, x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import MDPPerm

from connectors import Refused
from connectors.signature.signers import demo
from tests.connectors.signature.conftest import MARIE
from tests.connectors.signature.test_examining import updated
from tests.connectors.signature.xml_signing import certificate, signed_pes

UNSIGNED = re.sub(rb"<ds:Signature .*?</ds:Signature>", b"", signed_pes(), flags=re.DOTALL)
PAUL = {"id": "p-paul", "name": "Paul Deux", "email": "paul@region.demo"}


def numbers(*found):
    return generic.ArrayObject([generic.NumberObject(one) for one in found])


def with_amount(content):
    """The PDF with a form field that says an amount."""

    def change(writer):
        field = writer.add_object(
            generic.DictionaryObject(
                {
                    pdf_name("/Type"): pdf_name("/Annot"),
                    pdf_name("/Subtype"): pdf_name("/Widget"),
                    pdf_name("/FT"): pdf_name("/Tx"),
                    pdf_name("/T"): generic.TextStringObject("montant"),
                    pdf_name("/V"): generic.TextStringObject("100"),
                    pdf_name("/Rect"): numbers(10, 10, 100, 30),
                }
            )
        )
        form = {pdf_name("/Fields"): generic.ArrayObject([field])}
        writer.root["/AcroForm"] = writer.add_object(generic.DictionaryObject(form))
        writer.update_root()
        page = writer.root["/Pages"]["/Kids"][0].get_object()
        page[pdf_name("/Annots")] = generic.ArrayObject([field])
        writer.update_container(page)

    return updated(content, change)


def filled(content):
    """The same, in which the amount became another."""

    def change(writer):
        field = writer.root["/AcroForm"]["/Fields"][0].get_object()
        field[pdf_name("/V")] = generic.TextStringObject("1000000")
        writer.update_container(field)

    return updated(content, change)


def certified(office, content, permitted):
    """The PDF as certified by its author (DocMDP)."""
    one = office.authority.person(*MARIE.values())
    raw = one.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(one.der),
        signing_key=keys.PrivateKeyInfo.load(raw),
        cert_registry=None,
    )
    told = signers.PdfSignatureMetadata(
        field_name="Auteur", certify=True, docmdp_permissions=permitted,
        subfilter=fields.SigSeedSubFilter.PADES,
    )  # fmt: skip
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    return signers.sign_pdf(writer, told, signer).getvalue()


def test_a_certified_file_is_changed_no_further_than_its_author_permits(office):
    form = with_amount(office.letter())
    closed = certified(office, form, MDPPerm.NO_CHANGES)
    assert office.examine(closed)["refusals"] == []
    assert "modifié après" in office.examine(filled(closed))["refusals"][0]
    open_to_all = certified(office, form, MDPPerm.FILL_FORMS)
    assert office.examine(filled(open_to_all))["refusals"] == []


def test_a_field_filled_after_a_signature_is_told_and_never_signed_over(office):
    signed, _ = office.sign(with_amount(office.letter()))
    second, _ = office.sign(signed, person=PAUL)
    assert office.examine(second)["valid"], "another signature is no change"
    changed = filled(signed)
    found = office.examine(changed)
    assert not found["valid"]
    assert "champ « montant » a été rempli après" in found["refusals"][0]
    with pytest.raises(Refused, match="montant"):
        office.sign(changed, person=PAUL)


def test_what_is_signed_within_itself_is_the_signature_of_no_other_document(office):
    """A PES that Marie signed, brought as her signature of a letter that she never saw."""
    pes, _ = office.sign(UNSIGNED, format="pes", media_type="application/xml")
    assert office.examine(pes, "application/xml")["valid"]
    found = office.examine(b"Je donne tout.", "text/plain", pes)
    assert not found["valid"]
    assert "autre élément" in found["refusals"][0]


def test_a_signature_dated_after_a_revocation_is_not_believed(office):
    """The revocation is learnt later than the signature, and tells of before it."""
    detached, _ = office.sign(b"abc", format="xades", media_type="text/plain", name="t")
    assert office.examine(b"abc", "text/plain", detached)["valid"]
    person = demo.person(clock=office.clock, data=office.data)
    office.clock.moved -= timedelta(hours=1)
    office.authority.revoke(person._identity(MARIE).certificate)
    office.clock.moved += timedelta(hours=1, minutes=5)
    found = office.examine(b"abc", "text/plain", detached)
    assert not found["valid"]
    assert found["signatures"][0]["sub_indication"] == "REVOKED"


def test_a_certificate_that_signs_itself_is_a_refusal_and_no_crash(office):
    own = certificate().public_bytes(Encoding.DER)
    assert not office.signature.trust.judge(own, [], office.clock()).chain
    found = office.examine(signed_pes(), "application/xml")
    assert not found["valid"]
    assert found["signatures"][0]["sub_indication"] == "NO_CERTIFICATE_CHAIN_FOUND"
