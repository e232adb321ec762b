"""What the editors ask before anything is saved: tables and expressions tried, previews, uses."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import orjson
import pytest

from engine.commands import cases, people
from engine.models import ProcessInstance, db
from tests.web.designing import DECISION, Studio, opened
from web.designer import samples

ACTS = ("feel", "decisions", "donnees", "usages")
PREVIEWS = ("apercu-formulaire", "apercu-courrier/avis")
PAGES = (
    "expression",
    "modifier/rates.dmn",
    "modifier/application.form.json",
    "modifier/avis.letter.md",
)


@pytest.fixture
def studio(tmp_path) -> Iterator[Studio]:  # type: ignore[no-untyped-def]
    with opened(tmp_path) as studio:
        yield studio


class Desk:
    """A designer's desk: pages, questions in JSON, forms for the previews."""

    def __init__(self, studio: Studio, actor: Any = None) -> None:
        self.studio = studio
        self.browser = studio.browser(actor or studio.didier)
        self.draft = f"/concepteur/brouillons/{studio.draft}"

    def get(self, path: str) -> Any:
        return self.browser.client.get(f"{self.draft}/{path}")

    def ask(self, act: str, **values: Any) -> Any:
        return self.studio.send_json(self.browser, f"{self.draft}/{act}", values)

    def send(self, act: str, body: str) -> Any:
        headers = {"X-CSRFToken": self.token(), "Content-Type": "application/json"}
        return self.browser.client.post(f"{self.draft}/{act}", data=body, headers=headers)

    def show(self, act: str, **values: Any) -> Any:
        return self.browser.client.post(
            f"{self.draft}/{act}", data={"csrf_token": self.token(), **values}
        )

    def token(self) -> str:
        page = self.browser.client.get("/mentions-legales").text
        return str(page.partition('name="csrf-token" content="')[2].partition('"')[0])


def test_editors_are_for_those_who_read_the_draft(studio: Studio) -> None:
    stranger, lea = Desk(studio, studio.stranger), Desk(studio, studio.lea)
    for page in PAGES:
        answer = lea.get(page)
        assert answer.status_code == 200, page
        assert 'data-ebg-act="save"' not in answer.text, "a legal officer reads"
        assert stranger.get(page).status_code == 403, page
    for act in ACTS:
        assert stranger.ask(act).status_code == 403, act
        assert lea.ask(act).status_code == 200, act
    for act in PREVIEWS:
        assert stranger.show(act).status_code == 403, act
    for name in (
        "../x.dmn",
        "x y.dmn",
        "a..b.dmn",
        "é.form.json",
        "x" * 120 + ".letter.md",
    ):
        assert Desk(studio).get(f"modifier/{name}").status_code == 404, name


def test_a_new_file_is_named_then_opened(studio: Studio) -> None:
    desk = Desk(studio)
    begun = desk.get("nouveau?sorte=.dmn&nom=plafonds")
    assert begun.location.endswith("/modifier/plafonds.dmn")
    assert '"isNew": true' in desk.get("modifier/plafonds.dmn").text
    for name, words in (
        ("", "Donnez un nom"),
        ("a b", "Nom du fichier"),
        ("rates", "déjà"),
    ):
        back = desk.get(f"nouveau?sorte=.dmn&nom={name}")
        page = desk.browser.client.get(back.location).text
        assert words in page, name
        assert f'name="nom" autocomplete="off" required value="{name}"' in page
    assert desk.get("nouveau?sorte=.exe&nom=x").status_code == 404
    assert Desk(studio, studio.lea).get("nouveau?sorte=.dmn&nom=x").status_code == 403


def test_only_editors_relax_the_policy_and_only_previews_are_framed(studio: Studio) -> None:
    desk = Desk(studio)
    policy = desk.get("modifier/rates.dmn").headers["Content-Security-Policy"]
    assert "style-src-attr 'unsafe-inline'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in desk.get("expression").headers["Content-Security-Policy"]
    shown = desk.show("apercu-formulaire", _source="{}")
    assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
    assert "unsafe" not in shown.headers["Content-Security-Policy"]
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_an_expression_is_tried(studio: Studio) -> None:
    desk = Desk(studio)

    def tried(expression: str, kind: str = "expression", **data: Any) -> Any:
        return desk.ask("feel", expression=expression, data=data, kind=kind).json

    assert tried("montant * 2", montant=21) == {
        "value": 42, "type": "un nombre", "notes": [],
    }  # fmt: skip
    assert tried("Montant HT + 1", **{"Montant HT": 1})["value"] == 2
    assert tried("1 +* 2")["at"] == 3
    missing = tried("inconnu + 1")
    assert missing["value"] is None
    assert "inconnu" in missing["notes"][0]
    assert tried("[1..3]")["value"] == "[1..3]"
    assert tried("< 5", "unary", **{"?": 4})["value"] is True
    assert "dépasse" in tried("count(for i in 1..9999, j in 1..9999 return 1)")["error"]
    assert "error" in tried("1" * 30_000)
    assert "error" in tried("(" * 500)


def test_only_what_is_feel_is_evaluated(studio: Studio) -> None:
    desk = Desk(studio)
    for hostile in ("__import__('os')", "().__class__", "{{ config }}", "self.__dict__"):
        answer = desk.ask("feel", expression=hostile, data={"self": {}}).json
        assert answer.get("error") or answer["value"] is None, hostile
    for body in ("[]", "1", "pas du JSON", '{"expression": 1}', "[" * 3000):
        assert desk.send("feel", body).status_code == 422, body
    assert desk.browser.client.post(f"{desk.draft}/feel", json={}).status_code == 400
    assert desk.ask("feel", expression="1", data=[1]).status_code == 422


def test_a_table_is_tried_before_it_is_saved(studio: Studio) -> None:
    desk = Desk(studio)
    unsaved = DECISION.replace("0.5", "0.75")
    known = desk.ask("decisions", name="rates.dmn", text=unsaved).json["decisions"]
    assert known == [
        {
            "id": "aid_rate",
            "name": "Taux de l'aide",
            "needs": [
                {"path": "application.amount", "label": "Montant demandé", "type": "number"}
            ],
        }
    ]

    def tried(text: str, amount: Any) -> Any:
        data = {"application": {"amount": amount}}
        return desk.ask(
            "decisions", name="rates.dmn", text=text, decision="aid_rate", data=data
        ).json

    found = tried(unsaved, 10)
    assert (found["result"], [r["number"] for r in found["rules"]]) == (0.75, [1])
    assert tried(unsaved, 5000)["rules"][0]["number"] == 2
    twice = tried(unsaved.replace("FIRST", "UNIQUE"), 10)
    assert "s'appliquent ensemble" in twice["error"]
    for text in (
        "",
        "<definitions",
        DECISION.replace("0.2", "0.2 +"),
        "<!DOCTYPE a []><a/>",
    ):
        broken = tried(text, 1)
        assert broken["decisions"] == []
        assert broken["error"]


def test_samples_come_from_the_catalogue_a_scenario_or_a_case_one_handles(
    studio: Studio,
) -> None:
    desk = Desk(studio)
    scenarios = {"values": {"application": {"amount": "= 2 + 2"}}, "stories": {}}
    studio.put(desk.browser, "scenarios.json", orjson.dumps(scenarios), If_None_Match="*")
    assert desk.ask("donnees", **{"from": "catalogue"}).json["data"]["application"] == {
        "amount": 1000, "title": "title",
    }  # fmt: skip
    told = desk.ask("donnees", **{"from": "scenario:application"})
    assert told.json["data"] == {"application": {"amount": 4}}
    assert desk.ask("donnees", **{"from": "scenario:absent"}).status_code == 422
    case = _filed(studio)
    number = db.session.get_one(ProcessInstance, case).number
    for unseen in (number, "0", "' or 1=1"):
        answer = desk.ask("donnees", **{"from": f"case:{unseen}"})
        assert answer.status_code == 422, "a designer does not handle cases"
        assert "Aucun dossier" in answer.json["message"]
    people.grant(studio.didier.person_id, studio.office.region, "case_officer")
    handled = Desk(studio).ask("donnees", **{"from": f"case:{number}"})
    assert handled.json["data"]["application"]["amount"] == 500


def test_uses_of_a_name_are_found_in_the_other_files(studio: Studio) -> None:
    desk = Desk(studio)
    found = desk.ask("usages", name="amount", **{"except": "application.form.json"}).json
    assert [(one["file"], one["line"]) for one in found["found"]] == [("rates.dmn", 7)]
    assert "application.amount" in found["found"][0]["text"]
    assert desk.ask("usages", name="amoun").json["found"] == [], "whole words"
    assert desk.ask("usages", name="").json["found"] == []
    assert desk.ask("usages", name="(a+)+$").json["found"] == []


FORM = {
    "type": "default",
    "id": "essai",
    "components": [
        {
            "type": "group", "id": "one", "label": "Une", "components": [
                {"type": "radio", "key": "nature", "label": "Nature",
                 "values": [{"label": "A", "value": "a"}, {"label": "B", "value": "b"}]},
                {"type": "number", "key": "montant", "label": "Montant",
                 "validate": {"required": True, "min": 10},
                 "conditional": {"hide": '=nature = "b"'}},
                {"type": "filepicker", "key": "piece", "label": "Pièce"},
            ],
        },
        {
            "type": "group", "id": "two", "label": "Deux", "components": [
                {"type": "textfield", "key": "nom", "label": "Votre nom"},
            ],
        },
    ],
}  # fmt: skip


def test_a_form_is_previewed_as_the_applicant_will_see_it(studio: Studio) -> None:
    desk, source = Desk(studio), orjson.dumps(FORM).decode()

    def show(**typed: Any) -> str:
        return str(desk.show("apercu-formulaire", _source=source, **typed).text)

    def asks(page: str, name: str) -> bool:
        return f'name="{name}"' in page

    first = show()
    assert "Étape 1 sur 2" in first
    assert asks(first, "montant")
    assert not asks(first, "nom"), "one page at a time"
    hidden = show(_shown="1", _page="0", nature="b", _refresh="1")
    assert asks(hidden, "nature")
    assert not asks(hidden, "montant"), "conditions follow"
    short = show(_shown="1", _page="0", nature="a", montant="3", piece="", _next="1")
    assert "Un point est à corriger" in short
    assert 'value="3"' in short, "what was typed stays"
    upload = (BytesIO(b"%PDF-1.4 essai"), "devis.pdf")
    second = show(_shown="1", _page="0", nature="a", montant="30", piece=upload, _next="1")
    assert asks(second, "nom")
    assert "devis.pdf" in second, "answers travel with the page"
    values = second.partition('name="_values" value="')[2].partition('"')[0]
    values = values.replace("&#34;", '"')
    sent = show(_shown="1", _page="1", _values=values, nom="Anne", _submit="1")
    assert "pourrait être envoyée" in sent
    assert "Anne" in sent


def test_a_form_outside_the_profile_is_told_what_to_change(studio: Studio) -> None:
    desk = Desk(studio)
    wrong = {"type": "default", "components": [{"type": "html", "content": "<script>"}]}
    answer = desk.show("apercu-formulaire", _source=orjson.dumps(wrong).decode())
    assert "HTML libre n’est pas admis" in answer.text
    for source in ("", "{", "[]", "null", "[" * 5000):
        answer = desk.show("apercu-formulaire", _source=source)
        assert answer.status_code == 200, source
        assert "Corrigez d’abord ce formulaire" in answer.text
    for values in (
        "[]",
        "{",
        '{"nature": {"a": 1}, "montant": [[]], "piece": "x"}',
        "9e999",
    ):
        shown = desk.show(
            "apercu-formulaire", _source=orjson.dumps(FORM).decode(), _values=values,
            _page="-7",
        )  # fmt: skip
        assert shown.status_code == 200, values


LETTER = """# Décision {{ case.number }}

{{ recipient.name }}, votre aide de {{ format euros(application.amount) }} <b>est</b> accordée.

{{ absent }}
"""


def test_a_letter_is_previewed_as_a_page_and_as_a_pdf(studio: Studio) -> None:
    desk = Desk(studio)
    data = {"application": {"amount": 1500}, "recipient": {"name": "Mme <i>Morvan</i>"}}

    def show(
        source: str = LETTER, sample: str = orjson.dumps(data).decode(), **more: str
    ) -> Any:
        return desk.show("apercu-courrier/avis", source=source, data=sample, **more)

    page = show()
    assert page.status_code == 200
    assert "500,00&nbsp;€" in page.text
    assert "<i>Morvan" not in page.text
    assert "<b>est" not in page.text
    assert "« absent » n&#39;a pas de valeur" in page.text, "holes are told"
    pdf = show(pdf="1")
    assert pdf.mimetype == "application/pdf"
    assert pdf.data.startswith(b"%PDF")
    for source in ("", "Sans objet", "# Objet {{ 1 + }}"):
        assert "ne fait pas un courrier" in show(source).text, source
    for sample in ("[1]", "{", '{"recipient": 3, "case": [], "application": "x"}'):
        assert show(sample=sample).status_code == 200, sample


def _filed(studio: Studio) -> Any:
    case = cases.start(
        studio.definition, {"title": "Four", "amount": 500},
        actor=studio.office.applicant, applicant_id=studio.office.company,
    )  # fmt: skip
    return case.id


def test_examples_are_of_the_kind_that_is_expected() -> None:
    found = samples._examples(
        [("a", "context"), ("a.b", "number"), ("c", "list"), ("d", "")]
    )
    assert found == {"a": {"b": 1000}, "c": [], "d": "d"}
