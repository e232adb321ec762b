"""Files judged before they are stored: golden files, and files that lie."""

import io
import unicodedata
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.uploads import MAX_NAME, check, clean_name


def archive(**entries):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        for name, content in entries.items():
            zipped.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return made.getvalue()


def office(main, **more):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        for name in ("[Content_Types].xml", main, *more.get("extra", ())):
            zipped.writestr(name, "<x/>")
    return made.getvalue()


ODT = archive(mimetype="application/vnd.oasis.opendocument.text", content_dot_xml="<x/>")
ODS = archive(
    mimetype="application/vnd.oasis.opendocument.spreadsheet", content_dot_xml="<x/>"
)
DOCX, XLSX = office("word/document.xml"), office("xl/workbook.xml")
PDF, PNG, JPG = b"%PDF-1.7\n%%EOF", b"\x89PNG\r\n\x1a\n....", b"\xff\xd8\xff\xe0...."

GOOD = [
    ("rib.pdf", PDF, "application/pdf"),
    ("RIB.PDF", b"\n\n" + PDF, "application/pdf"),
    ("plan.png", PNG, "image/png"),
    ("photo.jpg", JPG, "image/jpeg"),
    ("photo.JPEG", JPG, "image/jpeg"),
    (
        "a.docx",
        DOCX,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("a.xlsx", XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("a.odt", ODT, "application/vnd.oasis.opendocument.text"),
    ("a.ods", ODS, "application/vnd.oasis.opendocument.spreadsheet"),
    ("a.csv", "nom;été\n".encode("cp1252"), "text/csv"),
    ("a.txt", "bonjour é".encode(), "text/plain"),
    ("a.txt", "bonjour".encode("utf-16"), "text/plain"),
]


@pytest.mark.parametrize(("name", "content", "media_type"), GOOD)
def test_a_good_file_is_accepted(name, content, media_type):
    stream = io.BytesIO(content)
    checked = check(name, stream)
    assert (checked.problems, checked.media_type) == ((), media_type)
    assert (checked.name, checked.size, stream.tell()) == (name, len(content), 0)


BAD = [
    ("a.exe", b"MZ", "type accepté"),
    ("facture.pdf.exe", PDF, "type accepté"),
    ("a.html", b"<script>", "type accepté"),
    ("a.svg", b"<svg/>", "type accepté"),
    ("a.docm", DOCX, "type accepté"),
    ("sans", PDF, "type accepté"),
    ("a.pdf", b"", "vide"),
    ("a.pdf", b"MZ...", "n’est pas un PDF"),
    ("a.pdf", b" " * 1024 + PDF, "n’est pas un PDF"),
    ("a.png", JPG, "n’est pas une image PNG"),
    ("a.jpg", PNG, "n’est pas une image JPG"),
    ("a.docx", XLSX, "DOCX"),
    ("a.xlsx", DOCX, "XLSX"),
    ("a.docx", office("word/document.xml", extra=["word/vbaProject.bin"]), "sans macro"),
    ("a.docx", DOCX[:60], "DOCX"),
    ("a.docx", b"PK\x03\x04" + b"\x00" * 200, "DOCX"),
    ("a.docx", bytes.fromhex("d0cf11e0a1b11ae1") + b"...", "mot de passe"),
    ("a.odt", ODS, "ODT"),
    ("a.odt", DOCX, "ODT"),
    ("a.csv", PNG, "CSV"),
    ("a.txt", b"a\x00b", "un texte"),
]


@pytest.mark.parametrize(
    ("name", "content", "said"), BAD, ids=[f"{one[0]}-{n}" for n, one in enumerate(BAD)]
)
def test_a_file_that_lies_is_refused_in_french(name, content, said):
    checked = check(name, content)
    assert said in checked.problems[0]
    assert f"« {checked.name} »" in checked.problems[0]


def test_the_size_limit_is_exact():
    assert check("a.txt", b"x" * 100, max_size=100).problems == ()
    assert "100 octets au plus" in check("a.txt", b"x" * 101, max_size=100).problems[
        0
    ].replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\anne\\rib.pdf", "rib.pdf"),
        ("..", "fichier"),
        ("", "fichier"),
        (".htaccess", "htaccess"),
        ("--output.pdf", "output.pdf"),
        ("a\x00b\n.pdf", "ab.pdf"),
        ("facture\u202efdp.exe", "facturefdp.exe"),
        ("e\u0301te\u0301.pdf", "\u00e9t\u00e9.pdf"),
        ("a   b .pdf", "a b.pdf"),
        ('a<b>:"c|d?*.pdf', "a_b___c_d__.pdf"),
        ("con.pdf", "_con.pdf"),
        ("a.pdf.", "a.pdf"),
        ("Relevé d’identité (2026).pdf", "Relevé d’identité (2026).pdf"),
    ],
)
def test_a_name_is_cleaned(name, kept):
    assert clean_name(name) == kept


@given(st.text(max_size=300))
def test_a_cleaned_name_is_safe_and_stays_as_it_is(name):
    kept = clean_name(name)
    assert 1 <= len(kept) <= MAX_NAME
    assert not set(kept) & set('/\\<>:"|?*')
    assert not kept.startswith((".", "-"))
    assert all(unicodedata.category(char)[0] != "C" for char in kept)
    assert clean_name(kept) == kept


@given(st.sampled_from(["a.pdf", "a.docx", "a.odt", "a.csv", "a"]), st.binary(max_size=300))
def test_any_bytes_are_judged(name, content):
    for head in (b"", b"PK\x03\x04", b"PK\x05\x06"):
        check(name, head + content)
