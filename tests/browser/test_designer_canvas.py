"""Drawing a procedure in the browser: with the keyboard alone, in French, and nothing lost."""

import re

from playwright.sync_api import Route, expect

from tests.browser.canvas import KEY, LONG, Canvas
from tests.browser.conftest import Enter
from tests.engine.spiff.drawing import chain, document, end, process, start, user

WALK = """({ modeler, missing }) => {
  const said = [];
  const menu = modeler.get("popupMenu"), pad = modeler.get("contextPad");
  const entries = (all) => said.push(...Object.values(all).map(({ title, label }) => title ?? label).filter(Boolean));
  entries(modeler.get("palette").getEntries());
  for (const element of modeler.get("elementRegistry").getAll()) {
    if (!element.businessObject) continue;
    entries(pad.getEntries(element));
    for (const id of ["bpmn-replace"]) {
      const providers = menu._getProviders(id);
      entries(menu._getEntries(element, providers));
      entries(menu._getHeaderEntries(element, providers));
    }
    modeler.get("selection").select(element);
  }
  const words = document.querySelector("[data-ebg-bpmn]").innerText;
  return { said: [...new Set(said)], missing: [...missing], words };
}"""
ENGLISH = re.compile(
    r"\b(the|start|end|gateway|throw|catch|append|create|delete|change|lane|pool|event|add"
    r"|task|with|connect|activate|tool|boundary|loop)\b",
    re.IGNORECASE,
)
REFUSED_START = "Début : condition"


def test_the_page_is_sound_and_bears_its_mark(enter: Enter) -> None:
    """No axe violation, nothing refused by the policy, 320 pixels; the mark is whole."""
    canvas = Canvas(enter)
    canvas.open()
    canvas.reader.look("designer-canvas")
    policy = [
        canvas.reader.context.request.get(address).headers["content-security-policy"]
        for address in (canvas.page.url, canvas.draft)
    ]
    assert ["style-src-attr" in one for one in policy] == [True, False]
    canvas.reader.open(f"{canvas.draft}/modifier/process.bpmn#check_admissibility")
    expect(canvas.field("Nom")).to_have_value("Examiner la recevabilité", timeout=LONG)
    canvas.reader.look("designer-canvas-task")
    for width in (1280, 320):
        canvas.page.set_viewport_size({"width": width, "height": 900})
        mark = canvas.page.locator(".bjs-powered-by")
        mark.scroll_into_view_if_needed()
        on_top = mark.evaluate(
            """(mark) => {
              const { left, top, width, height } = mark.getBoundingClientRect();
              return [[0.2, 0.5], [0.5, 0.2], [0.8, 0.8]].every(([x, y]) =>
                mark.contains(document.elementFromPoint(left + x * width, top + y * height)));
            }"""
        )
        assert on_top, f"the mark of bpmn.io is covered at {width} pixels"


def test_everything_offered_is_french_and_runs(enter: Enter) -> None:
    canvas = Canvas(enter)
    canvas.open()
    walked = canvas.ask(WALK)
    assert walked["missing"] == []
    assert len(walked["said"]) > 40
    assert [one for one in walked["said"] if ENGLISH.search(one)] == []
    assert not re.search(r"\b(undefined|null|NaN|\[object)\b", walked["words"])
    assert REFUSED_START not in walked["said"], "only an event sub-process begins so"
    hostile = canvas.ask("({ source }) => source()").replace(
        'name="Enregistrer la demande"', 'name="&lt;img src=x onerror=alert(1)&gt;"', 1
    )
    assert canvas.show(hostile)
    canvas.ask(WALK)
    assert canvas.page.locator("img[src=x]").count() == 0
    assert canvas.reader.wrong == []


def test_a_task_is_added_with_the_keyboard_alone(enter: Enter) -> None:
    """Added after another, put in a lane, named, given a form, joined, saved."""
    canvas = Canvas(enter)
    canvas.open()
    page, keys = canvas.page, canvas.page.keyboard
    tree = page.get_by_role("tree", name="Éléments")
    page.get_by_label("Chercher un élément").focus()
    keys.type("register")
    keys.press("Tab")
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(canvas.field("Nom")).to_be_focused()
    keys.press("Escape")
    expect(tree.get_by_role("treeitem", selected=True)).to_be_focused()

    page.get_by_role("button", name="Ajouter après…").focus()
    keys.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("Quoi")).to_be_focused()
    keys.press("Tab")
    keys.type("Relire la demande")
    keys.press("Tab")
    dialog.get_by_label("Couloir").select_option(label="Entreprise")
    keys.press("Tab")
    keys.press("Enter")
    expect(dialog).to_be_hidden()
    expect(canvas.field("Nom")).to_have_value("Relire la demande")
    expect(canvas.field("Couloir").locator("option:checked")).to_have_text("Entreprise")
    canvas.field("Couloir").select_option(label="Instructeur")
    canvas.field("Formulaire").focus()
    keys.press("End")
    chosen = canvas.field("Formulaire").input_value()
    assert chosen, "a form of the draft"

    page.get_by_role("button", name="Relier à…").focus()
    keys.press("Enter")
    dialog.get_by_label("Jusqu’à").select_option(
        label="Lire les délais légaux – Table de décision"
    )
    keys.press("Tab")
    keys.press("Enter")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Enregistrer").focus()
    keys.press("Enter")
    expect(page.locator("[data-ebg-part=status]")).to_contain_text(
        "Enregistré à", timeout=LONG
    )

    kept = canvas.reader.context.request.get(f"{canvas.draft}/fichiers/process.bpmn").text()
    added = re.search(r'<bpmn:userTask id="(\w+)" name="Relire la demande">', kept)
    assert added
    assert f'name="ebg:form" value="{chosen}"' in kept
    assert re.search(rf'sourceRef="register" targetRef="{added[1]}"', kept)
    assert re.search(rf'sourceRef="{added[1]}" targetRef="deadlines"', kept)
    lane = re.search(r'<bpmn:lane id="case_officer".*?</bpmn:lane>', kept, re.DOTALL)
    assert lane
    assert f"<bpmn:flowNodeRef>{added[1]}<" in lane[0]

    page.get_by_label("Chercher un élément").fill("")
    canvas.select(added[1])
    page.get_by_role("button", name="Supprimer").focus()
    keys.press("Enter")
    expect(page.get_by_text("« Annuler » le ramène")).to_be_visible()
    page.get_by_role("button", name="Annuler", exact=True).focus()
    keys.press("Enter")
    assert canvas.ask(
        "({ modeler }, id) => Boolean(modeler.get('elementRegistry').get(id))", added[1]
    )
    before = canvas.ask(
        "({ modeler }, id) => modeler.get('elementRegistry').get(id).x", added[1]
    )
    canvas.select(added[1])
    page.get_by_role("button", name="Déplacer", exact=True).focus()
    for key in ("Enter", "ArrowRight", "ArrowRight", "Escape"):
        keys.press(key)
    assert (
        canvas.ask(
            "({ modeler }, id) => modeler.get('elementRegistry').get(id).x", added[1]
        )
        == before + 20
    )
    give_up(canvas)


def test_what_is_said_of_each_step_is_written(enter: Enter) -> None:
    """An operation with its parameters, a table, a condition, a timer, a message: all picked."""
    canvas = Canvas(enter)
    canvas.open()
    canvas.select("start_clock")
    operation = canvas.field("Opération ou appel")
    assert operation.locator("option").count() > 10
    operation.select_option("mail.send")
    to = canvas.panel().get_by_label("to (obligatoire)", exact=True)
    to.fill("[application.contact.email]")
    to.blur()
    canvas.select("regulation")
    canvas.field("Décision").select_option("deadlines")
    canvas.select("admissible__found_inadmissible")
    canvas.field("Condition").fill('outcome = "non"')
    canvas.field("Condition").blur()
    canvas.select("oseo_reminder")
    canvas.field("Moment").fill("R2/P9D")
    canvas.field("Moment").blur()
    canvas.select("await_oseo")
    canvas.field("Ou en nommer un nouveau").fill("avis.relance")
    canvas.field("Ou en nommer un nouveau").blur()
    canvas.field("Reconnu par").fill("dossier")
    canvas.field("Reconnu par").blur()
    canvas.select("pool")
    canvas.field("Libellé 1").fill("Numéro SIRET")
    canvas.field("Libellé 1").blur()
    written = canvas.written()
    for said in (
        'serviceTaskOperator id="mail.send" resultVariable="clock"',
        'parameter id="to" type="any" value="[application.contact.email]"',
        "<spiffworkflow:calledDecisionId>deadlines<",
        'outcome = "non"</bpmn:conditionExpression>',
        "R2/P9D</bpmn:time",
        'name="avis.relance"',
        'name="ebg:correlation" value="dossier"',
        "application.siret (Numéro SIRET), application.project.commune (Commune du projet)",
    ):
        assert said in written, said
    for _ in range(60):
        if canvas.ask("({ modeler }) => modeler.get('commandStack').canUndo()"):
            canvas.page.get_by_role("button", name="Annuler", exact=True).click()
    assert 'mail.send" resultVariable' not in canvas.written()
    give_up(canvas)


def test_nothing_typed_is_lost_when_the_service_does_not_answer(enter: Enter) -> None:
    canvas = Canvas(enter)
    canvas.open()
    canvas.reader.refused_with.add(412)
    status = canvas.page.locator("[data-ebg-part=status]")
    canvas.page.route("**/fichiers/process.bpmn", cut)
    canvas.select("register")
    canvas.field("Nom").fill("Enregistrer et classer")
    expect(status).to_have_text("Hors ligne", timeout=LONG)
    expect(canvas.page.get_by_text("est gardé dans ce navigateur")).to_be_visible()
    canvas.page.unroute("**/fichiers/process.bpmn")
    expect(status).to_contain_text("Enregistré à", timeout=LONG)

    # Somebody wrote meanwhile: both are kept, and one is chosen.
    canvas.ask("({ keeping }) => { keeping.rev = String(Number(keeping.rev) - 1 || 999); }")
    canvas.field("Nom").fill("Enregistrer la demande")
    mine = canvas.page.get_by_role("button", name="Garder ma version")
    expect(mine).to_be_visible(timeout=LONG)
    expect(status).to_have_text("Non enregistré")
    mine.click()
    expect(status).to_contain_text("Enregistré à", timeout=LONG)
    canvas.reader.wrong = [one for one in canvas.reader.wrong if "ERR_FAILED" not in one]
    assert canvas.reader.wrong == []


def test_what_another_holds_is_only_read(enter: Enter) -> None:
    writer = Canvas(enter)
    writer.open()
    writer.select("register")
    writer.field("Nom").fill("Enregistrer la demande.")
    expect(writer.page.locator("[data-ebg-part=status]")).to_contain_text(
        "Enregistré à", timeout=LONG
    )
    reader = Canvas(enter, "lea@region.demo")
    reader.open()
    reader.select("register")
    expect(reader.field("Nom")).to_be_disabled()
    expect(reader.page.locator(".djs-palette")).to_be_hidden()
    expect(reader.page.get_by_text("sans").first).to_be_visible()
    assert (
        reader.ask("({ modeler }) => modeler.get('rules').allowed('elements.move', {})")
        is False
    )
    reader.reader.look("designer-canvas-read-only")


def test_the_simulation_speaks_french(enter: Enter) -> None:
    canvas = Canvas(enter)
    canvas.open()
    switch = canvas.page.get_by_role("button", name="Simuler")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    entry = canvas.page.locator(".bts-palette [title]").first
    expect(entry).to_be_visible()
    canvas.page.locator(
        ".bts-context-pad:not(.hidden)[title='Faire survenir']"
    ).first.dispatch_event("click")
    expect(canvas.page.get_by_text("La procédure commence").first).to_be_attached(
        timeout=LONG
    )
    canvas.select("register")
    expect(canvas.field("Nom")).to_be_disabled()
    titles = canvas.page.locator("[class*=bts-] [title], [class*=bts-][title]")
    said = titles.evaluate_all("(all) => all.map((one) => one.title)")
    assert [one for one in said if ENGLISH.search(one)] == []
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")


def test_a_diagram_without_a_drawing_is_laid_out_and_told(enter: Enter) -> None:
    """In the lanes that its elements name; every element is drawn and none stands on another."""
    canvas = Canvas(enter)
    canvas.open()
    content = canvas.ask("({ source }) => source()")
    bare = re.sub(
        r"<bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>", "", content, flags=re.DOTALL
    )
    assert canvas.show(bare)
    expect(canvas.page.get_by_text("nous les avons disposés")).to_be_visible()
    wrong = canvas.ask(
        """({ modeler }) => {
          const all = modeler.get("elementRegistry").filter((one) => one.parent && !one.waypoints && one.type !== "label");
          const wrong = [];
          const inside = (a, b) => a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width && a.y + a.height <= b.y + b.height;
          for (const lane of all.filter(({ type }) => type === "bpmn:Lane"))
            for (const { id } of lane.businessObject.flowNodeRef ?? []) {
              const shape = modeler.get("elementRegistry").get(id);
              if (!shape) wrong.push(`${id} is not drawn`);
              else if (!shape.host && !inside(shape, lane)) wrong.push(`${id} is out of ${lane.id}`);
            }
          const plain = all.filter(({ type, host, children }) => !host && !children.length && !/Lane|Participant/.test(type));
          for (const [at, a] of plain.entries())
            for (const b of plain.slice(at + 1))
              if (a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height) wrong.push(`${a.id} on ${b.id}`);
          return wrong;
        }"""
    )
    assert wrong == []
    canvas.reader.shoot("designer-canvas-laid-out")
    steps = [f"t{number}" for number in range(1200)]
    large = process(
        start(), *map(user, steps), end(), chain("started", *steps, "ended"), key=KEY
    )
    assert canvas.show(document(large).decode())
    expect(canvas.page.get_by_text("Ce diagramme est grand")).to_be_visible()
    assert canvas.page.get_by_role("treeitem").count() > 1200


BLANK = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  targetNamespace="http://bpmn.io/schema/bpmn" id="Definitions_1">
  <bpmn:process id="Process_1" isExecutable="false"><bpmn:startEvent id="begun"/></bpmn:process>
</bpmn:definitions>"""


def test_a_procedure_is_made_from_nothing_with_the_buttons(enter: Enter) -> None:
    """What bpmn.io gives to begin with, then steps, an edge, two events awaited, a pool."""
    canvas = Canvas(enter)
    canvas.open()
    assert canvas.show(BLANK)
    give_up(canvas)
    panel, page = canvas.panel(), canvas.page

    def add(kind: str, name: str) -> None:
        page.get_by_role("button", name="Ajouter après…").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Quoi").select_option(label=kind)
        dialog.get_by_label("Nom").fill(name)
        dialog.get_by_role("button", name="Ajouter").click()
        expect(panel.get_by_role("heading", name=name)).to_be_visible()

    def choose(name: str) -> None:
        canvas.select(canvas.ask(
            """({ modeler }, name) => modeler.get("elementRegistry").find(
              ({ businessObject, type }) => businessObject?.name === name && type !== "label").id""",
            name,
        ))  # fmt: skip

    panel.get_by_label("Ce processus s’exécute").check()
    panel.locator("summary", has_text="Documentation et identifiant").click()
    canvas.field("Identifiant").fill(KEY)
    canvas.field("Identifiant").blur()
    canvas.select("begun")
    add("Tâche d’une personne", "Instruire")
    add("Bord : compensation", "Défaire")
    add("Tâche d’une personne", "Rembourser")
    choose("Instruire")
    add("Attendre un message", "Attendre l’avis")
    panel.locator("summary", has_text="Plusieurs événements").click()
    panel.get_by_label("Attendre aussi").select_option(label="un moment")
    panel.get_by_label("Attendre tous ces événements").check()
    panel.get_by_label("Ou en nommer un nouveau").fill("avis.rendu")
    panel.get_by_label("Ou en nommer un nouveau").blur()
    panel.get_by_label("Survient").select_option(label="Après une durée")
    canvas.field("Moment").fill("P5D")
    canvas.field("Moment").blur()
    add("Fin", "Fini")
    page.get_by_role("button", name="Ajouter une piscine").click()
    page.get_by_role("button", name="Ajouter un couloir").click()
    canvas.settle()
    assert [one for one in canvas.problems() if one[0] == "error"] == []
    written = canvas.written()
    for said in (
        f'<bpmn:process id="{KEY}" isExecutable="true">',
        'name="Rembourser" isForCompensation="true"',
        'parallelMultiple="true"',
        'name="avis.rendu"',
        ">P5D</bpmn:timeDuration>",
    ):
        assert said in written, said
    assert written.count("<bpmn:lane id=") == 2


def cut(route: Route) -> None:
    if route.request.method == "PUT":
        route.abort()
    else:
        route.continue_()


def give_up(canvas: Canvas) -> None:
    """Leave the page without what was not saved."""
    canvas.ask(
        "({ keeping }) => { keeping.closed = true; keeping.dirty = false; keeping.forget(); }"
    )
