"""An accountant types orders, makes a PES, has it signed; what is hostile is refused clearly."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.models import db
from tests.connectors.helios.orders import INVOICE, order
from tests.connectors.signature.xml_signing import signed_pes
from tests.web.browser import Browser
from tests.web.two_accountants import BUDGET, ORDER, RETURN
from tests.workflows.accounting.accounts import open_accounts
from workflows.accounting.contract_models import Invoice
from workflows.accounting.models import Budget, PaymentOrder, Pes, PesReturn
from workflows.parapheur.circuits import SIGN, TRANSMISSION, Step


@pytest.fixture
def accounts(app):
    return open_accounts(app)


@pytest.fixture
def fatou(accounts):
    return Browser(accounts.app, accounts.actor)


def _only(kind):
    db.session.rollback()
    return db.session.scalars(select(kind)).one()


def test_orders_become_a_pes_which_is_read_as_a_table(accounts, fatou):
    page = fatou.post("/comptabilite/mandats/nouveau", {
        **ORDER, "documents": (BytesIO(INVOICE + b"\n%%EOF"), "Facture n° 1.pdf"),
    })  # fmt: skip
    assert "Le mandat est enregistré." in page.text
    made = _only(PaymentOrder)
    assert (str(made.amount), len(made.documents)) == ("48000.50", 1)
    assert "SCIERIE DU MORVAN" in page.text
    budget = _only(Budget)
    page = fatou.post(
        "/comptabilite/mandats/?etat=ready",
        {"mandat": str(made.id), "budget": str(budget.id)},
    )
    assert "Le PES est prêt" in page.text
    row = _only(Pes)
    assert (row.state, row.name[:12]) == ("made", "EBG-400-00-2")
    assert "Contrôle officiel non effectué" in page.text
    batch = fatou.get(f"/comptabilite/pes/{row.id}/bordereaux/0").text
    assert "SCIERIE DU MORVAN" in batch
    assert re.search(r"48\s000,50", batch)
    paper = fatou.get(f"/comptabilite/pes/{row.id}/pieces/0")
    assert paper.data == INVOICE + b"\n%%EOF"
    assert paper.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in paper.headers["Content-Security-Policy"]
    file = fatou.get(f"/comptabilite/pes/{row.id}/fichier")
    assert file.data.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?>')
    again = fatou.post(
        "/comptabilite/mandats/", {"mandat": str(made.id), "budget": str(budget.id)}
    )
    assert (again.status_code, "déjà dans un PES" in again.text) == (422, True)
    assert row.name in fatou.get("/comptabilite/?nom=EBG&etat=made").text
    assert "Aucun PES" in fatou.get("/comptabilite/?etat=sent").text


def test_what_is_typed_wrong_is_named_and_kept(accounts, fatou):
    typed = {
        **ORDER, "amount": "beaucoup", "iban": "FR00 1234", "postal_code": "5812",
        "subject": "<script>alert(1)</script>",
    }  # fmt: skip
    page = fatou.post("/comptabilite/mandats/nouveau", typed)
    assert page.status_code == 422
    for said in ("Montant : écrivez", "IBAN : vérifiez-le", "Code postal : écrivez ses 5"):
        assert said in page.text
    assert "beaucoup" in page.text
    assert "<script>alert" not in page.text
    page = fatou.post("/comptabilite/budgets/nouveau", {**BUDGET, "code": "000"})
    assert (page.status_code, "autres que 000" in page.text) == (422, True)
    assert "Budget principal" in page.text
    page = fatou.post("/comptabilite/mandats/", {"budget": "rien"})
    assert (page.status_code, "Budget : choisissez-en un." in page.text) == (422, True)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("pes.xml", b"", "vide|mal form|XML"),
        ("pes.xml", b"bonjour", "XML"),
        ("pes.pdf", b"%PDF-1.7\n%%EOF", "XML mal form"),
        ("pes.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "XML|DTD"),
        ("acte.xml", b"<a/>", "pas un PES_Aller"),
        ("pes.exe", b"MZ", "accept|EXE|exe"),
    ],
)
def test_files_that_are_no_pes_are_refused(accounts, fatou, name, content, said):
    page = fatou.post("/comptabilite/pes/nouveau", {"fichier": (BytesIO(content), name)})
    assert page.status_code == 422
    assert re.search(said, page.text)
    db.session.rollback()
    assert db.session.scalars(select(Pes)).all() == []


def test_a_pes_with_faults_is_kept_and_its_faults_told_with_their_lines(accounts, fatou):
    broken = accounts.pes("FAUX-1").replace(b'NbrPce V="1"', b'NbrPce V="9"')
    page = fatou.post("/comptabilite/pes/nouveau", {"fichier": (BytesIO(broken), "f.xml")})
    assert "empêchent l’envoi" in page.text or "empêche l’envoi" in page.text
    assert re.search(r"Ligne \d+ : Bordereau 12 : NbrPce annonce 9, 1 y sont", page.text)
    assert "Le faire signer" not in page.text


def test_a_pes_goes_through_the_signature_book_to_the_accountant(accounts, fatou):
    """Deposited by the accountant, signed at the presidency, sent by its circuit."""
    from engine.access import actor_for
    from engine.commands import people
    from workflows import publication
    from workflows.parapheur import acts, files, publishing, typology

    for name in ("evidence", "follow_on", "folder"):
        drawn = publication.read_folder(publication.WORKFLOWS / "parapheur" / name)
        publication.publish(f"parapheur.{name}", drawn, owner_id=accounts.body)
    people.grant(accounts.person, accounts.body, "parapheur_administrator")
    keeper = actor_for(accounts.person)
    for slug in ("finances", "presidence"):
        typology.add_desk(accounts.body, slug, slug.title(), actor=keeper)
    people.grant(accounts.person, accounts.body, "desk:finances")
    marie = people.add_person("marie@region.test", "Marie")
    people.grant(marie, accounts.body, "desk:presidence")
    circuit = publishing.publish_circuit(
        accounts.body, "Comptabilité",
        (Step(SIGN, "Signer", ("desk:presidence",)),
         Step(TRANSMISSION, "Transmettre", target="accounting")),
        actor=keeper,
    )  # fmt: skip
    kind = typology.add_type(
        accounts.body,
        "compta",
        "Comptabilité",
        protocol="helios",
        format="pes",
        actor=keeper,
    )
    subtype = typology.add_subtype(kind, "pes", "PES", circuit=circuit, actor=keeper)
    fatou = Browser(accounts.app, actor_for(accounts.person))
    fatou.post("/comptabilite/pes/nouveau", {
        "fichier": (BytesIO(accounts.pes("BON-9", order(3))), "bon.xml"),
    })  # fmt: skip
    row = _only(Pes)
    page = fatou.post(
        f"/comptabilite/pes/{row.id}/parapheur", {"sous_type": f"{subtype}/desk:finances"}
    )
    assert "Le PES est au parapheur" in page.text
    accounts.settle()
    row = _only(Pes)
    assert (row.state, row.folder_id is not None) == ("signing", True)
    folder_id = row.folder_id
    [current] = files.to_sign(folder_id)
    _is_shown_to_its_signer(accounts, marie, folder_id, current.file.id)
    content = accounts.app.extensions["partners"]["storage"].read(row.sha256)
    signed = accounts.stored(signed_pes(content), "bon.xml")
    acts.sign(
        _task(folder_id),
        [{"id": str(current.file.id), "file": signed, "level": "B-B", "signatures": []}],
        actor=actor_for(marie),
    )
    accounts.settle()
    row = _only(Pes)
    assert (row.state, row.name, row.sha256) == ("sent", "BON-9", signed.sha256)


def _is_shown_to_its_signer(accounts, marie, folder_id, file_id):
    """Batches, payees and amounts, no XML; the documents only to those who see the folder."""
    from engine.access import actor_for

    reader = Browser(accounts.app, actor_for(marie))
    page = reader.get(f"/parapheur/dossiers/{folder_id}").text
    assert "1 bordereau reste à signer" in page
    assert "SCIERIE FICTIVE DU MORVAN" in page
    assert "PES_Aller" not in page
    paper = f"/parapheur/dossiers/{folder_id}/fichiers/{file_id}/pieces/0"
    assert f'href="{paper}"' in page
    assert reader.get(paper).data == INVOICE
    assert reader.get(f"{paper}9").status_code == 200  # back to the folder, told why
    stranger = Browser(accounts.app, accounts.office.stranger)
    assert stranger.get(paper).status_code == 403


def _task(folder_id):
    from engine.models import ProcessInstance, UserTask

    cases = select(ProcessInstance.id).where(ProcessInstance.parent_id == folder_id)
    return db.session.scalars(
        select(UserTask.id).where(
            UserTask.instance_id.in_(cases), UserTask.status == "open"
        )
    ).one()


def test_returns_are_read_piece_by_piece(accounts, fatou):
    from workflows.accounting import files

    file = accounts.stored(RETURN, "r.xml")
    found = accounts.app.extensions["partners"]["helios"].read_return(content=RETURN)
    for _ in range(2):
        files.receive_return("7", file, found, organisation_id=accounts.body)
    row = _only(PesReturn)
    assert (row.pieces, row.rejected) == (1, 1)
    page = fatou.get(f"/comptabilite/retours/{row.id}").text
    assert "Rejetée" in page
    assert "RIB" in page
    assert "Pièces rejetées par le comptable" in fatou.get("/nouvelles/").text
    assert "Aucun nouveau retour." in fatou.post("/comptabilite/retours/").text


def test_returns_come_by_themselves_every_half_hour(accounts, fatou, tmp_path):
    from connectors.transmission import sandbox
    from connectors.transmission.practice.desk_pages import answer_pes
    from engine import clock
    from web.accounting import fetching

    assert "Aucun retour" in fatou.get("/comptabilite/retours/").text
    accounts.transmit(accounts.signed("BON-7"))
    number = _only(Pes).remote_id
    data = Path(accounts.app.extensions["settings"].data)
    held = sandbox.held(data, {}, clock.now)
    assert answer_pes(held, number, "return")
    assert fetching.collect(accounts.app) == 1
    assert _only(PesReturn).remote_id
    assert "Dernier relevé" in fatou.get("/comptabilite/retours/").text
    assert answer_pes(held, number, "return")
    assert fetching.collect(accounts.app) == 0, "the last round is too recent"
    clock.configure(tmp_path / "clock")
    try:
        clock.advance(fetching.EVERY)
        assert fetching.collect(accounts.app) == 1
    finally:
        clock.configure(None)


def test_an_invoice_goes_from_its_contract_to_a_pes_that_names_it(accounts, fatou):
    """Entered on pages, certified by the officer, settled, ordered, put in a PES."""
    from tests.workflows.accounting import contracts_kept as kept

    kept.keep_contracts(accounts)
    address = kept.HOLDER["address"]
    typed = {**kept.CONTRACT, **kept.HOLDER, **address, "kind": "company"}
    typed = {name: said for name, said in typed.items() if isinstance(said, str)}
    page = fatou.post("/comptabilite/marches/nouveau", typed)
    assert (page.status_code, "est déjà au registre" in page.text) == (422, True)
    page = fatou.post("/comptabilite/marches/nouveau", {**typed, "number": "2026-099"})
    assert "Le marché est au registre." in page.text
    for sought, found in (
        ("2026-09", True),
        ("scierie", True),
        ("99999", True),
        ("X", False),
    ):
        listed = fatou.get(f"/comptabilite/marches/?q={sought}").text
        assert ("2026-099" in listed) is found, sought
    [contract] = re.findall(r"/marches/([0-9a-f-]{36})/facture", page.text)[:1]
    invoice = {
        "kind": "invoice", "number": "F-77", "received_on": kept.ago(40), "amount": "1 000",
        "total": "1 200", "files": (BytesIO(INVOICE + b"\n%%EOF"), "F-77.pdf"),
    }  # fmt: skip
    where = f"/comptabilite/marches/{contract}/facture"
    page = fatou.post(
        where, {**invoice, "total": "900", "files": (BytesIO(b"MZ"), "f.exe")}
    )
    assert page.status_code == 422
    assert "au moins égal" in page.text
    assert 'value="F-77"' in page.text
    page = fatou.post(
        where, {**invoice, "files": (BytesIO(INVOICE + b"\n%%EOF"), "F-77.pdf")}
    )
    assert "La facture est inscrite" in page.text
    again = {**invoice, "files": (BytesIO(INVOICE + b"\n%%EOF"), "F-77.pdf")}
    page = fatou.post(where, again)
    assert (page.status_code, "déjà reçue le" in page.text) == (422, True)
    listed = fatou.get("/comptabilite/factures/").text
    assert "en retard de 10 jours" in listed
    case = db.session.scalars(select(Invoice.instance_id)).one()
    officer = Browser(accounts.app, kept.buyer(accounts))
    assert "10 jours" in officer.get(f"/dossiers/{case}").text
    assert officer.get(f"/comptabilite/marches/{contract}").status_code == 403
    kept.certify(accounts, case)
    task = fatou.get(f"/taches/{kept.waiting(case).id}").text
    assert "Le délai est dépassé" in task
    assert "Il reste 120 000,00&nbsp;€ à mandater" in task
    assert re.search(r'name="retention"[^>]*value="60[,.]?0*"', task), "proposed at once"
    said = kept.settled(retention=60, interest=3.2, indemnity=40, interest_account="6711")
    kept.do(case, "settle", accounts.actor, **said)
    db.session.rollback()
    ids = [str(one) for one in db.session.scalars(select(PaymentOrder.id))]
    assert len(ids) == 2
    fatou.post("/comptabilite/mandats/", {"mandat": ids, "budget": str(_only(Budget).id)})
    batch = fatou.get(f"/comptabilite/pes/{_only(Pes).id}/bordereaux/0").text
    assert "Marché 2026-099" in batch
    assert "facture F-77" in batch
    assert "à payer avant le" in batch


def test_official_schemas_are_imported_by_a_command(accounts, fatou):
    from tests.conftest import reference

    source = reference("parapheur/pes/xsd/schemas_pes_v5.17")
    done = accounts.app.test_cli_runner().invoke(args=["import-references", str(source)])
    assert done.exit_code == 0, done.output
    page = fatou.post("/comptabilite/pes/nouveau", {
        "fichier": (BytesIO(accounts.pes("BON-8")), "bon.xml"),
    })  # fmt: skip
    assert "Conforme au schéma officiel" in page.text
