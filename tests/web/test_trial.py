"""The trial of a draft, over HTTP: nothing real is touched, whatever is tried."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from engine import clock, procedure_drafts, trials
from engine.commands import procedure_drafts as commands
from engine.exchanges import RemoteCall
from engine.models import History, ProcessInstance, db
from tests.office import BPMN
from tests.web.designing import Studio, opened
from web.designer import throwaway
from workflows import publication

GRANTS = publication.read_folder(publication.folders()["grants.investment_aid"])


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with opened(tmp_path_factory.mktemp("studio")) as studio:
        yield studio
    throwaway.stop()


class Trial:
    """Somebody who tries the draft, page after page."""

    def __init__(self, studio: Studio, actor: Any) -> None:
        self.studio, self.actor = studio, actor
        self.browser = studio.browser(actor)
        self.address = f"/concepteur/brouillons/{studio.draft}/essai"

    @property
    def story(self) -> Any:
        db.session.rollback()
        return trials.of(self.studio.draft, self.actor.person_id)

    @property
    def steps(self) -> list[Any]:
        return list(self.story.steps) if self.story else []

    def page(self) -> str:
        answer = self.browser.get(self.address)
        assert answer.status_code == 200
        return str(answer.text)

    def post(self, act: str, status: int = 200, **typed: Any) -> str:
        seen = self.story.rev if self.story else 0
        answer = self.browser.post(f"{self.address}/{act}", {"_vu": seen, **typed})
        assert answer.status_code == status, answer.text
        return str(answer.text)

    def fill(self, element: str, status: int = 200, **typed: Any) -> str:
        return self.post(f"formulaire?tache={element}", status, _submit="1", **typed)


def counts() -> list[int]:
    return [
        db.session.scalar(select(func.count()).select_from(table)) or 0
        for table in (ProcessInstance, History, RemoteCall)
    ]


def put(studio: Studio, **files: bytes) -> None:
    commands.replace_files(studio.draft, files, whole=False, actor=studio.didier)


def test_a_case_is_tried_to_its_end_and_kept_as_a_scenario(studio: Studio) -> None:
    before, shift = counts(), clock.shift()
    trial = Trial(studio, studio.didier)
    assert "pas commencé" in trial.page()
    wrong = trial.fill("demande", 422, title="Mon atelier", amount="beaucoup")
    assert "Montant demandé" in wrong
    assert "beaucoup" in wrong
    assert "Mon atelier" in wrong
    trial.fill("demande", title="=1+1", amount="500")
    assert trial.steps[0]["start"]["title"] == '="=1+1"', "a text stays a text"
    page = trial.page()
    assert "=1+1" in page
    assert "Donner son avis" in page or "review" in page
    assert "Une demande est déposée" in page
    trial.post("temps", jours="3")
    assert "Le temps passe : 3 jours" in trial.page()
    trial.post("retour", garder="1")
    assert len(trial.steps) == 1
    trial.fill("review", title="Favorable")
    page = trial.page()
    assert "terminé" in page
    trial.post("scenario", titre="Une petite aide")
    told = json.loads(procedure_drafts.files(studio.draft)["scenarios.json"])
    assert told["stories"]["Une petite aide"][-1] == {"end": "decided"}
    assert (counts(), clock.shift()) == (before, shift), "the real office saw nothing"
    editor = f"/concepteur/brouillons/{studio.draft}/modifier/scenarios.json"
    assert "Une petite aide" in trial.browser.get(editor).text
    played = trial.browser.post(f"{trial.address[:-6]}/scenarios/jouer", {}).text
    assert "va à son bout" in played
    broken = json.loads(json.dumps(told))
    broken["stories"]["Une petite aide"][1]["as"] = "head_of_service"
    put(studio, **{"scenarios.json": json.dumps(broken).encode()})
    played = trial.browser.post(f"{trial.address[:-6]}/scenarios/jouer", {}).text
    assert "échoue" in played
    assert "Étape 2" in played
    assert "pas à head_of_service" in played


def test_two_windows_do_not_write_over_each_other(studio: Studio) -> None:
    trial = Trial(studio, studio.dora)
    trial.fill("demande", title="A", amount="5")
    late = trial.browser.post(f"{trial.address}/temps", {"_vu": 0, "jours": "1"})
    assert late.status_code == 409
    assert "dans une autre fenêtre" in late.text
    assert len(trial.steps) == 1


def test_bad_input_is_told_and_changes_nothing(studio: Studio) -> None:
    trial = Trial(studio, studio.lea)
    trial.fill("demande", title="A", amount="5")
    for act, typed, said in (
        ("temps", {"jours": "zéro"}, "Jours : un nombre entier"),
        ("temps", {"jours": "99999999"}, "Jours : un nombre entier"),
        ("temps", {"prochaine": "1"}, "Aucune date"),
        ("retour", {"garder": "77"}, "plus dans l’essai"),
        ("ouverture", {"scenario": "rien"}, "Scénario : choisissez"),
        ("valeurs", {"valeurs": "rien"}, "Valeurs : choisissez"),
        ("reponse", {"appel": "oseo.request_opinion"}, "plus de réponse"),
        ("message", {"message": "grants.nothing"}, "plus attendu"),
        ("scenario", {"titre": ""}, "Titre du scénario"),
        ("scenario", {"titre": "x"}, "Seuls les concepteurs"),
        ("inventé", {}, "ne connaît pas"),
    ):
        assert said in trial.post(act, 422, **typed), act
    assert len(trial.steps) == 1
    assert "plus à faire" in trial.fill("nowhere", 422)


def test_who_may_try(studio: Studio) -> None:
    draft = f"/concepteur/brouillons/{studio.draft}"
    for actor in (studio.stranger, studio.office.officer, studio.office.applicant):
        browser = studio.browser(actor)
        assert browser.get(f"{draft}/essai").status_code == 403
        assert browser.get(f"{draft}/modifier/scenarios.json").status_code == 403
        assert (
            browser.post(f"{draft}/essai/temps", {"_vu": 0, "jours": 1}).status_code == 403
        )
        assert browser.post(f"{draft}/scenarios/jouer", {}).status_code == 403
    lea = studio.browser(studio.lea)
    assert lea.get(f"{draft}/modifier/scenarios.json").status_code == 200
    saved = lea.post(f"{draft}/modifier/scenarios.json", {"source": "{}", "rev": ""})
    assert saved.status_code == 403, "a legal officer reads"


def test_the_file_of_scenarios_is_checked_and_what_is_typed_is_kept(studio: Studio) -> None:
    didier = studio.browser(studio.didier)
    address = f"/concepteur/brouillons/{studio.draft}/modifier/scenarios.json"
    put(studio, **{"scenarios.json": b'{"stories": {"Une": [{"pass": "P1D"}]}}'})
    found = procedure_drafts.file(studio.draft, "scenarios.json")
    assert found
    for typed, said in (
        ("{", "JSON lisible"),
        ("[]", "objet JSON"),
        ('{"tales": {}}', "n'est pas attendu"),
        ('{"stories": {"Une": {}}}', "liste d'étapes"),
        ('{"stories": {"Une": [{"pass": 3}]}}', "étape 1"),
        ('{"stories": {"Une": [{"task": "a"}]}}', "rôle"),
        ('{"stories": {"Une": [{"start": "a", "task": "b"}]}}', "une chose à la fois"),
        ('{"stories": {"Une": [' + ",".join(['{"pass":"P1D"}'] * 10_000) + "]}}", "200"),
        ('{"values": ' + "[" * 100 + "]" * 100 + "}", "niveaux"),
    ):
        answer = didier.post(address, {"source": typed, "rev": found[1]})
        assert answer.status_code == 422, typed[:80]
        assert said in answer.text.replace("&#39;", "'"), (typed[:80], said)
        assert typed[:20].replace('"', "&#34;") in answer.text, "what was typed is kept"
    late = didier.post(address, {"source": "{}", "rev": found[1] - 1 or 99})
    assert late.status_code == 422
    change = f"/concepteur/brouillons/{studio.draft}/scenarios"
    didier.post(f"{change}/renommer", {"scenario": "Une", "titre": "Deux"})
    assert b"Deux" in procedure_drafts.files(studio.draft)["scenarios.json"]
    assert (
        didier.post(f"{change}/renommer", {"scenario": "Une", "titre": "x"}).status_code
        == 422
    )
    didier.post(f"{change}/supprimer", {"scenario": "Deux"})
    assert b"Deux" not in procedure_drafts.files(studio.draft)["scenarios.json"]


def setting(**more: Any) -> dict[str, Any]:
    told = json.loads(GRANTS["scenarios.json"])
    contact = {
        "service": "Aides",
        "address": "17 boulevard",
        "email": "a@b.test",
        "phone": "03",
    }
    return {
        "key": "grants.investment_aid",
        "files": GRANTS,
        "owner": {"name": "Région", "insee": "REG-27"},
        "others": [{"name": "Département 21", "insee": "DEP-21"}],
        "parameters": {"contact": contact},
        "values": told["values"],
        "partners": told["partners"],
        **more,
    }


def test_a_partner_that_waits_answers_what_one_says_or_what_its_sandbox_does(
    studio: Studio,
) -> None:
    call, since = "oseo.request_opinion", clock.now().isoformat()
    checked = {"task": "check_admissibility", "as": "case_officer",
               "values": {"assisted_area": "no", "outcome": "admissible"}}  # fmt: skip
    steps: list[Any] = [{"hold": call}, {"start": "application"}, checked]
    found = throwaway.show(setting(), steps, since=since)
    assert [c["operation"] for c in found["calls"]] == [call]
    assert "request_oseo" in found["waits"]
    due = [t["element"] for t in found["timers"]]
    assert {"silence", "department_deadline"} <= set(due)
    answered = throwaway.show(setting(), steps, since=since, sandbox=call)
    assert answered["step"]["value"]["reference"].startswith("OSEO-")
    assert answered["calls"] == [], "and the story went on with it"
    steps += [{"refuse": call, "reasons": ["Hors champ"]}]
    found = throwaway.show(setting(), steps, since=since)
    assert (found["calls"], found["broken"]) == ([], None)
    assert found["now"][:10] == since[:10], "the clock of a trial begins when it began"


LOOP = b"""<bpmn:process id="grants.endless" name="Sans fin" isExecutable="true">
  <bpmn:startEvent id="begun" name="Demande"/>
  <bpmn:exclusiveGateway id="again" name="Encore" default="l1"/>
  <bpmn:scriptTask id="more" name="Compter"><bpmn:script>{n: 1}</bpmn:script></bpmn:scriptTask>
  <bpmn:endEvent id="ended" name="Fin"/>
  <bpmn:sequenceFlow id="l0" sourceRef="begun" targetRef="again"/>
  <bpmn:sequenceFlow id="l1" sourceRef="again" targetRef="more"/>
  <bpmn:sequenceFlow id="l2" sourceRef="more" targetRef="again"/>
  <bpmn:sequenceFlow id="l3" sourceRef="again" targetRef="ended">
    <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">n = 2</bpmn:conditionExpression>
  </bpmn:sequenceFlow>
</bpmn:process>"""


def test_a_diagram_that_never_stops_is_stopped(studio: Studio) -> None:
    drawn = BPMN.encode().replace(b"{body}", LOOP)
    endless = setting(key="grants.endless", files={"process.bpmn": drawn})
    (told,) = throwaway.play(endless, [[{"start": {"n": 1}}]]) or [{"broken": "stopped"}]
    assert told["broken"], told


def test_hostile_stories_and_diagrams_are_bounded(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = clock.now().isoformat()
    stories: list[Any] = [
        [{"task": "nowhere", "as": "nobody"}],
        [{"start": "application"}, {"task": "nowhere", "as": "nobody"}],
        [{"start": {"siret": {"a": [1]}, "project": 7}}],
        [{"start": "application", "with": {"project.commune.x": 1}}],
        [{"start": "application"}, {"pass": "P99999999999D"}],
        [{"start": "application"}, {"answer": 3, "value": None}],
        [{"start": "application"}, {"message": "grants.withdrawal", "payload": []}],
        [{"start": "application", "data": {"a.b.c": "=" + "(" * 500}}],
        [{"start": "=1"}],
        "nothing",
        [None] * 10_000,
        [{"pass": "P1D"}] * 10_000,
    ]
    found = throwaway.play(setting(), stories)
    assert len(found) == len(stories)
    for story, one in zip(stories, found, strict=True):
        assert one.get("broken"), str(story)[:100]
        assert one["broken"]["message"].strip(), story
    with pytest.raises(throwaway.TrialStopped):
        monkeypatch.setattr(throwaway, "LONGEST", 0.01)
        throwaway.show(setting(), [{"start": "application"}], since=since)


def test_a_diagram_that_cannot_be_published_says_why(studio: Studio) -> None:
    files = {"process.bpmn": b"<no/>"}
    found = throwaway.show(setting(files=files), [], since=clock.now().isoformat())
    assert found["refused"]


def test_nothing_of_the_office_reaches_a_trial() -> None:
    """Its process is given no address, no secret, and cannot write but in its own folder."""
    waiting = throwaway.Waiting.start()
    environ, limit = b"", time.monotonic() + 60
    while not environ and time.monotonic() < limit:  # until it is itself
        environ = Path(f"/proc/{waiting.process.pid}/environ").read_bytes()
    assert {line.partition(b"=")[0] for line in environ.split(b"\0") if line} == {
        b"PATH", b"LANG", b"PYTHONHASHSEED",
    }  # fmt: skip
    folder = Path(waiting.folder.name)
    waiting.end()
    assert waiting.process.returncode is not None
    assert not folder.exists()
