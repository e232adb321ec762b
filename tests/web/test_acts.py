"""The pages of acts: what is typed is kept, what is public is what was chosen, and no more."""

import re
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from engine import clock
from engine.access import actor_for
from engine.commands import people, tasks
from engine.documents import Document
from engine.models import db
from tests.web.browser import Browser
from tests.workflows.legality.acts_office import ActsOffice, open_acts_office
from tests.workflows.parapheur.book import PAPER
from workflows.legality import watching
from workflows.legality.models import (
    ACKNOWLEDGED,
    CANCELLED,
    LegalityAccount,
    LegalityLetter,
)
from workflows.parapheur import typology
from workflows.parapheur.rules import KEEPER


@pytest.fixture
def office(app: Flask) -> ActsOffice:
    return open_acts_office(app)


@pytest.fixture
def agent(office: ActsOffice) -> Browser:
    return Browser(office.app, office.office.legality_officer)


def typed(**changes: str) -> dict[str, object]:
    return {
        "act_nature": "1", "act_matter": "5.2", "act_number": "2026_DE_010",
        "act_decided_on": clock.today().isoformat(), "act_subject": "Création d’un service",
        "rows": "4", "type_0": "99_DE", **changes,
    }  # fmt: skip


def test_what_is_typed_is_not_lost_and_an_act_leaves(
    office: ActsOffice, agent: Browser
) -> None:
    page = agent.get("/actes/nouveau")
    assert 'option value="5.2"' in page.text
    wrong = {**typed(act_number="2026-10"), "file_0": (BytesIO(PAPER), "acte.pdf")}
    answer = agent.post("/actes/nouveau", wrong)
    assert answer.status_code == 422
    assert "Numéro : 15 lettres capitales" in answer.text
    assert "Création d’un service" in answer.text
    token = re.search(r'name="kept_0" value="([^"]+)"', answer.text)
    assert token, "the file need not be chosen again"
    forged = token[1][:-2] + ("A" if token[1][-2] != "A" else "B") + token[1][-1]
    answer = agent.post("/actes/nouveau", typed(kept_0=forged))
    assert "joignez l’acte au format PDF" in answer.text
    answer = agent.post("/actes/nouveau", typed(kept_0=token[1]))
    assert answer.status_code == 200
    assert "2026_DE_010" in answer.text
    office.settle()
    assert office.found("2026_DE_010").state == ACKNOWLEDGED

    again = agent.post("/actes/nouveau", {**typed(), "file_0": (BytesIO(PAPER), "a.pdf")})
    assert again.status_code == 422
    assert "un autre acte de cette collectivité le porte déjà" in again.text
    following = agent.client.get(
        f"/actes/numero?organisation_id={office.office.region}&act_nature=1"
    )
    assert "2026_DE_011" in following.text


def test_types_and_matters_are_those_of_the_classification(
    office: ActsOffice, agent: Browser
) -> None:
    wrong = typed(act_matter="5.99", type_0="99_AI", act_decided_on="2999-01-01")
    answer = agent.post("/actes/nouveau", {**wrong, "file_0": (BytesIO(b"texte"), "a.pdf")})
    for sentence in (
        "ce code n’est pas dans la classification en vigueur",
        "elle ne peut pas être dans l’avenir",
    ):
        assert sentence in answer.text
    answer = agent.post("/actes/nouveau", {**wrong, "file_0": (BytesIO(PAPER), "a.pdf")})
    assert "choisissez-en un de la nature de l’acte" in answer.text


def test_the_public_reads_what_was_chosen_and_no_more(
    office: ActsOffice, agent: Browser
) -> None:
    act = office.act("2026_AI_020", nature=3, files=2, subject="Sanction de M. Dupont")
    public = Browser(office.app)
    register = "/registre/region"
    assert act.number not in public.get(register).text
    task = office.tasks(act.watch_id)["publish_act"]
    page = agent.get(f"/taches/{task}")
    assert "version occultée" in page.text
    redacted = office.file(7, "occulte.pdf")
    tasks.complete(
        task,
        {"means": "online", "published_on": clock.today().isoformat(), "version": "redacted",
         "documents": [], "redacted": redacted, "names_people": True,
            "subject": "Sanction disciplinaire"},
        actor=office.office.legality_officer,
    )  # fmt: skip
    office.settle()
    act = office.found("2026_AI_020")
    assert f"{register}/{act.id}" not in public.get(f"{register}?q=dupont").text
    assert act.number in agent.get("/actes/?q=dupont").text, "agents find it by its name"
    found = public.get(f"{register}?q=sanctions&nature=3&matiere=5")
    assert f"{register}/{act.id}" in found.text, "any form of a word finds it"
    assert act.number not in public.get(f"{register}?q=introuvable").text
    page = public.get(f"{register}/{act.id}")
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "occultées" in page.text
    assert "Dupont" not in page.text + found.text
    (shown,) = watching.public_documents(act)
    copy = public.get(f"{register}/{act.id}/{shown.id}")
    assert copy.data == PAPER + b"\n%7"
    for hidden in watching.documents_of(act)[:2]:
        assert public.get(f"{register}/{act.id}/{hidden.id}").status_code == 404
    assert act.number not in public.get(f"{register}/flux.atom").text, "it names people"

    agent.post(f"/actes/{act.id}/retrait", {"motif": "Demande de l’intéressé"})
    assert public.get(f"{register}/{act.id}").status_code == 404
    assert public.get(f"{register}/{act.id}/{shown.id}").status_code == 404
    assert act.number not in public.get(register).text
    agent.post(f"/actes/{act.id}/retour")
    assert public.get(f"{register}/{act.id}").status_code == 200


def test_hostile_addresses_of_the_register_are_answered(office: ActsOffice) -> None:
    public = Browser(office.app)
    for address in (
        "?q=%00", "?q=%25_%25", "?nature=99&matiere=%27&depuis=hier", "?page=999999999999",
        "?q=" + "x" * 5000, "/nulle-part", "?q=%F0%9F%8F%9B", "?etat=abandoned",
    ):  # fmt: skip
        answer = public.client.get(f"/registre/region{address}")
        assert answer.status_code in {200, 404}, address


def test_an_act_is_cancelled_with_a_reason(office: ActsOffice, agent: Browser) -> None:
    act = office.act("2026_DE_030")
    refused = agent.post(f"/actes/{act.id}/annulation", {"motif": "  "})
    assert refused.status_code == 422
    assert "dites pourquoi" in refused.text
    agent.post(f"/actes/{act.id}/annulation", {"motif": "Vice de forme"})
    office.settle()
    office.settle()
    assert office.found("2026_DE_030").state == CANCELLED
    page = agent.get(f"/actes/{act.id}")
    assert "Vice de forme" in page.text
    again = agent.post(f"/actes/{act.id}/annulation", {"motif": "Encore"})
    assert "ne peut pas être annulé maintenant" in again.text


def test_a_letter_is_collected_read_and_its_files_are_its_own(
    office: ActsOffice, agent: Browser
) -> None:
    office.act("PC_040")
    clock.advance(timedelta(seconds=30))
    told = agent.post("/actes/courriers/releve")
    assert "Un courrier reçu" in told.text
    office.settle()
    letter = db.session.scalars(select(LegalityLetter)).one()
    page = agent.get(f"/actes/courriers/{letter.id}")
    assert "Transmettre le plan de situation" in page.text
    assert "Faire cette tâche" in page.text
    own = select(Document.id).where(Document.instance_id == letter.instance_id).limit(1)
    document = db.session.scalars(own).one()
    address = f"/actes/courriers/{letter.id}/documents"
    assert agent.get(f"{address}/{document}").status_code == 200
    act = office.found("PC_040")
    other = watching.documents_of(act)[0].document_id
    assert agent.get(f"{address}/{other}").status_code == 404
    assert agent.get(f"{address}/{uuid4()}").status_code == 404
    task = re.search(r"/taches/([0-9a-f-]{36})", page.text)
    assert task
    form = agent.get(f"/taches/{task[1]}")
    assert "Transmettre les pièces" in form.text


def test_the_list_is_searched_and_exported(office: ActsOffice, agent: Browser) -> None:
    office.transmit("2026_DE_050", subject="Travaux du gymnase")
    office.transmit("2026_DE_051", subject="=cmd|Subvention au théâtre", matter=[7, 5])
    office.settle()
    page = agent.get("/actes/?q=gymnases")
    assert "2026_DE_050" in page.text
    assert "2026_DE_051" not in page.text
    assert "2026_DE_051" in agent.get("/actes/?matiere=7&etat=acknowledged").text
    assert "2026_DE_050" in agent.get("/actes/?q=2026_DE_050").text
    lines = agent.client.get("/actes/export.csv?matiere=7").data.decode("utf-8-sig")
    assert "2026_DE_051" in lines
    assert "'=cmd" in lines, "no spreadsheet takes it for a formula"
    assert "2026_DE_050" not in lines


def test_settings_are_judged_and_the_classification_asked_for(
    office: ActsOffice, agent: Browser
) -> None:
    wrong = {"department": "21", "district": "x", "nature": "1"}
    answer = agent.post("/actes/classification/reglages", wrong)
    assert answer.status_code == 422
    assert "trois caractères, par exemple 021" in answer.text
    right = {"department": "02a", "district": "1", "nature": "31", "publishes": "1"}
    assert "02A" in agent.post("/actes/classification/reglages", right).text
    assert "n’a pas changé" in agent.post("/actes/classification").text


def test_who_answers_is_chosen_and_a_wrong_choice_is_said(
    office: ActsOffice, agent: Browser
) -> None:
    body = office.office.region
    keeper = office.office.officer
    people.grant(keeper.person_id, body, KEEPER)
    typology.add_desk(body, "juridique", "Direction juridique", actor=actor_for(keeper.person_id))  # fmt: skip
    address = "/actes/classification/courriers"
    wrong = {"role_0": "desk:autre", "matter_0": "sept", "nature_0": "1",
             "from_0": "demain", "role_1": "desk:juridique", "from_1": "2026-12-01",
             "until_1": "2026-11-01"}  # fmt: skip
    answer = agent.post(address, {**wrong, "reply_subtype_id": str(uuid4())})
    assert answer.status_code == 422
    for sentence in (
        "Bureau : choisissez-en un",
        "par exemple 7.5",
        "Sous-type : choisissez",
        "Jour : choisissez une date",
        "Jusqu’au : choisissez un jour après le premier",
    ):
        assert sentence in answer.text
    assert 'value="sept"' in answer.text, "nothing typed is lost"
    right = {
        "role_0": "desk:juridique",
        "matter_0": "7.5",
        "nature_0": "1",
        "to_issuer": "1",
        "until_0": "2020-01-31",
    }
    page = agent.post(address, right).text
    assert "Règle 1" in page
    assert "terminée" in page
    kept = db.session.get_one(LegalityAccount, body)
    assert (kept.to_issuer, kept.letter_desks) == (
        True, [{"nature": 1, "matter": "7.5", "role": "desk:juridique", "from": None,
                "until": "2020-01-31"}],
    )  # fmt: skip
    assert "Règle 1" not in agent.post(address, {**right, "role_0": "-"}).text
    stranger = Browser(office.app, office.office.second_officer)
    assert stranger.post(address, right).status_code == 403


def test_acts_late_or_near_their_last_day_are_told(
    office: ActsOffice, agent: Browser
) -> None:
    on = {"nature": 3}
    office.act("KO_060", decided_on=_ago(20), **on)
    office.act("KO_061", decided_on=_ago(12), **on)
    office.act("2026_AI_062", decided_on=_ago(20), **on)
    page = agent.get("/actes/").text
    assert "Un acte aurait déjà dû être reçu" in page
    assert "Un acte doit y être d’ici cinq jours" in page
    late, near = (agent.get(f"/actes/?echeance={one}").text for one in ("retard", "proche"))
    assert ("KO_060" in late, "KO_061" in late, "2026_AI_062" in late) == (
        True,
        False,
        False,
    )
    assert ("KO_060" in near, "KO_061" in near) == (False, True)
    assert "KO_060" in agent.get("/actes/?echeance=retard&nature=3&etat=anomaly").text
    assert "KO_060" not in agent.get("/actes/?echeance=retard&nature=1").text
    shown = agent.get(f"/actes/{office.found('KO_060').id}").text
    for told in ("En retard", "L2131-1", "à vérifier"):
        assert told in shown
    assert "Reçu en retard" in agent.get(f"/actes/{office.found('2026_AI_062').id}").text


def _ago(days: int) -> str:
    return (clock.today() - timedelta(days=days)).isoformat()
