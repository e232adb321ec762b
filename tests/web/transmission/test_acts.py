"""Acts at the service's door: from a member to the State and back, in S²LOW's own words."""

import io
import json
import threading
from datetime import timedelta

import pypdf
import pytest
from fpdf import FPDF
from sqlalchemy import select

from engine import clock, documents
from engine.models import Incident, db
from tests.connectors.signature.test_hostile import encrypted
from tests.web.transmission.service import (
    ACT,
    ACTS,
    PDF,
    decided_on,
    open_service,
    said,
    stem,
)
from web.transmission.latin import LARGEST
from workflows.relay import keeping, reading
from workflows.relay.models import Transmission, TransmissionAccount, TransmissionEvent


def pdf():
    made = FPDF()
    made.add_page()
    made.set_font("Helvetica")
    made.cell(text="Article 1")
    return bytes(made.output())


def test_an_act_goes_to_the_prefecture_and_comes_back_acknowledged(service):
    caller, act = service.caller, pdf()
    number = caller.sent(
        acte_pdf_file=[("Délibération.pdf", act)],
        **{"acte_attachments[]": [("plan.pdf", PDF), ("vue.png", b"\x89PNG...")],
           "type_pj[]": ["21_RP", "99_AU"]},
    )  # fmt: skip
    assert caller.status(number) in {1, 2}
    service.work()
    assert caller.status(number) == 3
    service.pass_time()
    answer = caller.get(f"{ACTS}/actes_transac_get_status.php", transaction=number)
    head, status, rest = answer.data.split(b"\n", 2)
    assert (head, status) == (b"OK", b"4")
    assert b"ARActe" in rest
    assert stem("26CP042").encode() in rest
    by_name = caller.get(f"{ACTS}/actes_transac_get_status.php", unique_id=stem("26CP042"))
    assert by_name.data == answer.data
    acknowledgement = caller.get(f"{ACTS}/actes_transac_get_ARActe.php", transaction=number)
    assert acknowledgement.data == rest

    listed = caller.get(f"{ACTS}/actes_transac_get_files_list.php", transaction=number).json
    assert [one["name"] for one in listed] == [
        f"{stem('26CP042')}-1-1_0.xml", f"99_DE-{stem('26CP042')}-1-1_1.pdf",
        f"21_RP-{stem('26CP042')}-1-1_2.pdf", f"99_AU-{stem('26CP042')}-1-1_3.png",
    ]  # fmt: skip
    assert listed[1]["posted_filename"] == "Délibération.pdf"
    assert set(listed[0]) == {
        "id", "name", "posted_filename", "mimetype", "size", "sign", "code_pj",
    }  # fmt: skip
    plain = caller.get(f"{ACTS}/actes_download_file.php", file=listed[1]["id"])
    assert plain.data == act
    published = clock.today().isoformat()
    stamped = caller.get(
        f"{ACTS}/actes_download_file.php", file=listed[1]["id"], tampon="true",
        date_affichage=published,
    )  # fmt: skip
    assert stamped.data.startswith(act)
    text = pypdf.PdfReader(io.BytesIO(stamped.data)).pages[0].extract_text()
    assert stem("26CP042") in text
    assert f"Affiché le {clock.today():%d/%m/%Y}" in text
    first = caller.get(f"{ACTS}/actes_transac_get_tampon.php", transaction=number)
    assert first.data.startswith(act)
    receipt = caller.get(f"{ACTS}/actes_create_pdf.php", trans_id=number)
    assert (
        "Bordereau de transmission"
        in pypdf.PdfReader(io.BytesIO(receipt.data)).pages[0].extract_text()
    )
    assert db.session.scalars(select(Incident)).all() == []


def test_what_was_deposited_outlives_the_tidying(service):
    number = service.caller.sent()
    row = db.session.get_one(Transmission, number)
    files = [one.document.sha256 for one in keeping.files_of(row)]
    assert documents.unreferenced(files) == set()
    service.pass_time()
    files = [one.document.sha256 for one in keeping.files_of(row)]
    assert len(files) == 2
    assert documents.unreferenced(files) == set()
    kept = [one.document.instance_id for one in keeping.files_of(row)]
    assert set(kept) == {row.instance_id}


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-8"])
def test_accents_come_in_either_encoding(service, encoding):
    boundary = "----essai"
    fields = {**ACT, "decision_date": decided_on().isoformat(), "subject": "Été à Mâcon"}
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    body = (
        "".join(parts).encode(encoding)
        + (
            f'--{boundary}\r\nContent-Disposition: form-data; name="acte_pdf_file"; '
            'filename="acte.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
        ).encode()
        + PDF
        + f"\r\n--{boundary}--\r\n".encode()
    )
    answer = service.app.test_client().post(
        f"{ACTS}/actes_transac_create.php", data=body,
        headers=service.caller._authorised(),
        content_type=f"multipart/form-data; boundary={boundary}",
    )  # fmt: skip
    number = int(said(answer).splitlines()[1])
    assert db.session.get_one(Transmission, number).subject == "Été à Mâcon"


@pytest.mark.parametrize(
    ("number", "expected", "words"),
    [
        ("KOSIREN1", -1, "PREF-VERIF-02"),
        ("KOCLASS1", -1, "ODT-VERIF-01"),
        ("KO1", -1, "exploitable"),
    ],
)
def test_an_anomaly_is_told_with_its_message(service, number, expected, words):
    sent = service.caller.sent(number=number)
    service.pass_time()
    answer = service.caller.get(f"{ACTS}/actes_transac_get_status.php", transaction=sent)
    assert said(answer).startswith(f"OK\n{expected}\n<?xml")
    assert words in said(answer)
    row = db.session.get_one(Transmission, sent)
    assert words in row.message
    again = service.caller.deposit(number=number)
    assert said(again).startswith("OK\n"), "what was refused may be sent again"


def test_a_slow_prefecture_leaves_an_act_transmitted(service):
    sent = service.caller.sent(number="LENT1")
    service.pass_time(days=9)
    assert service.caller.status(sent) == 3
    service.pass_time(days=2)
    assert service.caller.status(sent) == 4


def test_an_act_is_cancelled_once_it_is_acknowledged(service):
    caller = service.caller
    sent = caller.sent()
    early = caller.post(f"{ACTS}/actes_transac_cancel.php", {"api": "1", "id": str(sent)})
    assert said(early).startswith("KO\nImpossible d'annuler")
    service.pass_time()
    asked = caller.post(f"{ACTS}/actes_transac_cancel.php", {"api": "1", "id": str(sent)})
    cancellation = int(said(asked).splitlines()[1])
    twice = caller.post(f"{ACTS}/actes_transac_cancel.php", {"api": "1", "id": str(sent)})
    assert "déjà en cours" in said(twice)
    service.pass_time()
    assert caller.status(cancellation) == 4
    assert caller.status(sent) == 0
    related = caller.get(f"{ACTS}/actes_transac_get_document.php", id=sent)
    assert said(related) == f"6-4-{cancellation}\n"
    answer = caller.get(f"{ACTS}/actes_transac_get_status.php", transaction=cancellation)
    assert b"ARAnnulation" in answer.data


def test_an_act_held_leaves_when_its_author_says_so(service):
    caller = service.caller
    sent = caller.sent(en_attente="1")
    service.pass_time()
    assert caller.status(sent) == 17
    path = f"{ACTS}/actes_transac_post_confirm_api.php"
    assert said(caller.get(path, id=sent)) == "OK\n"
    assert said(caller.get(path, id=sent)).startswith("KO\n")
    service.pass_time()
    assert caller.status(sent) == 4


ABOUT = "Erreur lors de la réception du fichier Délibération.pdf :"
WRONG = {
    f"{ABOUT} Ce PDF est chiffré : enregistrez-le sans mot de passe ni restriction.": {
        "acte_pdf_file": [("Délibération.pdf", encrypted())]
    },
    f"{ABOUT} La signature détachée est illisible.": {
        "acte_pdf_file_sign": [("a.p7s", b"0")]
    },
    "Le numéro n'est pas correct": {"number": "bas de casse"},
    "La nature de l'acte n'est pas correcte": {"nature_code": "9"},
    "La date de décision n'est pas correcte": {"decision_date": "20/11/2026"},
    "L'objet de l'acte est absent ou trop long (499 caractères)": {"subject": "x" * 500},
    "La classification de l'acte n'est pas correcte": {"classif1": "42"},
    "Aucun fichier acte n'a été posté ": {"acte_pdf_file": []},
    "Erreur lors de la réception du fichier Délibération.pdf : typologie absente": {
        "type_acte": ""
    },
    "Erreur lors de la réception du fichier Délibération.pdf : le type 99_XX n'existe pas "
    "pour cette nature": {"type_acte": "99_XX"},
    "Erreur lors de la réception du fichier a.exe : son contenu n'est ni PDF, ni XML, ni une "
    "image": {"acte_pdf_file": [("a.exe", b"MZ")]},
    "Erreur lors de la réception du fichier b.exe : son contenu n'est ni PDF, ni XML, ni une "
    "image": {"acte_pdf_file": [("b.exe", PDF)]},
    "Objet : le caractère « ☃ » (U+2603) n’existe pas dans les messages à la préfecture "
    "(ISO-8859-1). Écrivez-le autrement.": {"subject": "☃"},
}


def test_what_is_wrong_is_refused_in_s2low_s_words(service):
    for words, changed in WRONG.items():
        answer = service.caller.deposit(**changed)
        shown = words.encode("iso-8859-1", "replace").decode("iso-8859-1")
        assert said(answer) == f"KO\n{shown}\n"
        assert answer.content_type == "text/plain; charset=iso-8859-1"
    huge = service.app.test_client().post(
        f"{ACTS}/actes_transac_create.php", data={"api": "1"},
        headers=service.caller._authorised(), content_type="multipart/form-data",
        environ_overrides={"CONTENT_LENGTH": str(LARGEST + 1)},
    )  # fmt: skip
    assert huge.status_code == 413
    assert said(huge).startswith("KO\nLa taille totale des fichiers est trop importante")
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    late = service.caller.deposit(decision_date=tomorrow)
    assert said(late) == "KO\nLa date de décision est une date dans le futur\n"
    found = db.session.scalars(select(Transmission.id).where(Transmission.code == "1-1"))
    assert found.all() == []


def test_a_number_serves_once(service):
    service.caller.sent()
    assert "même numéro interne" in said(service.caller.deposit())
    assert said(service.other.deposit()).startswith("OK"), "another body's own numbers"


def test_a_virus_is_not_kept(service):
    from connectors.antivirus.sandbox import EICAR

    answer = service.caller.deposit(acte_pdf_file=[("a.pdf", PDF + EICAR)])
    assert said(answer) == "KO\nUn virus a été détecté dans le fichier a.pdf\n"


def test_acts_are_listed_by_status(service):
    caller = service.caller
    numbers = [caller.sent(number=f"A{n}") for n in range(3)]
    service.pass_time()
    found = caller.get(f"{ACTS}/api/list_actes.php", status_id=4, offset=0, limit=2).json
    assert [one["id"] for one in found["transactions"]] == [str(n) for n in numbers[:0:-1]]
    assert found["transactions"][0]["number"] == "A2"
    rest = caller.get(f"{ACTS}/api/list_actes.php", status_id=4, offset=2, limit=2).json
    assert [one["id"] for one in rest["transactions"]] == [str(numbers[0])]
    archived = {"transaction_id": str(numbers[0]), "status_id": "13"}
    path = f"{ACTS}/api/actes_sae_status.php"
    assert caller.post(path, archived).json == {"result": "ok"}
    assert caller.status(numbers[0]) == 13
    assert said(caller.post(path, archived | {"status_id": "4"})).startswith("KO\n")
    assert said(service.other.post(path, archived)).startswith("KO\n")
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    none = caller.get(f"{ACTS}/api/list_actes.php", status_id=4, min_date=tomorrow).json
    assert none["transactions"] == []


def test_the_classification_is_the_prefecture_s(service):
    caller = service.caller
    answer = caller.get(f"{ACTS}/actes_classification_fetch.php", api=1)
    assert b"RetourClassification" in answer.data
    early = caller.get(f"{ACTS}/actes_classification_request.php", api=1)
    assert said(early).startswith("KO\nLa classification a déjà été demandée")
    clock.advance(timedelta(hours=2))
    asked = caller.get(f"{ACTS}/actes_classification_request.php", api=1)
    assert said(asked).startswith("OK\n")
    service.pass_time()
    assert caller.get(f"{ACTS}/actes_classification_fetch.php").data == answer.data


def test_every_step_is_noted(service):
    sent = service.caller.sent()
    service.pass_time()
    steps = db.session.scalars(
        select(TransmissionEvent.status)
        .where(TransmissionEvent.transmission_id == sent)
        .order_by(TransmissionEvent.id)
    ).all()
    assert steps == [1, 2, 3, 4]


def test_envelopes_are_numbered_one_by_one_each_day(service):
    for number in range(3):
        service.caller.sent(number=f"A{number}")
    rows = db.session.scalars(
        select(Transmission)
        .where(Transmission.organisation_id == service.region)
        .order_by(Transmission.id)
    ).all()
    assert [one.envelope_serial for one in rows] == [1, 2, 3, 4]
    clock.advance(timedelta(days=1))
    fresh = db.session.get_one(Transmission, service.caller.sent(number="B1"))
    assert fresh.envelope_serial == 1


def test_a_body_without_classification_is_told_so(app, service):
    from engine.commands import people
    from tests.web.transmission.service import _account

    body = people.add_organisation("member", "Autre", siren="213900123")
    fresh = _account(app, body, "neuve", "31", service.operator)
    assert said(fresh.deposit()).startswith(
        "KO\nAucune classification n'a encore été reçue"
    )
    found = fresh.get(f"{ACTS}/actes_classification_fetch.php")
    assert said(found).startswith("KO\n")
    account = db.session.scalars(
        select(TransmissionAccount).where(TransmissionAccount.login == "neuve")
    ).one()
    assert reading.classified_on(account.organisation_id) is None


def test_answers_are_exact(service):
    assert service.caller.get("/api/test-connexion.php").data == (
        "OK\nConnexion réussie\n".encode("iso-8859-1")
    )
    logins = service.caller.get("/admin/users/api-list-login.php")
    assert logins.data == b"OK\nregion\n"
    unknown = service.caller.get(f"{ACTS}/actes_transac_get_status.php", transaction=9999)
    assert said(unknown) == "KO\nNuméro de transaction invalide.\n"
    nonce = service.app.test_client().get("/api/get-nounce.php")
    assert list(json.loads(nonce.data)) == ["nounce"]


def test_the_service_works_on_either_database(either_app):
    """And two deposits at the same moment take two serials."""
    service = open_service(either_app)
    numbers = [None, None]

    def deposit(rank):
        numbers[rank] = service.caller.sent(number=f"PC_{rank}")

    threads = [threading.Thread(target=deposit, args=[rank]) for rank in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()  # what the others wrote is seen from here on
    service.pass_time()
    assert [service.caller.status(number) for number in numbers] == [4, 4]
    serials = [db.session.get_one(Transmission, one).envelope_serial for one in numbers]
    assert sorted(serials) == [2, 3]
    found = service.caller.get(f"{ACTS}/api/list_document_prefecture.php").json
    assert sorted(one["number"] for one in found) == ["PC_0", "PC_1"]


def test_a_form_made_to_hurt_is_refused_and_breaks_nothing(service):
    """Names of files in no encoding, parts without end, a boundary that never comes."""
    boundary, headers = "x", service.caller._authorised()
    latin = (
        b'--x\r\nContent-Disposition: form-data; name="acte_pdf_file"; filename="\xe9.pdf"'
    )
    bodies = [
        latin + b"\r\n\r\n%PDF-\r\n--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="number"\r\n\r\n' + b"A" * 5_000_000,
        b"--x\r\n" * 6000,
        b"",
        b'--x\r\nContent-Disposition: form-data; name="subject"\r\n\r\n\x00\x01\xff\r\n--x--\r\n',
    ]
    for body in bodies:
        answer = service.app.test_client().post(
            f"{ACTS}/actes_transac_create.php", data=body, headers=headers,
            content_type=f"multipart/form-data; boundary={boundary}",
        )  # fmt: skip
        assert answer.status_code in {200, 400, 413}, answer.status_code
        assert answer.status_code != 200 or said(answer).startswith("KO\n")
    assert service.caller.get("/api/test-connexion.php").status_code == 200
