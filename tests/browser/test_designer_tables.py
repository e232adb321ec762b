"""The editors of tables, forms, letters and expressions, at the keyboard of a designer."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect

from engine import decisions
from forms import compile_form
from tests.browser import meaning, serving
from tests.browser.reader import Reader
from tests.browser.serving import Served
from tests.conftest import ROOT
from tests.web import designing
from tests.web.browser import client

LONG = 60_000
OVERLAPPING = designing.DECISION.replace("FIRST", "UNIQUE")
GAPPED = designing.DECISION.replace(">-<", ">&gt; 2000<")
EDITORS = "document.querySelector('[data-ebg-editor]').editor.views"
# Each text is opened by an editor, which then writes it again as if it had been changed.
WRITE_AGAIN = f"""async ([name, texts]) => {{
  const view = {EDITORS}[name], written = [];
  document.querySelector(`[data-ebg-place="view-${{name}}"]`).hidden = false;
  for (const text of texts) {{
    try {{
      await view.open(text);
      view.touched = true;
      written.push([await view.text(), ""]);
    }} catch (failure) {{
      written.push(["", failure.message]);
    }}
  }}
  return written;
}}"""


class Studio:
    """The office, a draft in it, and the cookies of two designers."""

    def __init__(self) -> None:
        self.draft = ""
        self.sessions: dict[str, str] = {}
        self.served: Served | None = None

    def furnish(self, app: Flask) -> None:
        studio = designing.prepare(app)
        self.draft = f"/concepteur/brouillons/{studio.draft}"
        for name, actor in (("didier", studio.didier), ("dora", studio.dora)):
            cookie = client(app, actor).get_cookie("session")
            assert cookie is not None
            self.sessions[name] = cookie.value


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    made = Studio()
    with serving.office(tmp_path_factory.mktemp("studio"), made.furnish) as served:
        made.served = served
        yield made


class Desk:
    """Somebody before an editor."""

    def __init__(self, chromium: Browser, studio: Studio, who: str = "didier") -> None:
        assert studio.served is not None
        self.reader = Reader(chromium, studio.served.url, javascript=True)
        self.page: Page = self.reader.page
        self.page.set_default_timeout(LONG)
        self.draft = studio.draft
        cookie = {
            "name": "session",
            "value": studio.sessions[who],
            "url": studio.served.url,
        }
        self.reader.context.add_cookies([cookie])  # type: ignore[list-item]

    def open(self, path: str) -> None:
        self.reader.open(f"{self.draft}/{path}")
        self.page.wait_for_selector("[data-ebg-editor]:not([aria-busy])", timeout=LONG)

    def edit(self, name: str) -> None:
        self.open(f"modifier/{name}")

    def view(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def place(self, name: str) -> Locator:
        return self.page.locator(f'[data-ebg-place="{name}"]')

    def says(self, place: str, words: str) -> None:
        expect(self.place(place)).to_contain_text(words, timeout=LONG)

    def saved(self, name: str) -> str:
        answer = self.reader.context.request.get(f"{self.draft}/fichiers/{name}")
        return answer.text()

    def save(self, name: str, text: str) -> None:
        """As another window of the same person would."""
        read = self.reader.context.request.get(f"{self.draft}/fichiers/{name}")
        token = self.page.locator("meta[name=csrf-token]").get_attribute("content") or ""
        answer = self.reader.context.request.put(
            f"{self.draft}/fichiers/{name}",
            data=text,
            headers={"If-Match": read.headers["etag"], "X-CSRFToken": token},
        )
        assert answer.ok, answer.text()


@pytest.fixture
def desk(chromium: Browser, studio: Studio) -> Iterator[Desk]:
    desk = Desk(chromium, studio)
    yield desk
    desk.reader.leave()


def files(*patterns: str) -> dict[str, str]:
    found = [
        f
        for root in ("workflows", "forms")
        for p in patterns
        for f in (ROOT / root).rglob(p)
    ]
    return {str(f.relative_to(ROOT)): f.read_text() for f in sorted(found)}


def written(desk: Desk, view: str, texts: dict[str, str]) -> dict[str, tuple[str, str]]:
    answers: Any = desk.page.evaluate(WRITE_AGAIN, [view, list(texts.values())])
    return dict(zip(texts, map(tuple, answers), strict=True))


def test_every_table_and_form_comes_back_the_same(desk: Desk) -> None:
    desk.edit("rates.dmn")
    tables = files("*.dmn") | {"essai": designing.DECISION, "deux": OVERLAPPING}
    for view in ("plain", "drawing"):
        for name, (text, why) in written(desk, view, tables).items():
            before = tables[name].encode()
            assert not why, (view, name, why)
            assert meaning.of_text(text.encode()) == meaning.of_text(before), (view, name)
            others = [one.encode() for other, one in tables.items() if other != name]
            assert decisions.compile(text.encode(), others), (view, name)
            if "import" not in tables[name]:
                assert meaning.of_tables(text.encode()) == meaning.of_tables(before)
    desk.edit("application.form.json")
    forms = files("*.form.json")
    assert len(forms) > 10
    for view in ("plain", "drawing"):
        for name, (text, why) in written(desk, view, forms).items():
            assert not why, (view, name, why)
            before = compile_form(forms[name].encode())
            assert compile_form(text.encode()).to_json() == before.to_json(), (view, name)


# Adds a rule and a column of each kind, moves them, then takes them away, as a person would.
THERE_AND_BACK = f"""async (texts) => {{
  const view = {EDITORS}.plain, written = [];
  const press = (label) => {{
    const named = (one) => one.textContent.trim() === label || one.title === label;
    const found = [...view.pane.querySelectorAll("button")].filter(named).at(-1);
    if (!found) throw new Error(label);
    found.click();
  }};
  for (const text of texts) {{
    await view.open(text);
    const before = view.pane.querySelectorAll("[data-ebg-rule]").length;
    press("Ajouter une règle");
    press(`Monter la règle ${{before + 1}}`);
    press(`Descendre la règle ${{before}}`);
    press(`Ajouter une règle après la règle ${{before + 1}}`);
    press(`Retirer la règle ${{before + 2}}`);
    press(`Retirer la règle ${{before + 1}}`);
    for (const kind of ["condition", "résultat", "annotation"]) {{
      press(`Ajouter un${{kind === "résultat" ? "" : "e"}} ${{kind}}`);
      const spots = {{ condition: "input", résultat: "output", annotation: "annotation" }};
      const columns = view.pane.querySelectorAll(`[data-ebg-spot^="${{spots[kind]}}-"]`);
      const acts = columns[columns.length - 1].closest("fieldset").querySelectorAll("button");
      acts[acts.length - 1].click();
    }}
    written.push(view.text());
  }}
  return written;
}}"""


def test_what_is_added_then_taken_away_leaves_no_trace(desk: Desk) -> None:
    desk.edit("rates.dmn")
    tables = files("*.dmn") | {"essai": designing.DECISION}
    again = desk.page.evaluate(THERE_AND_BACK, list(tables.values()))
    for (name, before), after in zip(tables.items(), again, strict=True):
        assert meaning.of_text(after.encode()) == meaning.of_text(before.encode()), name


# What somebody does in the drawing of decisions: one more decision, held by a table.
DRAW_A_DECISION = f"""async () => {{
  const {{ modeler }} = {EDITORS}.drawing;
  await modeler.open(modeler.getViews().find(({{ type }}) => type === "drd"));
  const drawn = modeler.getActiveViewer();
  const [factory, modeling, canvas, replace] = ["elementFactory", "modeling", "canvas",
    "drdReplace"].map((name) => drawn.get(name));
  const shape = factory.createShape({{ type: "dmn:Decision" }});
  modeling.createShape(shape, {{ x: 400, y: 200 }}, canvas.getRootElement());
  modeling.updateProperties(shape, {{ id: "drawn_too", name: "Dessinée" }});
  replace.replaceElement(shape, {{ type: "dmn:Decision", table: true, expression: false }});
}}"""


def test_the_drawing_loses_nothing_in_silence(desk: Desk) -> None:
    desk.edit("rates.dmn")
    newer = designing.DECISION.replace("20191111", "20230324")
    unknown = newer.replace(
        "</decision>", "</decision><decision id='c' name='c'><conditional><if><literalExpression>"
        "<text>true</text></literalExpression></if></conditional></decision>",
    )  # fmt: skip
    odd = {"newer": newer, "unknown": unknown, "not xml": "<a", "other": "<a/>"}
    drawn = written(desk, "drawing", odd)
    assert meaning.of_tables(drawn["newer"][0].encode()) == meaning.of_tables(
        newer.encode()
    )
    assert "conditional" in drawn["unknown"][1]
    assert "pas du XML correct" in drawn["not xml"][1]
    assert "definitions attendu" in drawn["other"][1]
    plain = written(desk, "plain", odd)
    assert "conditional" in plain["unknown"][0], (
        "the plain editor keeps what it does not know"
    )


def test_a_table_is_written_with_the_keyboard_alone(desk: Desk) -> None:
    desk.edit("rates.dmn")
    page = desk.page
    page.get_by_role("button", name="Ajouter une règle", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.type("> 9000")
    page.keyboard.press("Tab")
    page.keyboard.type("0.9")
    page.keyboard.press("Tab")
    page.keyboard.type("Article 3")
    desk.says("state", "Modifications non enregistrées")
    page.get_by_role("button", name="Monter la règle 3").press("Enter")
    page.get_by_role("button", name="Monter la règle 2").press("Enter")
    expect(page.get_by_label("Règle 1, Taux")).to_have_value("0.9")
    desk.reader.look("table")
    page.keyboard.press("Control+s")
    desk.says("state", "Enregistré")
    kept = meaning.of_tables(desk.saved("rates.dmn").encode())["aid_rate"][2][0]
    assert [rule[2:] for rule in kept[5]] == [
        (["> 9000"], ["0.9"]), (["< 1000"], ["0.5"]), (["-"], ["0.2"]),
    ]  # fmt: skip
    assert kept[5][0][0] == "Article 3"
    page.get_by_label("Montant demandé (application.amount)").fill("12000,5")
    page.keyboard.press("Enter")
    desk.says("trial", "« Taux de l'aide », règle 1")
    expect(page.locator("tr.ebg-applied")).to_contain_text("s’applique")
    page.get_by_role("button", name="Retirer la règle 1").press("Enter")
    page.get_by_role("button", name=re.compile("^Annuler le dernier")).press("Enter")
    expect(page.get_by_label("Règle 1, Taux")).to_have_value("0.9")
    page.get_by_text("Colonnes de la table").press("Enter")
    page.get_by_role("button", name="Ajouter une condition").press("Enter")
    page.get_by_role("group", name="2").get_by_label("Libellé").fill("Nature")
    page.get_by_label("Expression regardée").nth(1).fill("application.title")
    page.get_by_role("button", name="Déplacer « Nature » vers la gauche").press("Enter")
    expect(page.get_by_label("Règle 1, Nature")).to_have_value("-")
    page.get_by_label("Quand plusieurs règles s’appliquent").select_option("COLLECT")
    page.get_by_label("Réunir par").select_option("SUM")
    desk.view("Texte")
    text = page.get_by_label("Le fichier DMN (XML)").input_value()
    table = meaning.of_tables(text.encode())["aid_rate"][2][0]
    assert table[1:3] == ("COLLECT", "SUM")
    assert [column[:2] for column in table[3]] == [
        ("Nature", "application.title"), ("Montant demandé", "application.amount"),
    ]  # fmt: skip


def test_what_is_unfolded_stays_so_however_fast_one_types(desk: Desk) -> None:
    """Both gestures in one breath: no event has told of the first when the second draws."""
    desk.edit("rates.dmn")
    desk.page.evaluate("""() => {
      const pane = document.querySelector("[data-ebg-place=view-plain]");
      pane.querySelector("[data-ebg-columns] > summary").click();
      const adds = [...pane.querySelectorAll("[data-ebg-columns] button")];
      adds.find((one) => one.textContent === "Ajouter une condition").click();
    }""")
    label = desk.page.get_by_role("group", name="2").get_by_label("Libellé")
    expect(label).to_be_focused(timeout=LONG)
    label.fill("Nature")  # the mouse leaves it for a button that bears its name
    desk.page.get_by_role("button", name="Déplacer « 2 » vers la gauche").click()
    expect(desk.page.locator("[data-ebg-spot=input-0-0]")).to_have_value("Nature")
    expect(desk.page.get_by_label("Règle 1, Nature")).to_have_value("-")


def test_what_the_review_says_stands_beside_the_rules(desk: Desk) -> None:
    desk.edit("rates.dmn")
    for text, words, rows in (
        (OVERLAPPING, "s'appliquent ensemble", 2),
        (GAPPED, "Aucune règle", 0),
    ):
        desk.view("Texte")
        desk.page.get_by_label("Le fichier DMN (XML)").fill(text)
        desk.view("Tableau")
        desk.says("problems", words)
        expect(desk.page.locator(".ebg-remark-row")).to_have_count(rows, timeout=LONG)
        desk.says("view-plain", words)


def test_a_drawn_table_is_saved(desk: Desk) -> None:
    desk.edit("drawn.dmn")
    desk.view("Dessin")
    page, canvas = desk.page, desk.page.locator("[data-ebg-canvas]")
    expect(canvas.locator(".bjs-powered-by")).to_be_visible(timeout=LONG)
    page.get_by_label("Partie du fichier").select_option(label="drawn")
    expect(canvas.get_by_text("Règles retenues :")).to_be_visible()
    cell = canvas.locator("td.output-cell").first
    cell.click()
    page.keyboard.press("Control+a")
    page.keyboard.type('"non"')
    desk.says("state", "Modifications non enregistrées")
    desk.reader.look("table-drawn")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    desk.says("state", "Enregistré")
    compiled = decisions.compile(desk.saved("drawn.dmn").encode())
    assert decisions.evaluate(compiled, "drawn", {}) == "non"
    page.evaluate(DRAW_A_DECISION)
    desk.says("state", "Modifications non enregistrées")
    desk.view("Tableau")
    expect(page.get_by_role("heading", name="Dessinée")).to_be_visible(timeout=LONG)
    made = page.locator("section", has=page.get_by_role("heading", name="Dessinée"))
    made.get_by_text("Colonnes de la table").click()
    made.get_by_label("Expression regardée").fill("case.number")
    made.get_by_role("button", name="Ajouter une règle", exact=True).click()
    made.locator("tbody textarea").nth(1).fill('"tracée"')
    page.keyboard.press("Control+s")
    desk.says("state", "Enregistré")
    compiled = decisions.compile(desk.saved("drawn.dmn").encode())
    assert decisions.evaluate(compiled, "drawn_too", {"case": {"number": "1"}}) == "tracée"


def test_nothing_typed_is_lost(desk: Desk, chromium: Browser, studio: Studio) -> None:
    page = desk.page
    desk.edit("rates.dmn")
    desk.reader.refused_with |= {412, 422, 423}
    first = page.get_by_label("Règle 1, Taux")
    first.fill("0.11")
    desk.save("rates.dmn", designing.DECISION)
    page.keyboard.press("Control+s")
    desk.says("message", "a enregistré ce fichier depuis que vous l’avez ouvert")
    expect(first).to_have_value("0.11")
    desk.reader.look("table-conflict")
    page.get_by_role("button", name="Enregistrer le mien par-dessus").click()
    desk.says("state", "Enregistré")
    assert "0.11" in desk.saved("rates.dmn")

    desk.reader.context.set_offline(True)
    first.fill("0.12")
    page.keyboard.press("Control+s")
    desk.says("message", "Le serveur ne répond pas")
    expect(first).to_have_value("0.12")
    desk.reader.context.set_offline(False)
    page.get_by_role("button", name="Essayer encore").click()
    desk.says("state", "Enregistré")
    desk.reader.wrong.clear()  # the console tells of the network that was cut

    desk.view("Texte")
    source = page.get_by_label("Le fichier DMN (XML)")
    broken = source.input_value().replace("</decision>", "")
    source.fill(broken)
    desk.view("Tableau")
    desk.says("message", "pas du XML correct")
    expect(source).to_have_value(broken)
    page.keyboard.press("Control+s")
    desk.says("message", "rates.dmn")
    expect(source).to_have_value(broken)
    upload = {"name": "x.dmn", "mimeType": "text/xml", "buffer": broken.encode()}
    desk.view("Texte")
    source.fill(designing.DECISION)
    desk.view("Tableau")
    desk.place("upload").set_input_files(upload)  # type: ignore[arg-type]
    desk.says("message", "pas du XML correct")
    expect(source).to_have_value(broken)
    page.reload()
    page.wait_for_selector("[data-ebg-editor]:not([aria-busy])", timeout=LONG)
    desk.says("message", "n’a pas été enregistré")
    page.get_by_role("button", name="Le reprendre").click()
    expect(source).to_have_value(broken)
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger", exact=True).click()
    assert Path(download.value.path()).read_text() == broken

    dora = Desk(chromium, studio, "dora")
    dora.reader.refused_with.add(423)
    dora.edit("rates.dmn")
    dora.reader.reads("Didier Faure écrit dans ce brouillon")
    dora.page.get_by_label("Règle 1, Taux").fill("0.77")
    dora.page.keyboard.press("Control+s")
    dora.says("message", "Didier Faure écrit dans ce brouillon")
    expect(dora.page.get_by_label("Règle 1, Taux")).to_have_value("0.77")
    dora.reader.leave()
    assert not desk.reader.wrong


def test_a_form_is_written_with_the_keyboard_and_previewed(desk: Desk) -> None:
    desk.edit("application.form.json")
    page = desk.page
    page.get_by_label("Ajouter à ce groupe").select_option("radio")
    page.get_by_role("button", name="Ajouter", exact=True).first.press("Enter")
    body = page.locator(".ebg-question[open]").last
    body.get_by_label("Libellé", exact=True).fill("Nature du projet")
    body.get_by_label("Clé", exact=True).fill("nature")
    body.get_by_label("Réponses possibles").fill("achat = Un achat\ntravaux = Des travaux")
    body.get_by_label("Réponse obligatoire").check()
    page.get_by_role("button", name="Monter « Nature du projet »").press("Enter")
    page.locator("summary", has_text="Montant demandé").press("Enter")
    amount = page.locator("[data-ebg-id=amount]")
    amount.get_by_label("Cacher si (FEEL)").fill('= nature = "achat"')
    desk.reader.look("form")
    page.get_by_role("button", name="Voir l’aperçu").click()
    frame = page.frame_locator("iframe[name=form-preview]")
    expect(frame.get_by_label("Montant demandé")).to_be_visible(timeout=LONG)
    frame.get_by_label("Un achat").check()
    expect(frame.get_by_label("Montant demandé")).to_have_count(0, timeout=LONG)
    page.get_by_role("button", name="Téléphone").click()
    width = page.frame(name="form-preview").evaluate(  # type: ignore[union-attr]
        "[innerWidth, document.documentElement.scrollWidth]"
    )
    assert width[0] < 400
    assert width[1] <= width[0]
    frame.get_by_role("button", name="Vérifier comme à l’envoi").click()
    expect(frame.locator("#form-errors")).to_contain_text(
        "Objet de la demande", timeout=LONG
    )

    amount.get_by_label("Clé", exact=True).fill("montant")
    page.keyboard.press("Tab")
    desk.says("usages", "rates.dmn")
    amount.get_by_label("Libellé", exact=True).fill("")
    desk.says("view-plain", "Donnez un libellé")
    amount.get_by_label("Libellé", exact=True).fill("Montant")
    page.keyboard.press("Control+s")
    desk.says("state", "Enregistré")
    form = compile_form(desk.saved("application.form.json").encode())
    names = [node.key for node in form.nodes[0].nodes]  # type: ignore[union-attr]
    assert names == ["title", "nature", "montant"]
    desk.view("Dessin")
    canvas = page.locator("[data-ebg-canvas]")
    expect(canvas.get_by_text("Nature du projet")).to_be_visible(timeout=LONG)
    expect(canvas.locator(".fjs-palette-field")).to_have_count(15)
    desk.reader.look("form-drawn")
    canvas.get_by_text("Nature du projet").click()
    canvas.get_by_text("Réglages de la plateforme").click()
    canvas.get_by_label("Aide ajoutée").click()
    page.keyboard.type("Un achat ou des travaux.")
    page.keyboard.press("Control+s")
    desk.says("state", "Enregistré")
    form = compile_form(desk.saved("application.form.json").encode())
    nature = form.question("nature")
    assert nature is not None
    assert nature.hint == "Un achat ou des travaux.", "what is typed is not cut short"


def test_a_letter_cites_data_and_an_expression_is_tried(desk: Desk) -> None:
    desk.edit("avis.letter.md")
    page = desk.page
    box = page.get_by_label("Texte du courrier")
    box.fill("# Avis\n\nBonjour, votre montant est ")
    page.get_by_label("Donnée du dossier").select_option("case.number")
    page.get_by_role("button", name="Insérer dans le texte").press("Enter")
    expect(box).to_have_value("# Avis\n\nBonjour, votre montant est {{ case.number }}")
    page.get_by_role("button", name="Prendre ces données").click()
    expect(page.get_by_label("Données d’exemple (JSON)")).to_have_value(
        re.compile("application")
    )
    page.get_by_role("button", name="Voir l’aperçu").click()
    frame = page.frame_locator("iframe[name=letter-preview]")
    expect(frame.locator(".ebg-letter")).to_contain_text(
        "votre montant est number", timeout=LONG
    )
    desk.reader.look("letter")
    page.keyboard.press("Control+s")
    desk.says("state", "Enregistré")
    desk.open("expression")
    page.get_by_label("Expression", exact=True).fill("application.amount * * 2")
    page.get_by_role("button", name="Essayer l’expression").click()
    expect(page.locator(".ebg-pointed mark")).to_have_text("*", timeout=LONG)
    page.get_by_label("Données d’exemple (JSON)").fill('{"application": {"amount": 21}}')
    page.get_by_label("Expression", exact=True).fill("application.amount * 2")
    page.get_by_role("button", name="Essayer l’expression").click()
    desk.says("trying", "42")
    desk.reader.look("expression")
