"""The vault of a company: what is kept, replaced, removed and filed again, by its people alone."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from connectors import StoredFile
from connectors.antivirus.sandbox import EICAR
from engine import clock, documents, journal, journal_check, vault
from engine.access import actor_for
from engine.commands import membership, people
from engine.commands import vault as commands
from engine.commands.vault import Label
from engine.documents import Document
from engine.models import db
from engine.vault import VaultDocument
from tests.web.browser import Browser
from tests.web.small_procedure import KEY, PROJECT, Ground, prepare

PDF = b"%PDF-1.7\nkbis\n%%EOF"
HOSTILE = "../../<script>alert(1)</script>.pdf"


@pytest.fixture
def ground(app: Flask) -> Ground:
    return prepare(app)


@pytest.fixture
def anne(ground: Ground) -> Browser:
    return Browser(ground.app, ground.office.applicant)


def address(ground: Ground) -> str:
    return f"/entreprises/{ground.office.company}/coffre"


def paper(name: str = "kbis.pdf", content: bytes = PDF, **said: str) -> dict[str, Any]:
    return {"kind": "kbis", "file": (BytesIO(content), name), **said}


def kept(ground: Ground, **said: Any) -> VaultDocument:
    """One document in the company's vault, its bytes stored."""
    storage = ground.app.extensions["partners"]["storage"]
    file = storage.put(PDF, name="kbis.pdf", media_type="application/pdf")
    label = Label("kbis", said.pop("title", "Kbis"), **said)
    return commands.add(ground.office.company, file, label, actor=ground.office.applicant)


def standing(ground: Ground) -> list[VaultDocument]:
    db.session.rollback()
    return list(db.session.scalars(vault.standing(ground.office.company)))


def in_days(days: int) -> Any:
    return clock.today() + timedelta(days=days)


def test_a_document_is_kept_with_its_expiry(ground: Ground, anne: Browser) -> None:
    end = in_days(12).strftime("%d/%m/%Y")
    page = anne.post(address(ground), paper(title="Kbis de novembre", expires_on=end))
    assert "« Kbis de novembre » est dans votre coffre." in page.text
    assert "expire dans 12 jours" in page.text
    (document,) = standing(ground)
    assert (document.state, document.size) == ("soon", len(PDF))
    answer = anne.get(f"/coffre/{document.id}/fichier")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (None, "sans date de fin"),
        (-1, "expiré le"),
        (0, "expire aujourd’hui"),
        (1, "expire demain"),
        (30, "expire dans 30 jours"),
        (31, "valide jusqu’au"),
    ],
)
def test_the_state_is_said_in_words(
    ground: Ground, anne: Browser, days: int | None, words: str
) -> None:
    kept(ground, expires_on=None if days is None else in_days(days))
    assert words in anne.get(address(ground)).text


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"kind": "nothing"}, "Type de document : choisissez-en un"),
        ({"expires_on": "31/02/2027"}, "Valide jusqu’au : la date 31/02/2027 n’existe pas"),
        ({"issued_on": "hier"}, "Date du document : écrivez la date"),
        (
            {"issued_on": "2026-10-01", "expires_on": "2026-09-01"},
            "cette date précède celle du document",
        ),
        ({"title": "x" * 201}, "Intitulé : 200 caractères au plus."),
        ({"file": (BytesIO(b""), "")}, "Fichier : choisissez-en un."),
        ({"file": (BytesIO(b"MZ"), "kbis.exe")}, "n’est pas d’un type accepté"),
        ({"file": (BytesIO(EICAR), "kbis.txt")}, "contient un virus"),
        ({"file": (BytesIO(b"%PDF-" + b"0" * 21_000_000), "a.pdf")}, "20 Mo au plus"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(
    ground: Ground, anne: Browser, sent: dict[str, Any], sentence: str
) -> None:
    answer = anne.post(address(ground), {**paper(title="Mon Kbis"), **sent})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert sent.get("title", "Mon Kbis") in answer.text
    assert standing(ground) == []


def test_a_file_of_two_hundred_megabytes_is_refused(ground: Ground, anne: Browser) -> None:
    answer = anne.client.post(
        address(ground), headers={"Content-Length": str(200 * 1024 * 1024)},
        content_type="multipart/form-data; boundary=x",
    )  # fmt: skip
    assert answer.status_code in {400, 413}
    assert standing(ground) == []


def test_a_hostile_name_is_only_text(ground: Ground, anne: Browser) -> None:
    anne.post(address(ground), paper(HOSTILE, title="<b>gras</b>", kind="other"))
    page = anne.get(address(ground)).text
    assert "<script>alert" not in page
    assert "&lt;b&gt;gras&lt;/b&gt;" in page
    assert "/" not in standing(ground)[0].name


def test_a_new_version_replaces_and_the_old_one_is_history(
    ground: Ground, anne: Browser
) -> None:
    first = kept(ground).id
    page = anne.post(f"/coffre/{first}", paper("neuf.pdf", PDF + b"2"))
    assert "La nouvelle version remplace l’ancienne." in page.text
    assert "remplacée" in page.text
    (document,) = standing(ground)
    assert document.name == "neuf.pdf"
    assert len(vault.versions(document)) == 2
    late = anne.post(f"/coffre/{first}", paper())
    assert "remplacé ou retiré entre-temps" in late.text, "a tab left open"


def test_removed_it_stays_where_it_was_filed(ground: Ground, anne: Browser) -> None:
    document = kept(ground)
    draft = new_draft(anne)
    join(anne, draft, document.id)
    anne.post(f"/coffre/{document.id}/retrait")
    assert standing(ground) == []
    assert anne.get(f"/coffre/{document.id}").status_code == 404
    assert anne.get(f"/coffre/{document.id}/fichier").status_code == 404
    assert documents.unreferenced([document.sha256]) == set(), "the draft holds it"


def test_the_sweep_spares_what_a_vault_keeps(ground: Ground) -> None:
    document = kept(ground)
    assert documents.unreferenced([document.sha256, "0" * 64]) == {"0" * 64}
    commands.remove(document.id, actor=ground.office.applicant)
    assert documents.unreferenced([document.sha256]) == {document.sha256}


def new_draft(browser: Browser) -> str:
    return browser.send(f"/demarches/{KEY}/demande").location.rsplit("/", 1)[0]


def join(browser: Browser, draft: str, document: UUID, **more: str) -> Any:
    return browser.post(f"{draft}/2", {"_kept:quote": str(document), "_save": "1", **more})


def test_a_document_of_the_vault_is_filed_without_sending_it_again(
    ground: Ground, anne: Browser
) -> None:
    document = kept(ground, expires_on=in_days(40))
    draft = new_draft(anne)
    anne.send(f"{draft}/1", {**PROJECT, "_next": "1"})
    assert f'value="{document.id}"' in anne.get(f"{draft}/2").text
    join(anne, draft, document.id)
    page = anne.post(f"{draft}/2", {"quote": document.sha256, "_next": "1"})
    assert "kbis.pdf" in page.text
    filed = anne.send(f"{draft}/recapitulatif")
    assert filed.status_code == 302
    row = db.session.scalars(
        select(Document).where(Document.instance_id.is_not(None))
    ).one()
    assert (row.sha256, row.expires_on) == (document.sha256, in_days(40))


def test_an_expired_document_is_told_before_and_after(
    ground: Ground, anne: Browser
) -> None:
    document = kept(ground, expires_on=in_days(-3))
    draft = new_draft(anne)
    assert "(expiré le" in anne.get(f"{draft}/2").text
    assert "le service verra qu’il a expiré" in join(anne, draft, document.id).text
    anne.send(f"{draft}/1", {**PROJECT, "_next": "1"})
    anne.send(f"{draft}/2", {"quote": document.sha256, "_next": "1"})
    case = anne.send(f"{draft}/recapitulatif").location.rsplit("/", 1)[1]
    claire = Browser(ground.app, ground.office.officer)
    assert "expiré le" in claire.get(f"/dossiers/{case}").text


def test_a_question_refuses_what_it_does_not_accept(ground: Ground, anne: Browser) -> None:
    storage = ground.app.extensions["partners"]["storage"]
    file = storage.put(b"a;b", name="a.csv", media_type="text/csv")
    document = commands.add(
        ground.office.company, file, Label("other", "Tableau"),
        actor=ground.office.applicant,
    )  # fmt: skip
    draft = new_draft(anne)
    answer = join(anne, draft, document.id, _next="1")
    assert answer.status_code == 422
    assert "a.csv" in answer.text


@pytest.mark.parametrize("what", ["another company's", "removed", "nonsense", "unknown"])
def test_nobody_files_what_is_not_theirs(ground: Ground, anne: Browser, what: str) -> None:
    document = kept(ground)
    browser, value = anne, str(document.id)
    if what == "another company's":
        browser = Browser(ground.app, ground.office.stranger)
    elif what == "removed":
        commands.remove(document.id, actor=ground.office.applicant)
    else:
        value = "../../etc/passwd" if what == "nonsense" else str(uuid4())
    draft = new_draft(browser)
    answer = browser.post(f"{draft}/2", {"_kept:quote": value, "_save": "1"})
    assert answer.status_code == 422
    assert "n’est plus dans votre coffre" in answer.text
    assert db.session.scalars(select(Document)).all() == []


def test_a_document_of_one_s_request_is_kept_once(ground: Ground, anne: Browser) -> None:
    draft = new_draft(anne)
    anne.send(f"{draft}/1", {**PROJECT, "_next": "1"})
    anne.send(f"{draft}/2", {"quote": (BytesIO(PDF), "devis.pdf"), "_next": "1"})
    case = anne.send(f"{draft}/recapitulatif").location
    document = db.session.scalars(select(Document)).one().id
    for _ in range(2):
        page = anne.post(f"{case}/coffre", {"document": document, "kind": "tax"})
    assert "déjà dans le coffre" in page.text
    (own,) = standing(ground)
    assert own.kind == "tax"
    assert own.sha256 == db.session.get_one(Document, document).sha256
    nothing = anne.post(f"{case}/coffre", {"kind": "tax"})
    assert nothing.status_code == 422
    assert anne.post(f"{case}/coffre", {"document": uuid4()}).status_code == 404


def test_officers_and_other_companies_see_nothing(ground: Ground) -> None:
    document = kept(ground)
    for actor in (ground.office.officer, ground.office.stranger, ground.office.operator):
        browser = Browser(ground.app, actor)
        for path in (address(ground), f"/coffre/{document.id}/fichier"):
            assert browser.get(path).status_code == 403, path


def test_a_removed_colleague_sees_nothing_any_more(ground: Ground) -> None:
    """Not even from the tab they left open."""
    document, office = kept(ground), ground.office
    person = people.add_person("paul@morvan.test", "Paul")
    people.grant(person, office.company, "applicant")
    people.grant(office.applicant.person_id, office.company, "administrator")
    paul = Browser(ground.app, actor_for(person))
    draft = new_draft(paul)
    assert paul.get(address(ground)).status_code == 200
    membership.remove_member(
        office.company, person, actor=actor_for(office.applicant.person_id)
    )
    assert paul.get(address(ground)).status_code == 403
    assert paul.get(f"/coffre/{document.id}/fichier").status_code == 403
    assert paul.post(address(ground), paper()).status_code == 403
    assert join(paul, draft, document.id).status_code == 403


def test_a_vault_has_room_for_so_many(
    ground: Ground, anne: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault, "MOST", 1)
    kept(ground)
    answer = anne.post(address(ground), paper())
    assert answer.status_code == 422
    assert "contient déjà 1 documents" in answer.text


def test_those_that_expire_are_found_the_soonest_first(ground: Ground) -> None:
    for days in (40, 30, -2, 5, None):
        kept(ground, title=str(days), expires_on=None if days is None else in_days(days))
    soon = in_days(30)
    assert [d.title for d in vault.expiring(soon)] == ["-2", "5", "30"]
    assert [d.title for d in vault.expiring(soon, since=soon)] == ["30"]
    assert vault.expiring(soon, organisation_id=ground.office.other_company) == []


def test_each_act_is_in_the_journal_of_the_company(ground: Ground) -> None:
    document = kept(ground)
    commands.remove(document.id, actor=ground.office.applicant)
    chain = journal.latest(f"organisation:{ground.office.company}", 2)
    assert [entry.action for entry in chain] == ["vault_removed", "vault_added"]
    assert journal_check.verify() == []


def test_the_list_is_paged_and_filtered(ground: Ground, anne: Browser) -> None:
    with_file = kept(ground)
    file = StoredFile(with_file.sha256, "a.pdf", "application/pdf", 1)
    for number in range(60):
        commands.add(
            ground.office.company, file, Label("tax", f"Avis {number}"),
            actor=ground.office.applicant,
        )  # fmt: skip
    page = anne.get(f"{address(ground)}?type=tax&page=2").text
    assert len(re.findall(r'class="ebg-row"', page)) == 10
    assert "Kbis</a>" not in page
