"""The prefecture's letters, at the service's door: read, taken in charge, answered."""

from connectors.actes import archives
from connectors.actes.messages.reading import read
from engine.models import db
from tests.web.transmission.service import ACTS, PDF, said, stem
from workflows.relay.models import Transmission


def letters(caller):
    return caller.get(f"{ACTS}/api/list_document_prefecture.php").json


def answer(caller, letter, kind, *, others=0, **changes):
    form = {
        "id": letter["id"],
        "type_envoie": kind,
        "type_acte": "99_AU",
        "type_pj[]": ["99_AU"] * others,
        **changes,
    }
    files = {"acte_pdf_file": [("Réponse.pdf", PDF)]}
    if others:
        files["acte_attachments[]"] = [(f"p{n}.pdf", PDF) for n in range(others)]
    return caller.post(f"{ACTS}/actes_transac_reponse_create.php?api=1", form, **files)


def test_each_kind_of_letter_reaches_the_member_and_is_taken_in_charge(service):
    caller = service.caller
    told = {
        "CS": ("2", 21, None), "PC": ("3", 7, "3-2"), "LO": ("4", 7, "4-2"), "TA": ("5", 21, None),
    }  # fmt: skip
    acts = {prefix: caller.sent(number=f"{prefix}_1") for prefix in told}
    service.pass_time()
    found = {one["type"]: one for one in letters(caller)}
    mark = f"{ACTS}/api/document_prefecture_mark_as_read.php"
    for prefix, (kind, status, _receipt) in told.items():
        letter = found[kind]
        expected = {
            "related_transaction_id": str(acts[prefix]), "number": f"{prefix}_1",
            "unique_id": stem(f"{prefix}_1"), "last_status_id": str(status),
        }  # fmt: skip
        assert expected.items() <= letter.items()
        archive = caller.get(f"{ACTS}/actes_transac_get_document.php", id=letter["id"])
        message, document = archives.unpack(archive.data).values()
        assert read(message).code == f"{kind}-1"
        assert document.startswith(b"%PDF")
        for _ in range(2):
            marked = caller.get(mark, transaction_id=letter["id"])
            assert marked.json == {"result": "ok"}
    assert letters(caller) == []
    service.pass_time()
    for kind, _status, receipt in told.values():
        number = int(found[kind]["id"])
        rows = db.session.query(Transmission).filter_by(related_id=number).all()
        assert [one.code for one in rows] == ([receipt] if receipt else [])
        assert caller.status(number) == (8 if receipt else 21)


def test_an_answer_is_sent_and_its_receipt_comes_back(service):
    caller = service.caller
    told = {
        "PC_1": ("4", 2, "3-4"), "PC_2": ("3", 0, "3-3"), "LO_1": ("4", 0, "4-4"),
        "LO_2": ("3", 0, "4-3"),
    }  # fmt: skip
    acts = {number: caller.sent(number=number) for number in told}
    service.pass_time()
    found = {one["number"]: one for one in letters(caller)}
    answers = {}
    for number, (kind, others, _code) in told.items():
        made = said(answer(caller, found[number], kind, others=others))
        assert made.startswith("OK : id généré : ")
        answers[number] = int(made.rsplit(":", 1)[1])
        assert said(answer(caller, found[number], kind)).startswith(
            "KO : Une réponse a déjà"
        )
    service.pass_time()
    for number, (_kind, _others, code) in told.items():
        assert caller.status(answers[number]) == 4
        assert db.session.get_one(Transmission, answers[number]).code == code
        assert caller.status(int(found[number]["id"])) == 11
        lines = caller.get(f"{ACTS}/actes_transac_get_document.php", id=acts[number])
        assert f"{code[0]}-4-{answers[number]}\n" in said(lines)


def test_a_request_that_comes_on_day_59_is_there_on_day_59(service):
    caller = service.caller
    caller.sent(number="PC59_1")
    service.pass_time(days=58)
    assert letters(caller) == []
    service.pass_time(days=1, seconds=5)
    assert [one["type"] for one in letters(caller)] == ["3"]


def test_a_wrong_answer_is_refused(service):
    caller = service.caller
    for number in ("PC_1", "LO_1", "TA_1"):
        caller.sent(number=number)
    service.pass_time()
    asked, observed, referred = letters(caller)
    for changed, words in (
        ({"type_envoie": "9"}, "Type de réponse inconnu."),
        ({"id": "9999"}, "Numéro de transaction invalide."),
        ({"type_acte": "00_ZZ"}, "le type 00_ZZ n'existe pas"),
    ):
        assert words in said(answer(caller, asked, "4", **changed))
    assert "qu'un seul document" in said(answer(caller, observed, "4", others=1))
    assert "n'appelle pas de réponse" in said(answer(caller, referred, "4"))


def test_a_letter_that_comes_twice_is_one(service):
    from connectors.actes import sandbox
    from workflows.relay import arrivals

    service.caller.sent(number="CS_1")
    service.pass_time()
    data = service.app.extensions["settings"].data
    inbox = sandbox.folders(data).inbox
    for path in (inbox / ".pris").iterdir():
        path.replace(inbox / path.name)
    service.work()
    assert len(letters(service.caller)) == 1
    stray = {"id": "X", "name": "x.xml", "kind": "message", "code": "2-1", "act_id": "?"}
    assert arrivals.record(stray) is True, "it is noted, though nobody waits for it"
    assert arrivals.record(stray) is False
