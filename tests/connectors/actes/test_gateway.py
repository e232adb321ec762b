"""The two folders and the ministry behind them: what leaves, what comes back, once."""

import hashlib

import pytest
from lxml import etree

from connectors import Refused, catalogue
from connectors.actes import archives, sandbox
from connectors.actes.ministry_letters import CLASSIFIED_ON
from tests.conftest import reference

BODY = {"siren": "200053726", "department": "021", "district": "1", "nature": "11"}
ACT = {
    "code": "1-1", "number": "26CP042", "decided_on": "2026-11-20", "nature": 1,
    "matter": [7, 4], "subject": "Aide aux scieries — 5 000 €", "classified_on": CLASSIFIED_ON,
    "on_paper": False,
}  # fmt: skip
PDF = b"%PDF-1.7 essai"


class Door:
    """The gateway, with what tests do at it."""

    def __init__(self, data, clock, **settings):
        self.data, self.clock, self.serial = data, clock, 0
        partners = catalogue.connect_all(settings, clock=clock, data=data, names=["actes"])
        self.gateway, self.storage = partners["actes"], partners["storage"]

    def file(self, name="Délibération.pdf", content=PDF, **more):
        kept = self.storage.put(content, name=name, media_type="application/pdf")
        said = {"sha256": kept.sha256, "name": name, "document_type": None}
        return {**said, "signature_sha256": None, **more}

    def send(self, message, files=(), key=None):
        self.serial += 1
        return self.gateway.send(
            body=BODY, message=message, files=list(files), day="2026-11-23",
            serial=self.serial, key=key or f"cle-{self.serial}",
        ).value  # fmt: skip

    def act(self, number="26CP042", **more):
        return self.send({**ACT, "number": number, **more}, [self.file()])

    def arrived(self, **later):
        """What is there after some time, put aside as it is read."""
        self.gateway.tick()
        self.clock.forward(**(later or {"seconds": 5}))
        found = self.gateway.collect()
        for item in found:
            self.gateway.taken(item["id"])
        return found

    @property
    def waiting(self):
        out = sandbox.folders(self.data).out
        return sorted(one.name for one in out.iterdir() if not one.name.startswith("."))


@pytest.fixture
def door(tmp_path, clock):
    schemas = reference("parapheur/actes/xsd/actesv1_1.xsd").parent
    return Door(tmp_path, clock, REFERENCE_DIR=str(schemas))


def test_an_act_leaves_in_its_envelope_and_comes_back_acknowledged(door):
    annex = door.file("Plan.PNG", b"png", document_type="21_RP")
    signed = door.file(signature_sha256=door.storage.put(b"p7s").sha256)
    sent = door.send(ACT, [signed, annex])
    stem = "021-200053726-20261120-26CP042-DE"
    assert sent["act_id"] == stem
    assert sent["archive"] == "EBG-EACT--200053726--20261123-1.tar.gz"
    assert door.waiting == [sent["archive"]]
    packed = (sandbox.folders(door.data).out / sent["archive"]).read_bytes()
    files = archives.unpack(packed)
    assert list(files) == [
        "EACT--200053726--20261123-1.xml", f"{stem}-1-1_0.xml",
        f"99_DE-{stem}-1-1_1.pdf", f"21_RP-{stem}-1-1_2.png",
    ]  # fmt: skip
    assert b"<actes:Signature>cDdz</actes:Signature>" in files[f"{stem}-1-1_0.xml"]
    assert sent["files"][0]["sha256"] == hashlib.sha256(PDF).hexdigest()
    (received,) = door.arrived()
    said = {"kind": "message", "code": "1-2", "act_id": stem, "received_on": "2026-11-23"}
    assert said.items() <= received.items()
    assert door.storage.read(received["xml"]["sha256"]).startswith(b"<?xml")
    assert door.arrived() == []


def test_the_same_key_sends_once_whatever_was_lost(door):
    first = door.send(ACT, [door.file()], key="une")
    assert door.gateway.lookup("une").value == first
    assert door.gateway.lookup("autre") is None
    assert door.send(ACT, [door.file()], key="une") == first
    assert door.waiting == [first["archive"]]
    door.arrived()
    assert door.send(ACT, [door.file()], key="une") == first
    assert door.waiting == []


def test_what_was_noted_but_not_let_go_leaves_at_the_next_look(door):
    sent = door.send(ACT, [door.file()], key="une")
    out = sandbox.folders(door.data).out
    (out / sent["archive"]).rename(out / f".{sent['archive']}.part")  # it died just before
    assert door.waiting == []
    assert door.gateway.lookup("une").value == sent
    assert door.waiting == [sent["archive"]]


@pytest.mark.parametrize(
    ("number", "changed", "expected"),
    [
        ("KOSIREN1", {}, {"kind": "envelope_refused", "nature": "5", "siren": "200053726"}),
        ("KOCLASS1", {}, {"code": "1-3", "nature": "002"}),
        ("KO1", {}, {"code": "1-3", "nature": "100"}),
        ("A1", {"classified_on": "2019-01-01"}, {"code": "1-3", "nature": "002"}),
    ],
)
def test_an_anomaly_comes_back_with_its_reason(door, number, changed, expected):
    sent = door.act(number, **changed)
    (received,) = door.arrived()
    assert expected.items() <= received.items()
    assert received["detail"]
    if received["kind"] == "message":
        assert received["act_id"] == sent["act_id"]
    else:
        assert received["envelope"] == sent["envelope"]


def test_an_act_sent_twice_is_refused_the_second_time(door):
    door.act()
    door.act()
    assert sorted(one["code"] for one in door.arrived()) == ["1-2", "1-3"]


def test_a_slow_prefecture_answers_after_ten_days(door):
    door.act("LENT1")
    assert door.arrived(days=9) == []
    assert [one["code"] for one in door.arrived(days=2)] == ["1-2"]


@pytest.mark.parametrize(
    ("prefix", "code", "text"),
    [("CS", "2-1", False), ("PC", "3-1", True), ("LO", "4-1", True), ("TA", "5-1", True)],
)
def test_the_prefect_writes_about_an_act(door, prefix, code, text):
    sent = door.act(f"{prefix}_1")
    acknowledged, letter = door.arrived()
    assert acknowledged["code"] == "1-2"
    assert (letter["code"], letter["act_id"]) == (code, sent["act_id"])
    assert bool(letter["text"]) is text
    (document,) = letter["files"]
    assert door.storage.read(document["sha256"]).startswith(b"%PDF")


def test_a_request_for_documents_comes_on_the_day_it_was_scripted(door):
    door.act("PC59_1")
    assert [one["code"] for one in door.arrived()] == ["1-2"]
    assert door.arrived(days=58) == []
    assert [one["code"] for one in door.arrived(days=1)] == ["3-1"]


@pytest.mark.parametrize(
    ("prefix", "answer", "received"),
    [
        ("PC", "3-4", "3-5"),
        ("PC", "3-3", "3-5"),
        ("LO", "4-3", "4-5"),
        ("LO", "4-4", "4-5"),
    ],
)
def test_an_answer_to_a_letter_is_acknowledged(door, prefix, answer, received):
    sent = door.act(f"{prefix}_1")
    letter = door.arrived()[1]
    about = {"act_id": sent["act_id"], "letter_on": letter["letter_on"]}
    door.send({"code": f"{answer[0]}-2", **about})
    files = [door.file(), door.file()] if answer == "3-4" else [door.file()]
    door.send({"code": answer, **about}, files)
    (found,) = door.arrived()
    assert (found["code"], found["letter_on"]) == (received, letter["letter_on"])


def test_a_cancellation_is_acknowledged_and_that_of_an_unknown_act_is_not(door):
    sent = door.act()
    door.arrived()
    door.send({"code": "6-1", "act_id": sent["act_id"]})
    door.send({"code": "6-1", "act_id": "021-200053726-20261120-AUTRE-DE"})
    first, second = sorted(door.arrived(), key=lambda one: one["kind"])
    assert (first["kind"], first["nature"]) == ("envelope_refused", "999")
    assert (second["code"], second["act_id"]) == ("6-2", sent["act_id"])


def test_the_classification_is_sent_when_it_has_changed(door):
    door.send({"code": "7-1", "held_on": None})
    door.send({"code": "7-1", "held_on": CLASSIFIED_ON})
    found = {one["code"]: one for one in door.arrived()}
    assert set(found) == {"7-2", "7-3"}
    assert {one["dated"] for one in found.values()} == {CLASSIFIED_ON}


def test_what_the_ministry_of_practice_writes_is_valid_too(door):
    schema = etree.XMLSchema(etree.parse(reference("parapheur/actes/xsd/actesv1_1.xsd")))
    for number in ("KOSIREN1", "KO1", "CS_1", "PC_1", "LO_1", "TA_1"):
        door.act(number)
    door.send({"code": "7-1", "held_on": None})
    door.gateway.tick()
    door.clock.forward(seconds=5)
    door.gateway.tick()
    found = sorted(sandbox.folders(door.data).inbox.glob("*.tar.gz"))
    assert len(found) == 11
    for path in found:
        for name, content in archives.unpack(path.read_bytes()).items():
            if name.endswith(".xml"):
                schema.assertValid(etree.fromstring(content))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("EACT--X.tar.gz", b"pas une archive"),
        ("EACT--Y.tar.gz", archives.pack({"a.xml": b"<a/>"})),
        ("ANO_EACT--Z.xml", b"<!DOCTYPE a><a/>"),
    ],
)
def test_what_cannot_be_read_is_said_and_put_aside(door, name, content):
    inbox = sandbox.folders(door.data).inbox
    (inbox / name).write_bytes(content)
    (item,) = door.gateway.collect()
    assert (item["kind"], item["id"]) == ("unreadable", name)
    assert item["problem"]
    door.gateway.unreadable(item["id"])
    assert door.gateway.collect() == []
    assert (inbox / ".illisibles" / name).read_bytes() == content


def test_a_name_from_outside_moves_nothing_outside(door, tmp_path):
    (tmp_path / "secret.xml").write_text("à moi")
    door.gateway.taken("../../../secret.xml")
    assert (tmp_path / "secret.xml").exists()


@pytest.mark.parametrize(
    ("message", "files", "said"),
    [
        ({**ACT, "number": "bas"}, 1, "Numéro de l’acte"),
        ({**ACT, "decided_on": "2026-11-24"}, 1, "à venir"),
        ({**ACT, "decided_on": "hier"}, 1, "une date est attendue"),
        ({**ACT, "subject": "☃"}, 1, "Objet : le caractère"),
        (ACT, 0, "L’acte lui-même manque"),
        ({"code": "6-1", "act_id": "n’importe"}, 0, "mal formé"),
        ({"code": "1-2"}, 0, "pas à nous"),
    ],
)
def test_what_breaks_the_rules_does_not_leave(door, message, files, said):
    with pytest.raises(Refused, match=said):
        door.send(message, [door.file()] * files)
    assert door.waiting == []


def test_settings_that_are_wrong_are_said(tmp_path, clock):
    live = {"ACTES_OUT": str(tmp_path / "absent"), "ACTES_IN": str(tmp_path)}
    wrong = Door(
        tmp_path, clock, **live, ACTES_TRIGRAM="ebg", ACTES_RETURN_TO="a@b.toolong"
    )
    assert wrong.gateway.mode == "live"
    assert len(wrong.gateway.check()) == 3
    assert Door(tmp_path, clock).gateway.check() == []
