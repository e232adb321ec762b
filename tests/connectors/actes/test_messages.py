"""The 21 messages: what we write is valid to the letter, what others wrote is read."""

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from connectors import Refused
from connectors.actes import classification, envelopes, numbering
from connectors.actes.latin import WRITTEN_OTHERWISE, latin, line
from connectors.actes.messages import values
from connectors.actes.messages.reading import read
from connectors.actes.messages.writing import write
from connectors.actes.reading import Unreadable
from connectors.actes.vocabulary import KINDS
from tests.conftest import reference
from tests.connectors.actes.drawing import BODIES, MESSAGES, acts

SAMPLES = "parapheur/actes/samples"


@pytest.fixture(scope="module")
def schema():
    return etree.XMLSchema(etree.parse(reference("parapheur/actes/xsd/actesv1_1.xsd")))


def sample(name):
    return reference(f"{SAMPLES}/{name}").read_bytes()


def as_written(message):
    """A message as its own file says it: transliterated, its texts trimmed."""
    return read(write(message))


@settings(max_examples=300, deadline=None)
@given(MESSAGES)
def test_every_message_that_we_write_is_valid(schema, message):
    written = write(message)
    assert written.startswith(b'<?xml version="1.0" encoding="ISO-8859-1" ?>\n<actes:')
    schema.assertValid(etree.fromstring(written))


@settings(max_examples=300, deadline=None)
@given(MESSAGES)
def test_a_message_is_read_as_it_was_written(message):
    once = as_written(message)
    assert once.code == message.code
    assert as_written(once) == once
    assert write(once) == write(as_written(once))


@settings(max_examples=100, deadline=None)
@given(acts())
def test_an_act_keeps_all_that_was_said(act):
    found = as_written(act)
    assert found.subject == line(act.subject, "Objet")
    same = {name: getattr(act, name) for name in vars(act) if name != "subject"}
    assert {name: getattr(found, name) for name in same} == same


def test_the_schema_knows_every_element(schema):
    root = etree.parse(reference("parapheur/actes/xsd/actesv1_1.xsd")).getroot()
    named = {one.get("name") for one in root.findall("{*}element")}
    assert {kind.element for kind in KINDS.values()} < named
    assert len(KINDS) == 21


@settings(max_examples=50, deadline=None)
@given(BODIES, st.integers(1, 3))
def test_every_envelope_that_we_write_is_valid(schema, body, count):
    envelope = envelopes.Outgoing(
        body,
        envelopes.Referent("Élodie d’Œuvre", "03 80 00 00 00", "elodie@region.test"),
        ("tdt@region.test",),
        tuple(f"021-123456789-20260101-A{n}-DE-1-1_0.xml" for n in range(count)),
    )
    written = envelopes.write(envelope)
    schema.assertValid(etree.fromstring(written))
    assert envelopes.read(written).messages == envelope.messages


def squeezed(content):
    """A file without what no reader sees: blanks between elements and between attributes."""
    text = re.sub(r"\s+", " ", content.decode("iso-8859-1"))
    return re.sub(r"> <", "><", text).strip()


def test_an_envelope_of_ours_is_the_real_one_to_the_byte():
    real = sample("EACT--214502494--20170717-6.xml")
    assert envelopes.write(envelopes.read(real)) == real


def test_an_envelope_with_other_content_differs_in_content_only():
    real = envelopes.read(sample("EACT--214502494--20170717-6.xml"))
    ours = envelopes.Outgoing(
        numbering.Body("200053726", "021", "1", "11"),
        envelopes.Referent("Agathe Aubry", "03 80 44 33 22", "agathe@region.test"),
        ("tdt@region.test",),
        ("021-200053726-20261120-26CP042-DE-1-1_0.xml",),
    )
    first, second = (etree.fromstring(envelopes.write(one)) for one in (real, ours))
    pairs = list(zip(first.iter(), second.iter(), strict=True))
    assert len(pairs) == 12
    for theirs, mine in pairs:
        assert theirs.tag == mine.tag
        assert list(theirs.attrib) == list(mine.attrib)
        assert theirs.nsmap == mine.nsmap
        assert theirs.prefix == mine.prefix
        assert (theirs.tail or "") == (mine.tail or "")


def test_an_act_of_ours_is_the_real_one_but_for_its_blanks():
    real = sample("034-491011698-20171207-CL20171227_06-DE-1-1_0.xml")
    assert squeezed(write(read(real))) == squeezed(real)


def test_every_real_message_is_read():
    found = {}
    for path in sorted(reference(SAMPLES).glob("*.xml")):
        content = path.read_bytes()
        name = path.name.removeprefix("ANO_")
        enveloped = "ACT--" in name
        found[path.name] = (envelopes.read if enveloped else read)(content)
        if not enveloped:
            assert numbering.named(path.name).code == found[path.name].code
    assert len(found) == 11
    received = found["006-210600235-20180522-684-AI-1-2_5279.xml"]
    assert received.act_id == "006-210600235-20180522-684-AI"
    assert received.received_on == date(2018, 5, 28)
    assert received.act.subject == "Contrat à durée déterminée - Jean Dupont"
    anomaly = found["044-214400152----1-3_1.xml"]
    assert (anomaly.nature, anomaly.act.matter) == ("002", (1, 1, 1, 0, 1))
    assert "a été transmis" in anomaly.detail
    refused = found["ANO_EACT--210703385--20170612-2.xml"]
    assert refused.nature == "5"
    assert "numéro de SIREN n'est pas" in refused.detail
    assert refused.envelope.body.siren == "210703385"


def test_a_nature_outside_the_list_is_read_all_the_same():
    real = sample("ANO_EACT--210703385--20170612-2.xml")
    altered = real.replace(b"<actes:Nature>5<", b"<actes:Nature>999<")
    assert envelopes.read(altered).nature == "999"


@pytest.mark.parametrize("declared", ["ISO-8859-1", "UTF-8"])
@pytest.mark.parametrize("encoded", ["iso-8859-1", "utf-8"])
def test_accents_survive_an_encoding_declared_wrongly(declared, encoded):
    real = sample("006-210600235-20180522-684-AI-1-2_5279.xml").decode("iso-8859-1")
    text = real.replace("ISO-8859-1", declared)
    assert read(text.encode(encoded)).act.subject.startswith("Contrat à durée déterminée")


@pytest.mark.parametrize(
    ("name", "size", "matters"),
    [
        ("999-1234----7-2_7.xml", 115, (9, 57, 225)),
        ("RetourClassification-2017-12-08-stela.xml", None, None),
    ],
)
def test_the_classification_is_read_whole(name, size, matters, schema):
    content = reference(f"parapheur/actes/classification/{name}").read_bytes()
    found = read(content)
    levels = [sum(len(code) == n for code, _ in found.matters) for n in (1, 2, 3)]
    assert len(found.natures) == 6
    if size:
        assert (len(found.types), tuple(levels)) == (size, matters)
    schema.assertValid(etree.fromstring(write(found)))
    again = read(write(found))
    assert [one.code for one in again.types] == [one.code for one in found.types]
    assert [code for code, _ in again.matters] == [code for code, _ in found.matters]
    plain = classification.plain(found)
    assert plain["version_date"] == found.dated.isoformat()
    assert [1, 1] in [one["code"] for one in plain["matters"]]
    assert {"nature": 1, "code": "99_DE", "label": "Délibération"} in plain[
        "document_types"
    ]


def test_what_latin_1_lacks_is_written_otherwise_or_refused_by_its_name():
    assert latin("L’œuvre – 5 € « ici »…", "Objet") == "L'oeuvre - 5 EUR « ici »..."
    assert latin("e\u0301te\u0301", "Objet") == "été"
    for character in WRITTEN_OTHERWISE:
        latin(character, "Objet").encode("iso-8859-1")
    with pytest.raises(Refused, match="Objet : le caractère « Ω » \\(U\\+03A9\\)"):
        latin("Résistance 5 Ω", "Objet")
    with pytest.raises(Refused, match=r"Motif : le caractère U\+0007"):
        latin("bip\a", "Motif")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_written_in_latin_1_or_refused(text):
    try:
        written = latin(text, "Objet")
    except Refused as refused:
        assert refused.reasons[0].startswith("Objet : ")
    else:
        written.encode("iso-8859-1")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"number": "minuscule"}, "number"),
        ({"number": "AVEC ESPACE"}, "number"),
        ({"number": "A" * 16}, "number"),
        ({"number": "_A"}, "number"),
        ({"number": "É1"}, "number"),
        ({"number": ""}, "number"),
        ({"nature": 7}, "nature"),
        ({"matter": [1]}, "matter"),
        ({"matter": [1, 2, 3, 4, 5, 6]}, "matter"),
        ({"matter": [0, 1]}, "matter"),
        ({"subject": "  "}, "subject"),
        ({"subject": "a" * 500}, "subject"),
        ({"subject": "Ω"}, "subject"),
        ({"decided_on": date(2026, 11, 28)}, "decided_on"),
        ({"decided_on": date(26, 11, 20)}, "decided_on"),
    ],
)
def test_a_field_that_is_wrong_is_named(changed, field):
    right = {
        "number": "26CP042", "nature": 1, "matter": [7, 5, 1], "subject": "Aide aux scieries",
        "decided_on": date(2026, 11, 20), "today": date(2026, 11, 27),
    }  # fmt: skip
    assert numbering.problems(**right) == {}
    assert list(numbering.problems(**right | changed)) == [field]


def test_files_are_named_as_the_field_names_them():
    body = numbering.Body("491011698", "034", "1", "31")
    stem = numbering.identifier(body, date(2017, 12, 7), "CL20171227_06", 1)
    assert stem == "034-491011698-20171207-CL20171227_06-DE"
    first = numbering.file_name(stem, "1-1", 1, "99_DE", "Délibération n° 6.PDF")
    assert first == f"99_DE-{stem}-1-1_1.pdf"
    assert numbering.message_name(stem, "1-1") == f"{stem}-1-1_0.xml"
    assert numbering.message_name(numbering.bare(body), "7-1", 1) == (
        "034-491011698----7-1_1.xml"
    )
    envelope = numbering.envelope_name("491011698", date(2017, 12, 27), 3)
    assert envelope == "EACT--491011698--20171227-3.xml"
    assert (
        numbering.archive_name("EBG", envelope) == "EBG-EACT--491011698--20171227-3.tar.gz"
    )
    assert numbering.named(first) == numbering.Named(stem, "1-1", 1)
    with pytest.raises(Refused, match="n’accepte que pdf"):
        numbering.file_name(stem, "1-1", 1, "99_DE", "macro.docm")
    with pytest.raises(Refused, match="Trigramme"):
        numbering.archive_name("../", envelope)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]>
<a>&c;&c;&c;</a>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>"""


@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        OUTSIDE,
        BOMB.decode().encode("utf-16"),
        b"",
        b"\xff\xfe",
        b"<html/>",
        b"<actes:Acte/>",
        b'<Acte Date="hier" NumeroInterne="1" CodeNatureActe="1"/>',
        b'<Acte Date="2026-11-20" NumeroInterne="1" CodeNatureActe="un"/>',
        b"<a>" * 100_000,
        b" " * (6 * 1024 * 1024),
    ],
    ids=range(11),
)
@pytest.mark.parametrize("reader", [read, envelopes.read], ids=["message", "envelope"])
def test_what_is_not_a_message_is_refused_with_a_reason(content, reader):
    with pytest.raises(Unreadable) as refusal:
        reader(content)
    assert "passwd" not in str(refusal.value)
    assert str(refusal.value)


def test_a_letter_needs_its_document():
    letter = values.Letter("3-3", "021-200053726-20261120-A-DE", date(2026, 11, 27))
    with pytest.raises(Refused, match="Message 3-3 : un document"):
        write(letter)
