"""Tasks that change hands, people who replace people, and teams, as pages show them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from engine import clock
from engine.absences import Absence
from engine.access import Actor
from engine.commands import absences, assigning, jobs, people, tasks
from engine.jobs import Job, JobItem
from engine.models import UserTask, db
from tests.office import open_tasks
from tests.web.browser import Browser
from tests.web.small_procedure import Ground, opened

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with opened(tmp_path) as ground:
        yield ground


@pytest.fixture
def task(ground: Ground) -> UUID:
    return open_tasks(ground.begin("Une scie").id)["review"]


def row(task_id: UUID) -> UserTask:
    db.session.rollback()
    return db.session.get_one(UserTask, task_id)


def browser(ground: Ground, actor: Actor) -> Browser:
    return Browser(ground.app, actor)


def token(page: str) -> str:
    found = re.search(r'name="jeton" value="([^"]+)"', page)
    assert found, "a button takes it back"
    return found[1]


def day(days: int) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


# Assigning


def test_a_head_assigns_with_a_reason_and_loses_nothing_typed(
    ground: Ground, task: UUID
) -> None:
    office, helene = ground.office, browser(ground, ground.office.head)
    address, paul = f"/taches/{task}/attribution", str(office.second_officer.person_id)
    refused = helene.send(address, {"a": paul, "motif": "", "vu": ""})
    assert refused.status_code == 422
    assert "dites en une phrase pourquoi" in refused.text
    assert f'value="{paul}" selected' in refused.text
    refused = helene.send(address, {"a": "", "motif": HOSTILE, "vu": ""})
    assert refused.status_code == 422
    assert "choisissez une personne dans la liste" in refused.text
    assert "&#34;&gt;&lt;script&gt;" in refused.text
    assert HOSTILE not in refused.text
    page = helene.post(address, {"a": paul, "motif": "Il connaît", "vu": ""})
    assert "Paul Roy a maintenant cette tâche." in page.text
    assert row(task).assignee_id == office.second_officer.person_id


def test_who_comes_second_is_told_who_has_it(ground: Ground, task: UUID) -> None:
    office, helene = ground.office, browser(ground, ground.office.head)
    tasks.claim(task, actor=office.officer)
    paul = str(office.second_officer.person_id)
    seen_free = {"a": paul, "motif": "Elle part en congés", "vu": ""}
    page = helene.send(f"/taches/{task}/attribution", seen_free)
    assert page.status_code == 409
    assert "Claire Martin a pris cette tâche en charge." in page.text
    assert "Elle part en congés" in page.text, "what was typed is given back"
    assert row(task).assignee_id == office.officer.person_id
    later = {"jusqu_au": day(2), "evenement": ""}
    page = browser(ground, office.second_officer).send(f"/taches/{task}/report", later)
    assert (page.status_code, "Claire Martin" in page.text) == (409, True)


def test_a_stranger_to_the_role_is_not_chosen(ground: Ground, task: UUID) -> None:
    helene, office = browser(ground, ground.office.head), ground.office
    strangers = (office.applicant, office.department_officer, office.operator)
    for to in (*(one.person_id for one in strangers), uuid4()):
        given = {"a": str(to), "motif": "x", "vu": ""}
        refused = helene.send(f"/taches/{task}/attribution", given)
        assert refused.status_code == 422
        assert "pas, ou n’a plus, le rôle demandé" in refused.text


def test_a_head_puts_back_with_a_reason(ground: Ground, task: UUID) -> None:
    tasks.claim(task, actor=ground.office.officer)
    helene = browser(ground, ground.office.head)
    assert helene.send(f"/taches/{task}/reprise", {"motif": ""}).status_code == 422
    helene.post(f"/taches/{task}/reprise", {"motif": "Arrêt de travail"})
    assert row(task).assignee_id is None


# Putting off


def test_put_off_and_the_sentences_that_refuse(ground: Ground, task: UUID) -> None:
    tasks.claim(task, actor=ground.office.officer)
    held = row(task)
    held.due_at = clock.now() + timedelta(days=5)
    db.session.commit()
    claire, address = browser(ground, ground.office.officer), f"/taches/{task}/report"
    for typed, event, told in (
        ("demain", "", "indiquez un jour"),
        ("9999-12-31", "", "indiquez un jour"),
        (day(0), "", "choisissez un jour à venir"),
        (day(9), "", "le délai continue de courir"),
        (day(2), "lune", "Choisissez l’évènement"),
    ):
        refused = claire.send(address, {"jusqu_au": typed, "evenement": event})
        assert (refused.status_code, told in refused.text) == (422, True), typed
        assert f'value="{typed}"' in refused.text
    page = claire.post(address, {"jusqu_au": day(2), "evenement": "message"})
    assert "Reportée : elle reviendra le" in page.text
    assert "Une scie" not in claire.get("/corbeille/?panier=a-moi").text
    page = claire.get(f"/taches/{task}")
    assert "ou dès que le demandeur écrit" in page.text
    assert "jours ouvrés" in page.text, "the legal clock is still shown"
    page = claire.post(f"/taches/{task}/retour")
    assert "Cette tâche est de nouveau à faire." in page.text
    assert "Une scie" in claire.get("/corbeille/?panier=a-moi").text


# Taking back


def test_an_act_is_taken_back_by_its_button(ground: Ground, task: UUID) -> None:
    claire = browser(ground, ground.office.officer)
    page = claire.post(f"/taches/{task}/prise-en-charge")
    back = {"jeton": token(page.text), "next": f"/taches/{task}"}
    paul = browser(ground, ground.office.second_officer)
    assert "trop tard" in paul.post("/annuler", back).text, "it is Claire's"
    assert "C’est annulé." in claire.post("/annuler", back).text
    assert row(task).assignee_id is None
    assert "n’est plus annulable" in claire.post("/annuler", back).text, "once"


def test_it_is_refused_once_somebody_acted_or_time_passed(
    ground: Ground, task: UUID
) -> None:
    office, claire = ground.office, browser(ground, ground.office.officer)
    back = {"jeton": token(claire.post(f"/taches/{task}/prise-en-charge").text)}
    to = office.second_officer.person_id
    assigning.assign(task, to, actor=office.head, motive="x")
    assert "Hélène Petit a agi depuis" in claire.post("/annuler", back).text
    assert row(task).assignee_id == to
    for wrong in ("", "faux", back["jeton"] + "x"):
        assert "trop tard" in claire.post("/annuler", {"jeton": wrong}).text
    paul = browser(ground, office.second_officer)
    back = {"jeton": token(paul.post(f"/taches/{task}/remise").text)}
    clock.advance(timedelta(seconds=61))
    assert "n’est plus annulable" in paul.post("/annuler", back).text


# Absences


def declared(ground: Ground, **more: str) -> dict[str, str]:
    to = str(ground.office.second_officer.person_id)
    return {"remplacant": to, "du": day(0), "au": day(3), **more}


def test_an_absence_is_declared_shown_and_ended(ground: Ground, task: UUID) -> None:
    office, claire = ground.office, browser(ground, ground.office.officer)
    tasks.claim(task, actor=office.officer)
    assert "Me faire remplacer" in claire.get("/corbeille/").text
    page = claire.post("/absences/", declared(ground, motif=HOSTILE))
    assert "Paul Roy agira entre ces dates." in page.text
    assert HOSTILE not in page.text
    assert "Vous êtes en absence jusqu’au" in claire.get("/corbeille/").text
    paul = browser(ground, office.second_officer)
    mine = paul.get("/corbeille/?panier=a-moi").text
    assert "Vous remplacez Claire Martin jusqu’au" in mine
    assert "Une scie" in mine
    shown = paul.get(f"/taches/{task}").text
    assert "Vous agissez pour Claire Martin." in shown
    made = db.session.scalars(select(Absence)).one()
    claire.post(f"/absences/{made.id}/fin")
    assert "Vous remplacez" not in paul.get("/corbeille/").text
    assert "Une scie" not in paul.get("/corbeille/?panier=a-moi").text


def test_a_deputy_answers_and_the_history_says_for_whom(ground: Ground, task: UUID) -> None:
    office = ground.office
    tasks.claim(task, actor=office.officer)
    absences.declare(
        office.officer.person_id, office.second_officer.person_id, office.region,
        starts_at=clock.now(), ends_at=clock.now() + timedelta(days=1),
        actor=office.officer,
    )  # fmt: skip
    paul = browser(ground, office.second_officer)
    paul.post(f"/taches/{task}", {"remarks": "Vu", "_submit": "1", "_shown": "1"})
    done = row(task)
    assert (done.status, done.completed_by) == (
        "completed",
        office.second_officer.person_id,
    )
    page = browser(ground, office.officer).get(f"/dossiers/{done.instance_id}").text
    assert "Paul Roy pour Claire Martin" in page


def test_what_is_wrong_is_said_by_field_and_kept(ground: Ground) -> None:
    claire = browser(ground, ground.office.officer)
    for changed, told in (
        ({"remplacant": ""}, "Remplacement par : choisissez"),
        ({"du": "hier"}, "Du : indiquez un jour"),
        ({"au": day(-1)}, "Au : la fin doit venir après le début."),
        ({"du": day(-5), "au": day(-2)}, "Au : cette date est déjà passée."),
        ({"du_heure": "25:00"}, "Du : indiquez un jour, et une heure valable."),
        ({"signe": "1"}, "Référence : indiquez l’arrêté"),
        ({"remplacant": str(ground.office.applicant.person_id)}, "choisissez une personne"),
        ({"motif": "x" * 501}, "Motif : 500 caractères au plus."),
    ):
        refused = claire.send("/absences/", declared(ground, **changed))
        assert (refused.status_code, told in refused.text) == (422, True), told
    assert db.session.scalars(select(Absence)).first() is None
    refused = claire.send("/absences/", declared(ground, signe="1", motif="Congés"))
    assert ">Congés</textarea>" in refused.text
    body = declared(ground, collectivite=str(ground.office.department))
    assert claire.send("/absences/", body).status_code == 403


def test_one_agent_does_not_declare_another_s_but_a_head_does(ground: Ground) -> None:
    office = ground.office
    paul = str(office.second_officer.person_id)
    given = declared(ground, personne=paul, remplacant=str(office.officer.person_id))
    refused = browser(ground, office.officer).send("/absences/", given)
    assert refused.status_code == 422
    page = browser(ground, office.head).post("/absences/", given)
    assert "Paul Roy, en remplacement : Claire Martin" in page.text


def test_a_deputy_who_is_away_too_is_told(ground: Ground) -> None:
    office = ground.office
    browser(ground, office.officer).post("/absences/", declared(ground))
    to_claire = declared(ground, remplacant=str(office.officer.person_id))
    page = browser(ground, office.second_officer).post("/absences/", to_claire)
    assert "un remplacement ne se transmet pas" in page.text


# Teams


def test_a_team_by_agent_and_its_tasks_shared_out(ground: Ground) -> None:
    office = ground.office
    found = [open_tasks(ground.begin(f"Dossier {n}").id)["review"] for n in range(4)]
    for one in found[:3]:
        tasks.claim(one, actor=office.officer)
    late = row(found[0])
    late.due_at = clock.now() - timedelta(days=1)
    db.session.commit()
    helene = browser(ground, office.head)
    page = helene.get("/equipe/").text
    line = re.search(r"Claire Martin.*?</tr>", page, re.DOTALL)
    assert line and re.findall(r"<td>(?:<span.*?</svg>)?(\d+)", line[0])[:2] == ["3", "1"]
    listed = helene.get(f"/equipe/{office.officer.person_id}").text
    assert "Dossier 2" in listed
    assert "Dossier 3" not in listed
    assert helene.get("/equipe/a-prendre/case_officer").text.count('name="tache"') == 1
    stranger = office.department_officer.person_id
    assert helene.get(f"/equipe/{stranger}").status_code == 404
    given = {"acte": "attribuer", "tache": [str(one) for one in found[:3]]}
    preview = helene.send("/lots/apercu", given)
    assert "Paul Roy" in preview.text
    lot = re.search(r'name="lot" value="([^"]+)"', preview.text)
    assert lot
    both = [str(office.officer.person_id), str(office.second_officer.person_id)]
    refused = helene.send("/lots/", {**given, "lot": lot[1], "a": both, "motif": ""})
    assert refused.status_code == 422
    assert refused.text.count(" checked") == 2
    for _ in range(2):  # a second click makes no second job
        page = helene.post(
            "/lots/", {**given, "lot": lot[1], "a": both, "motif": "Répartition"}
        )
    assert "0 sur 3" in page.text
    while jobs.advance(10):
        pass
    db.session.rollback()
    assert len(db.session.scalars(select(Job)).all()) == 1
    holders = [row(one).assignee_id for one in found[:3]]
    assert holders.count(office.second_officer.person_id) == 1
    page = helene.get(f"/lots/{lot[1]}")
    assert "3 sur 3" in page.text
    assert "C&#39;était déjà fait." not in page.text


# Many at once


def test_many_are_completed_by_one_form(ground: Ground) -> None:
    office = ground.office
    found = [open_tasks(ground.begin(f"Dossier {n}").id)["review"] for n in range(4)]
    tasks.claim(found[0], actor=office.second_officer)
    claire = browser(ground, office.officer)
    given = {"acte": "terminer", "tache": [str(one) for one in found]}
    preview = claire.send("/lots/apercu", given)
    assert "en charge de Paul Roy" in preview.text
    assert "Observations" in preview.text
    empty = claire.send("/lots/", {**given, "_shown": "1", "_submit": "1"})
    assert empty.status_code == 422
    sent = {**given, "_shown": "1", "_submit": "1", "remarks": "Complet"}
    page = claire.post("/lots/", sent)
    assert "Terminer" in page.text
    while jobs.advance(10):
        pass
    db.session.rollback()
    done = db.session.scalars(select(JobItem.result).order_by(JobItem.position)).all()
    assert done == ["refused", "done", "done", "done"]
    assert [row(one).status for one in found] == ["open"] + ["completed"] * 3
    [job] = db.session.scalars(select(Job.id)).all()
    fragment = claire.client.get(f"/lots/{job}", headers={"HX-Request": "true"}).text
    assert fragment.lstrip().startswith('<div id="avancement">'), "over: asked no more"
    assert "Paul Roy l&#39;a prise en charge le" in fragment
    for other in (office.second_officer, office.department_officer, office.applicant):
        assert browser(ground, other).get(f"/lots/{job}").status_code == 403
    assert browser(ground, office.head).get(f"/lots/{job}").status_code == 200
    assert browser(ground, office.operator).get(f"/lots/{job}").status_code == 403
    assert (
        str(job) not in browser(ground, office.operator).get("/exploitation/travaux/").text
    )


def test_another_body_s_tasks_are_not_shown(ground: Ground, task: UUID) -> None:
    people.grant(ground.office.department_officer.person_id, ground.office.department, "x")
    denis = browser(ground, ground.office.department_officer)
    page = denis.send("/lots/apercu", {"acte": "prendre", "tache": str(task)})
    assert "Une scie" not in page.text
    assert denis.send("/lots/", {"acte": "prendre", "tache": str(task)}).status_code == 422
    for hostile in ("", "x", HOSTILE, "a" * 5000):
        answer = denis.send("/lots/apercu", {"acte": "prendre", "tache": hostile})
        assert answer.status_code == 302
