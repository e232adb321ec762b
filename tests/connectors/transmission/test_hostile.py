"""Whatever S²LOW answers, the client raises the errors of `connectors` and nothing else."""

import gzip
import io
import os
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from connectors import Ambiguous, ConnectorError, Misconfigured, Refused, StoredFile
from connectors.transmission import sandbox
from connectors.transmission.accounts import Account, Accounts
from connectors.transmission.s2low import S2low
from connectors.wire import Unreadable

from .conftest import REGION

ACTES = Path(os.environ.get("EBG_REFERENCE_DATA") or "../shared/data") / "parapheur/actes"
needs_samples = pytest.mark.skipif(not ACTES.is_dir(), reason="no reference data")
BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>"""
STEALING = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
ACT = {
    "sha256": "0",
    "name": "a.pdf",
    "media_type": "application/pdf",
    "document_type": "99_DE",
}
ASKED = {"account": REGION, "id": "12", "key": "k"}
CALLS = {
    "send_act": lambda it: it.send_act(
        account=REGION, nature=1, matter=[7, 5], number="N1", decided_on="2026-11-20",
        subject="s", act=ACT, key="k",
    ),
    "act_status": lambda it: it.act_status(**ASKED),
    "stamped_act": lambda it: it.stamped_act(**ASKED),
    "act_receipt": lambda it: it.act_receipt(**ASKED),
    "cancel_act": lambda it: it.cancel_act(**ASKED),
    "classification": lambda it: it.classification(account=REGION, key="k"),
    "letters": lambda it: it.letters(account=REGION),
    "letter": lambda it: it.letter(**ASKED),
    "letter_read": lambda it: it.letter_read(**ASKED),
    "answer_letter": lambda it: it.answer_letter(**ASKED, accepts=True, documents=[ACT]),
    "send_pes": lambda it: it.send_pes(account=REGION, document=ACT, key="k"),
    "pes_status": lambda it: it.pes_status(**ASKED),
    "pes_returns": lambda it: it.pes_returns(account=REGION),
    "pes_return": lambda it: it.pes_return(**ASKED),
    "check": lambda it: it.check(),
    "lookup": lambda it: it.lookup("k"),
}  # fmt: skip


def _service(folder, respond):
    def open_(account):
        transport = httpx.MockTransport(respond)
        return httpx.Client(base_url="http://s2low", transport=transport)

    return S2low(
        accounts=Accounts(Account("login", "secret"), {}, open_),
        mode="live",
        folder=folder,
        clock=lambda: datetime(2026, 11, 23, tzinfo=UTC),
        documents=lambda sha256: b"%PDF-1.4",
        store=lambda content, name, kind: StoredFile("0" * 64, name, kind, len(content)),
    )


def _saying(folder, content, status=200, **headers):
    return _service(
        folder, lambda _: httpx.Response(status, content=content, headers=headers)
    )


def _tar(*members, size=None):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


PIECES = [
    b"OK", b"KO", b"\n", b" : ", b"-1", b"4", b"12", b"<a>", b"</a>", b"<import>", b"\xe9",
    b"<resultat>OK</resultat>", b"<id>1</id>", b"<status>8</status>", b"</import>", b"[", b"]",
    b"{}", b'{"transactions": [3]}', b'[{"id": 1, "type": "9"}]', b'"', b"null", b"\x00",
    b'<actes:ARActe xmlns:actes="x" actes:IDActe="i" DateReception="2026-13-45"/>', BOMB,
    _tar(("a.xml", b"<a/>")), _tar(("../../etc/x", b"x")), b"\x1f\x8b", b"Acces refuse",
]  # fmt: skip


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    pieces=st.lists(st.sampled_from(PIECES) | st.binary(max_size=8), max_size=6),
    status=st.sampled_from([200, 200, 200, 204, 302, 400, 401, 404, 429, 500, 504]),
    location=st.sampled_from(["", "/", "actes_download_file.php?env=4", "?env=x"]),
)
def test_only_the_errors_of_connectors_come_out(tmp_path, pieces, status, location):
    headers = {"Location": location} if location else {}
    for name, ask in CALLS.items():
        service = _saying(tmp_path / name, b"".join(pieces), status, **headers)
        try:
            ask(service)
        except ConnectorError as error:
            assert str(error)


@pytest.mark.parametrize("bomb", [BOMB, STEALING], ids=["entities", "file"])
def test_xml_that_declares_entities_is_refused(tmp_path, bomb):
    for name, content in {
        "act_status": b"OK\n4\n" + bomb,
        "classification": bomb,
        "pes_status": bomb,
        "pes_returns": bomb,
        "letter": _tar(("a.xml", bomb)),
    }.items():
        with pytest.raises(Unreadable):
            CALLS[name](_saying(tmp_path, content))


def test_archives_that_are_not_plain_are_refused(tmp_path):
    linked = io.BytesIO()
    with tarfile.open(fileobj=linked, mode="w:gz") as tar:
        link = tarfile.TarInfo("a.xml")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    huge = tarfile.TarInfo("grand")
    huge.size = 1 << 40
    for content in (
        linked.getvalue(),
        gzip.compress(huge.tobuf()),
        _tar(("a.pdf", b"1"), ("b/a.pdf", b"2")),
        _tar(*((f"{rank}.pdf", b"") for rank in range(300))),
        _tar(("a.pdf", b"1"))[:-20],
        b"bonjour",
    ):
        with pytest.raises(Unreadable):
            CALLS["letter"](_saying(tmp_path, content))


def test_who_we_are_is_a_matter_of_settings_and_the_rest_a_refusal(tmp_path):
    stranger = "KO\nÉchec de l'authentification".encode("iso-8859-1")
    with pytest.raises(Misconfigured, match="authentification"):
        CALLS["act_status"](_saying(tmp_path, stranger))
    refusal = "KO\nLe numéro n'est pas correct<br/>Essayez encore".encode("iso-8859-1")
    with pytest.raises(Refused) as refused:
        CALLS["send_act"](_saying(tmp_path, refusal))
    assert refused.value.reasons == ["Le numéro n'est pas correct Essayez encore"]
    with pytest.raises(Ambiguous):
        CALLS["send_pes"](_saying(tmp_path, b"", 504))


def test_a_sending_whose_answer_makes_no_sense_is_not_sent_again_unseen(tmp_path):
    asked = []

    def respond(request):
        asked.append(request.url.path.rpartition("/")[2])
        if asked[-1] == "list_actes.php":
            row = {
                "id": 7,
                "number": "N1",
                "date": "2026-11-20",
                "subject": "s",
                "type": "1",
            }
            return httpx.Response(200, json={"transactions": [row]})
        return httpx.Response(200, content=b"<html>Portail</html>")

    service = _service(tmp_path, respond)
    with pytest.raises(Unreadable):
        CALLS["send_act"](service)
    assert CALLS["send_act"](service).value == {"id": "7"}
    assert asked.count("actes_transac_create.php") == 1


@needs_samples
def test_real_acknowledgements_and_anomalies_are_understood(tmp_path):
    samples = ACTES / "samples"
    received = (samples / "034-491011698-20171207-CL20171227_06-DE-1-2.xml").read_bytes()
    value = CALLS["act_status"](_saying(tmp_path, b"OK\n4\n" + received)).value
    assert value["unique_id"] == "034-491011698-20171207-CL20171227_06-DE"
    assert value["received_on"] == "2017-12-27"
    latin = (samples / "006-210600235-20180522-684-AI-1-2_5279.xml").read_bytes()
    value = CALLS["act_status"](_saying(tmp_path, b"OK\n4\n" + latin)).value
    assert value["received_on"] == "2018-05-28"
    anomaly = (samples / "044-214400152----1-3_1.xml").read_bytes()
    produced = CALLS["act_status"](_saying(tmp_path, b"OK\n-1\n" + anomaly))
    assert "été transmis avec une date de classification" in produced.value["message"]
    assert produced.documents[0][0] == "legality_anomaly"
    envelope = (samples / "ANO_EACT--210703385--20170612-2.xml").read_bytes()
    value = CALLS["act_status"](_saying(tmp_path, b"OK\n-1\n" + envelope)).value
    assert "PREF-VERIF-02" in value["message"]
    cancelled = (samples / "044-214400152-20181106-TEST_DGCL_4-DE-6-2_10.xml").read_bytes()
    value = CALLS["act_status"](_saying(tmp_path, b"OK\n4\n" + cancelled)).value
    assert value["received_on"] == "2018-11-28"


@needs_samples
def test_a_real_list_of_files_leads_to_the_act(tmp_path):
    listed = (ACTES / "samples/actes_transac_get_files_list.json").read_bytes()
    asked = []

    def respond(request):
        if request.url.path.endswith("get_files_list.php"):
            return httpx.Response(200, content=listed)
        asked.append(dict(request.url.params))
        return httpx.Response(200, content=b"%PDF-1.4")

    CALLS["stamped_act"](_service(tmp_path, respond))
    assert asked == [{"file": "3968", "tampon": "true"}]


@needs_samples
def test_a_real_letter_and_a_real_classification_are_read(tmp_path):
    name = "034-000000000-20170701-20170725A-AI-2-1_0.xml"
    letter = (ACTES / "samples" / name).read_bytes()
    archive = _tar((name, letter), (name.replace("_0.xml", "_1.pdf"), b"%PDF-1.4"))
    value = CALLS["letter"](_saying(tmp_path, archive)).value
    assert value["kind"] == "letter"
    assert value["dated"] == "2017-07-25"
    content = (ACTES / "classification/999-1234----7-2_7.xml").read_bytes()
    value = CALLS["classification"](_saying(tmp_path, content)).value
    assert (len(value["document_types"]), len(value["matters"])) == (115, 291)


@needs_samples
def test_the_prefecture_of_the_sandbox_writes_by_the_official_schema(service):
    schema = etree.XMLSchema(etree.parse(ACTES / "xsd/actesv1_1.xsd"))
    act = service.act("PC_1")
    service.answered(act)
    for number in ("CS_1", "LO_1", "TA_1"):
        service.act(number)
    service.clock.forward(seconds=10)
    service.answered(service.act("KO_1"))
    service.client.cancel_act(account=REGION, id=act, key="c")
    for listed in service.client.letters(account=REGION):
        if listed["kind"] != "referral":
            for accepts in (True, False):
                service.client.answer_letter(
                    account=REGION,
                    id=listed["id"],
                    accepts=accepts,
                    documents=[service.file(b"%PDF-1.4", "r.pdf")],
                    key=f"{listed['id']}{accepts}",
                )
    service.clock.forward(minutes=1)
    sandbox.tick(service.data, {}, service.clock)
    with sandbox.held(service.data, {}, service.clock).opened() as db:
        written = [
            row[0]
            for row in db.execute(
                "SELECT flux FROM message WHERE flux IS NOT NULL"
                " UNION ALL SELECT content FROM file WHERE media_type = 'text/xml'"
            )
        ]
    written.append(service.client.http.get(
        "modules/actes/actes_classification_fetch.php?api=1", auth=("200053726", "sandbox")
    ).content)  # fmt: skip
    seen = set()
    for content in written:
        root = etree.fromstring(content)
        schema.assertValid(root)
        seen.add(etree.QName(root).localname)
    assert len(seen) == 17, sorted(seen)
