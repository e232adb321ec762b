"""What is said of signed files that were touched since, and of who signed them."""

import io
from datetime import timedelta

import pypdf
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pypdf.generic import NameObject, TextStringObject

from connectors import Refused
from connectors.signature.authority import authority
from connectors.signature.signers import demo
from tests.connectors.signature.conftest import MARIE, STAMP, opened


def updated(content, change):
    """The file with one more incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    change(writer)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def other_text(writer):
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page[pdf_name("/Contents")] = writer.add_object(
        generic.StreamObject(stream_data=b"BT /F1 12 Tf (Autre montant) Tj ET")
    )
    writer.update_container(page)


def other_appearance(writer):
    """A shadow attack: the field's appearance covers what was signed."""
    field = writer.root["/AcroForm"]["/Fields"][0].get_object()
    field["/AP"]["/N"] = writer.add_object(
        generic.StreamObject(stream_data=b"0 0 9 9 re f")
    )
    writer.update_container(field)
    writer.mark_update(writer.root["/AcroForm"]["/Fields"].raw_get(0))


def added_note(writer):
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): generic.ArrayObject(
                [generic.NumberObject(one) for one in (0, 0, 300, 300)]
            ),
            pdf_name("/Contents"): generic.TextStringObject("Lu et désapprouvé"),
        }
    )
    notes = page.get("/Annots", generic.ArrayObject())
    notes = notes.get_object() if hasattr(notes, "get_object") else notes
    page[pdf_name("/Annots")] = generic.ArrayObject([*notes, writer.add_object(note)])
    writer.update_container(page)


@pytest.mark.parametrize("change", [other_text, other_appearance, added_note])
def test_what_is_changed_after_a_signature_is_told_and_never_signed(office, change):
    signed, _ = office.sign(office.letter(), stamp=STAMP)
    touched = updated(signed, change)
    found = office.examine(touched)
    assert not found["valid"]
    assert found["indication"] == "TOTAL-FAILED"
    assert "modifié après la signature de Marie Durand" in found["refusals"][0]
    assert found["signatures"][0]["detail"]["changes"]
    assert not found["signatures"][0]["covers_whole"]
    with pytest.raises(Refused, match="modifié après la signature"):
        office.prepare(touched)


def test_a_signature_cut_from_another_file_does_not_hold(office):
    """The value of one document pasted in the room of another."""
    first = office.sign(office.letter("Premier texte."))[0]
    second = office.sign(office.letter("Second texte à."))[0]
    marks = [(one.index(b"/Contents <") + 11, one.index(b">", one.index(b"/Contents <"))) for one in (first, second)]  # fmt: skip
    (a, b), (c, d) = marks
    forged = second[:c] + first[a:b] + second[d:]
    found = office.examine(forged)
    assert not found["valid"]
    assert not found["signatures"][0]["intact"]
    with pytest.raises(Refused, match="ne correspond plus"):
        office.prepare(forged)


def test_a_range_that_leaves_a_hole_is_refused(office):
    signed = office.sign(office.letter())[0]
    place = signed.index(b"/ByteRange [") + 12
    end = signed.index(b"]", place)
    a, b, c, d = map(int, signed[place:end].split())
    moved = f"{a} {b - 10} {c} {d}".encode().ljust(end - place)
    found = office.examine(signed[:place] + moved + signed[end:])
    assert not found["valid"]
    assert found["refusals"]


def test_a_file_signed_then_written_again_whole_is_told(office):
    signed = office.sign(office.letter())[0]
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(signed))
    writer.pages[0][NameObject("/Note")] = TextStringObject("x")
    output = io.BytesIO()
    writer.write(output)
    found = office.examine(output.getvalue())
    assert not found["valid"]


def test_a_file_without_signature_is_not_valid_and_not_refused(office):
    found = office.examine(office.letter())
    assert (found["signed"], found["valid"], found["refusals"]) == (False, False, [])
    assert found["indication"] == ""
    unknown = office.examine(b"GIF89a", media_type="image/gif")
    assert unknown["refusals"]


class Other:
    """A way to sign with any certificate."""

    def __init__(self, identity):
        self.identity = identity

    def __call__(self, office, content, **changes):
        documents = [office.document(content, **changes)]
        (prepared,) = office.signature.prepare(
            documents=documents, certificate=self.identity.der, chain=self.identity.chain
        )
        return prepared


def test_certificates_that_may_not_sign(office):
    kept, now = office.authority, office.clock()
    letter = office.letter()
    day = timedelta(days=1)
    expired = kept.issue("Paul Passé", valid=(now - 9 * day, now - day))
    early = kept.issue("Paule Future", valid=(now + day, now + 9 * day))
    wrong = kept.issue("Clé de chiffrement", usages=("key_encipherment",))
    server = kept.issue(
        "www.region.demo",
        usages=("digital_signature",),
        purpose=ExtendedKeyUsageOID.SERVER_AUTH,
    )
    revoked = kept.issue("Rémi Révoqué")
    kept.revoke(revoked.certificate)
    foreign = authority(office.data / "ailleurs", office.clock).issue("Fanny Faussaire")
    cases = {
        "Paul Passé DEMONSTRATION a expiré le": expired,
        "Paule Future DEMONSTRATION n’est pas encore valable": early,
        "Clé de chiffrement DEMONSTRATION n’est pas fait pour signer": wrong,
        "www.region.demo DEMONSTRATION n’est pas fait pour signer": server,
        "Rémi Révoqué DEMONSTRATION est révoqué": revoked,
        "Fanny Faussaire DEMONSTRATION n’est pas reconnue": foreign,
    }
    for words, identity in cases.items():
        with pytest.raises(Refused, match=words):
            Other(identity)(office, letter)
    for nonsense in (b"", b"pas un certificat", office.authority.root.der):
        with pytest.raises(Refused):
            office.signature.prepare(documents=[], certificate=nonsense)


def test_a_signer_revoked_after_signing_and_before_any_proof(office):
    """Without a timestamp nothing proves that it was made before."""
    office.faults("timestamp", down=True)
    signed, _ = office.sign(office.letter())
    office.faults("timestamp", down=False)
    assert office.examine(signed)["valid"]
    person = demo.person(clock=office.clock, data=office.data)
    office.authority.revoke(person._identity(MARIE).certificate)
    office.clock.moved += timedelta(minutes=5)
    found = office.examine(signed)
    assert not found["valid"]
    assert "REVOKED" in found["signatures"][0]["sub_indication"]
    with pytest.raises(Refused, match="révoqué"):
        office.prepare(office.letter())


def test_a_signer_revoked_after_the_file_was_closed(office):
    closed, _ = office.close(office.sign(office.letter())[0])
    person = demo.person(clock=office.clock, data=office.data)
    office.clock.moved += timedelta(hours=1)
    office.authority.revoke(person._identity(MARIE).certificate)
    office.clock.moved += timedelta(minutes=5)
    found = office.examine(closed)
    assert found["signatures"][0]["indication"] == "TOTAL-PASSED"


def test_somebody_else_s_authority_is_not_trusted_and_its_level_is_told(tmp_path, keys):
    """What is trusted is the folder, and nothing of the demonstration."""
    abroad = opened(tmp_path / "abroad", keys)
    signed, _ = abroad.sign(abroad.letter())
    folder = tmp_path / "trust"
    folder.mkdir()
    here = opened(tmp_path / "here", None, SIGNATURE_TRUST=str(folder))
    assert here.signature.mode == "live"
    assert "demo" not in {one["id"] for one in here.signature.signers()}
    assert "aucune autorité" in here.signature.check()[0]
    (folder / "root.der").write_bytes(here.authority.root.der)
    assert here.signature.check() == []
    found = here.examine(signed)
    assert not found["valid"]
    assert found["indication"] == "INDETERMINATE"
    assert found["signatures"][0]["sub_indication"] == "NO_CERTIFICATE_CHAIN_FOUND"
    (folder / "abroad.der").write_bytes(abroad.authority.root.der)
    found = here.examine(signed)
    assert found["signatures"][0]["quality"] == "advanced"
    (folder / "abroad.der").write_bytes(b"abime")
    assert "illisibles" in here.signature.check()[0]
