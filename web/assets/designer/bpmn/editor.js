// Puts the parts of the editor together, around one file of a draft.

import { Acts } from "./acts.js";
import { Check } from "./lint.js";
import { Facts } from "./facts.js";
import { feelTools } from "./feel.js";
import { missing } from "./french.js";
import { button, h } from "./dom.js";
import { Keeping } from "./keeping.js";
import { makeModeler } from "./modeler.js";
import { messages, open } from "./opening.js";
import { Outline } from "./outline.js";
import { Panel } from "./panel.js";
import { readOnly } from "./readonly.js";
import { fetched, send, token } from "./sending.js";
import { simulation } from "./simulation.js";

const EMPTY = { operations: [], remote_calls: [], forms: [], roles: [], decisions: [], procedures: [], data: [], messages: [] };

/** Start the editor in a page; `place.editor` is then its parts, for who wants to look. */
export async function start(place) {
  place.hidden = false; // without JavaScript there is nothing to show
  const part = (name) => place.querySelector(`[data-ebg-part=${name}]`);
  const { ebgBpmn: address, ebgCheck: check, ebgCatalogue: list, ebgFeel: feel, ebgName: file, ebgKey: key } = place.dataset;
  const modeler = makeModeler(part("canvas"));
  const say = messages(part("messages"));
  const told = (text) => (part("said").textContent = text);
  const [answer, catalogue] = await Promise.all([fetch(address), fetched(list, {})]);
  let original = answer.ok ? await answer.text() : "";
  const rev = answer.headers.get("ETag")?.replace(/^W\//, "").replaceAll('"', "") ?? "";
  let touched = false, shown = false, closed = false, playing = false;
  // Until the first stroke the file is what it is; what we would write comes after.
  const source = async () => (touched && shown ? (await modeler.saveXML({ format: true })).xml : original);

  const chosen = () => {
    const [element] = modeler.get("selection").get();
    return element?.labelTarget ?? element ?? modeler.get("canvas").getRootElement();
  };
  const select = (id, toPanel = false) => {
    const element = modeler.get("elementRegistry").get(id), canvas = modeler.get("canvas");
    if (!element) return;
    const root = canvas.findRoot(element);
    if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
    modeler.get("selection").select(element === root ? [] : element);
    if (element !== root) canvas.scrollToElement(element, { top: 60, bottom: 110, left: 130, right: 170 });
    if (toPanel) panel.focus();
  };

  const panel = new Panel(part("panel"), { modeler, key, told, facts: new Facts(modeler), catalogue: { ...EMPTY, ...catalogue },
    feel: feelTools({ address: feel, send }), readOnly: () => closed || playing });
  const outline = new Outline(part("outline"), modeler, { chosen: select });
  const acts = new Acts(place, { modeler, dialog: part("dialog"), chosen, select: (id) => (select(id), panel.focus()), told });
  const lint = new Check(part("problems"), { modeler, address: check, file, send, source, go: (id) => select(id, true),
    heard: (counts) => outline.tell(counts) });
  const onRead = (message) => {
    closed = acts.stopped = true;
    readOnly(modeler, place);
    panel.again();
    acts.offer();
    say("warning", message ?? "Ce brouillon est tenu par quelqu’un d’autre : vous le lisez sans le modifier.", ...takeOver(place));
  };
  const keeping = new Keeping({ place: part("messages"), status: part("status"), address, token: token(), source, rev, onRead });

  modeler.on(["commandStack.changed", "ebg.redrawn"], () => {
    if (!shown || closed) return;
    touched = true;
    keeping.stroke();
    lint.stroke();
  });
  const show = async (text) => {
    shown = touched = false;
    original = text;
    shown = await open(modeler, text, say);
    place.dataset.state = shown ? "open" : "refused";
    if (shown) {
      modeler.get("canvas").zoom("fit-viewport", "auto");
      legible(modeler);
    }
    lint.stroke();
    lint.soon.now();
    return shown;
  };
  buttons(place, { modeler, keeping, outline, toggle: simulation(modeler, part("canvas"), (active) => {
    playing = active; // nothing is drawn while tokens move
    acts.stopped = closed || playing;
    place.querySelector("[data-ebg-do=simulate]").setAttribute("aria-pressed", String(active));
    panel.again();
    acts.offer();
  }) });
  part("data").replaceChildren(...(catalogue.data ?? []).map(({ path, type }) => h("option", { value: path, label: type ?? "" })));
  part("panel").addEventListener("keydown", (event) => event.key === "Escape" && outline.focus());
  place.editor = { modeler, keeping, lint, panel, outline, missing, show, select, source };

  if (!answer.ok) say("danger", "Le fichier ne peut pas être lu. Rechargez la page.");
  else await show(original);
  if (place.dataset.ebgHeld !== undefined) onRead(place.dataset.ebgHeld || undefined);
  else recall(keeping, rev, say, async (text) => {
    await show(text);
    touched = true;
    keeping.stroke();
  });
  const asked = () => location.hash && select(decodeURIComponent(location.hash.slice(1)));
  window.addEventListener("hashchange", asked);
  asked();
  place.dataset.ready = "yes";
}

// A large diagram would be too small to read: begin at its top left.
function legible(modeler) {
  const canvas = modeler.get("canvas");
  if (canvas.zoom() > 0.55) return;
  const { inner } = canvas.viewbox();
  const { width, height } = canvas.getSize();
  canvas.viewbox({ x: inner.x - 180, y: inner.y - 30, width: width / 0.6, height: height / 0.6 });
}

function recall(keeping, rev, say, take) {
  const kept = keeping.kept();
  if (!kept) return;
  const at = new Date(kept.at).toLocaleString("fr-FR", { dateStyle: "long", timeStyle: "short" });
  const older = kept.rev === rev ? "" : " Le fichier a été enregistré depuis : les reprendre remplacerait ce qui y a changé.";
  say("info", `Ce navigateur garde des modifications du ${at} qui n’ont pas été envoyées.${older}`,
    button("Les reprendre", () => take(kept.text)), button("Les abandonner", () => (keeping.forget(), say())));
}

const takeOver = (place) => {
  const form = place.querySelector("[data-ebg-part=take]");
  return form ? [button("Prendre la main", () =>
    fetch(form.action, { method: "POST", body: new FormData(form) }).finally(() => location.reload()))] : [];
};

function buttons(place, { modeler, keeping, outline, toggle }) {
  const canvas = modeler.get("canvas");
  const acts = {
    save: () => {
      document.activeElement?.dispatchEvent(new Event("change")); // what is being typed too
      if (keeping.dirty || keeping.closed || keeping.sending) keeping.save();
      else keeping.say("Tout est enregistré");
    },
    simulate: toggle,
    all: () => canvas.zoom("fit-viewport", "auto"), in: () => canvas.zoom(Math.min(canvas.zoom() * 1.25, 4)), out: () => canvas.zoom(Math.max(canvas.zoom() / 1.25, 0.1)),
  };
  for (const made of place.querySelectorAll("[data-ebg-do]")) made.addEventListener("click", () => acts[made.dataset.ebgDo]());
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    acts.save();
  });
  place.querySelector("[data-ebg-part=filter]").addEventListener("input", ({ target }) => outline.filter(target.value));
}
