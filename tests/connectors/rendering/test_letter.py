"""A letter says what it was asked to, on paper that lasts, whatever the text."""

import re
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import Refused
from connectors.rendering.writing import Block, clean, read_markdown

BODY = """Madame,

La commission a décidé d’attribuer **48 500 €** à votre *entreprise*.

| Dépense | Montant |
|---|---:|
| Scie | 92 000,00 € |

## Conditions

1. une avance ;
2. le solde :
   - les factures ;

> Voies et délais de recours.

---

Considération distinguée.
"""


def test_a_letter_reads_as_written(desk):
    produced = desk.letter(BODY)
    text = desk.text(produced)
    for part in (
        "Région Bourgogne", "21000 Dijon", "Claire Lœuillet", "58120 Arleuf",
        "Dijon, le 21 novembre 2026", "Réf. : AIDE-42", "Objet : Attribution d’une aide",
        "48 500 €", "entreprise", "92 000,00 €", "Conditions", "1. une avance", "les factures",
        "Voies et délais", "La Présidente", "page 1/1",
    ):  # fmt: skip
        assert part in text
    assert "**" not in text
    assert "|" not in text


def test_an_address_may_come_in_fields(desk):
    address = {"street": "12 route", "more": None, "town": "58120 Arleuf"}
    text = desk.text(desk.letter(recipient={"name": "Claire", "address": address}))
    assert "12 route" in text
    assert "58120 Arleuf" in text
    assert "None" not in text


def test_the_value_and_the_document_agree(desk):
    produced = desk.letter()
    ((kind, title, file),) = produced.documents
    assert (kind, title) == ("decision", "Attribution d’une aide")
    assert produced.value == {
        "sha256": file.sha256,
        "name": "notification.pdf",
        "media_type": "application/pdf",
        "size": len(desk.stored[file.sha256]),
        "kind": "decision",
    }


def test_the_same_key_gives_the_same_bytes_later_another_key_does_not(desk):
    first = desk.letter()
    desk.wait(hours=5)
    assert desk.letter() == first
    assert len(desk.stored) == 1
    assert desk.letter(key="call-9").value["sha256"] != first.value["sha256"]


def test_it_is_pdf_a_in_french_with_its_title(whole):
    pdf = whole.read(whole.letter(BODY))
    catalog = pdf.trailer["/Root"]
    assert catalog["/Lang"] == "fr-FR"
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert catalog["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    xmp = catalog["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>" in xmp
    assert "Attribution d’une aide" in xmp
    assert "2026-11-21T09:00:00+00:00" in xmp
    for page in pdf.pages:
        for font in page["/Resources"]["/Font"].values():
            assert "/ToUnicode" in font
            assert "/FontFile2" in font["/DescendantFonts"][0]["/FontDescriptor"]
    assert whole.connect().check() == []


def test_without_fonts_nothing_is_claimed_and_it_is_said(tmp_path, whole):
    whole.fonts = tmp_path
    pdf = whole.read(whole.letter())
    assert "/Metadata" not in pdf.trailer["/Root"]
    assert "DejaVuSans.ttf" in whole.connect().check()[0]


def test_everything_drawn_is_tagged_in_order_or_marked_as_decoration(whole):
    pdf = whole.read(whole.letter(BODY + "\n\nUn paragraphe. " * 400))
    assert len(pdf.pages) > 2
    tags = [
        it.get_object()["/S"]
        for it in pdf.trailer["/Root"]["/StructTreeRoot"]["/K"][0]["/K"]
    ]
    assert tags.count("/H1") == 1
    assert "/H2" in tags
    for page in pdf.pages:
        content = page.get_contents().get_data()
        assert len(re.findall(rb"\b(?:BDC|BMC)\b", content)) == len(
            re.findall(rb"\bEMC\b", content)
        )
        outside = re.sub(rb"(?:BDC|BMC)\n.*?\bEMC\b", b"", content, flags=re.DOTALL)
        assert b"Tj" not in outside
        assert b"TJ" not in outside
        marks = [int(it) for it in re.findall(rb"/MCID (\d+)", content)]
        assert marks == list(range(len(marks)))


def test_pages_are_numbered_and_a_signature_is_never_alone(desk):
    bodies = ["\n\n".join(["Un paragraphe de la lettre. " * 4] * n) for n in range(9, 14)]
    for n, body in enumerate(bodies):
        produced = desk.letter(f"{body}\n\nFormule de politesse.", key=f"k{n}")
        pages = [page.extract_text() for page in desk.read(produced).pages]
        for rank, page in enumerate(pages, 1):
            assert f"page {rank}/{len(pages)}" in page
        signed = next(page for page in pages if "La Présidente" in page)
        assert "Formule de politesse" in signed


def test_hostile_texts(desk):
    hostile = (
        "\x00\x01\x01gras ?\x01\x01\x02\x02 {nb} **\u202eunilatéral __--~~ [lien](javascript:1) "
        "<script>x</script> &amp; العربية עברית 🙂👩‍🌾 𝔘𝔫 \ud800 " + "x" * 20_000
        + "\n\n" + "> " * 600 + "profond\n\n" + "- " * 60 + "liste\n\n|" + "a|" * 80 + "\n|"
        + "-|" * 80 + "\n|" + "b|" * 80 + "\n\n```\ncode\n```\n\n[ref]: /caché"
    )  # fmt: skip
    produced = desk.letter(
        hostile, title=hostile[:300], reference=hostile[:60], signatory=hostile[:100],
        sender={"name": hostile[:80], "address": hostile[:500], "phone": 12, "email": None},
        recipient={"name": hostile[:90], "address": [hostile[:50], 5]},
        place_and_date="\u202e", file_name="../../\x00é:*.pdf", key="'; DROP TABLE moment; --",
    )  # fmt: skip
    text = desk.text(produced)
    assert "{nb}" in text
    assert "[lien](javascript:1)" in text
    assert "/caché" in text
    assert "\u202e" not in text
    assert produced.value["name"] == "é_.pdf"


def test_a_missing_glyph_is_replaced_visibly(desk):
    text = desk.text(desk.letter("Un 🙂 et 𝔘 et ﬁn."))
    assert "U" in text
    assert "\ufffd" in text or "?" in text


@pytest.mark.parametrize(
    "changes", [{"title": " "}, {"body": ""}, {"sender": {}}, {"body": "x" * 500_001}]
)
def test_what_cannot_make_a_letter_is_refused(desk, changes):
    with pytest.raises(Refused):
        desk.letter(**changes)


def test_a_very_long_letter_stays_bounded(whole):
    start = time.perf_counter()
    produced = whole.letter("Un mot après l’autre. " * 9_000)
    assert time.perf_counter() - start < 120, "bounded, on a busy machine too"
    assert len(whole.read(produced).pages) > 30


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=400), st.text(max_size=60))
def test_no_text_breaks_a_letter(tmp_path_factory, body, name):
    from tests.connectors.rendering.conftest import Desk

    desk = Desk(tmp_path_factory.mktemp("letter"), None)
    desk.letter(f"Texte {body}", title=f"Objet {name}", recipient={"name": name})


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab1é *_->|#`[]:.\n\\&;", max_size=300) | st.text(max_size=200))
def test_no_letter_of_any_text_is_lost(text):
    blocks = read_markdown(text)
    kept = "".join(
        it.text if isinstance(it, Block) else "".join([*it.columns, *sum(it.rows, ())])
        for it in blocks
    )
    assert sum(map(str.isalpha, kept)) == sum(map(str.isalpha, clean(text)))
    assert clean(clean(text)) == clean(text)


def test_a_letter_may_be_seen_without_being_kept(desk):
    asked = {
        "title": "Avis", "body": "Madame, **oui**.", "sender": {"name": "Région"},
        "recipient": {"name": "Claire"}, "reference": "A-1", "place_and_date": "Dijon",
    }  # fmt: skip
    kept = desk.connect().letter(**asked, kind="avis", file_name="avis", key="k")
    seen = desk.connect().written(**asked)
    assert seen.startswith(b"%PDF")
    assert len(seen) == kept.documents[0][2].size
    with pytest.raises(Refused):
        desk.connect().written(**{**asked, "title": " "})
