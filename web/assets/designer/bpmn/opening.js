// What is told when a diagram opens: what we drew ourselves, what cannot be kept, how long it takes.

import { h, button } from "./dom.js";
import { redraw } from "./modeler.js";

const MANY = 1500;

/** Show a file in the modeler and say what happened. Answers whether it could be shown. */
export async function open(modeler, text, say) {
  say();
  const elements = text.split(/<(?:\w+:)?(?:\w*[tT]ask|sequenceFlow|\w*[eE]vent|\w*Gateway)[\s>/]/).length;
  if (elements > MANY) {
    say("info", `Ce diagramme est grand (environ ${elements} éléments et flèches) : il s’ouvre en quelques secondes, et chaque geste est plus lent.`);
    await new Promise((done) => setTimeout(done, 50)); // let it be read
  }
  let warnings;
  try {
    ({ warnings } = await modeler.importXML(text));
  } catch (failure) {
    say("danger", `Ce fichier ne s’ouvre pas : ${cause(failure)}. Il reste tel qu’il est ; corrigez-le dans l’outil qui l’a fait, puis déposez-le à nouveau.`);
    return false;
  }
  const lost = warnings.filter(({ message }) => !KEPT.test(message));
  if (lost.length)
    say("warning", `L’éditeur ne sait pas garder ${lost.length > 1 ? `${lost.length} parties` : "une partie"} de ce fichier, qui disparaîtra si vous enregistrez : ${lost.slice(0, 3).map(({ message }) => cause({ message })).join(" ; ")}.`);
  if (modeler.laidOut) say("info", "Ce fichier ne disait pas où placer ses éléments : nous les avons disposés. Déplacez-les à votre gré.");
  if (modeler.partly) {
    const again = button("Tout redessiner", () => redraw(modeler).then(() => (again.closest(".alert").remove(), modeler.get("eventBus").fire("ebg.redrawn"))));
    const number = modeler.partly > 1 ? `${modeler.partly} éléments de ce fichier n’ont` : "Un élément de ce fichier n’a";
    say("warning", `${number} pas de dessin : on ne les voit pas, et pourtant ils s’exécutent.`, again);
  }
  return true;
}

const KEPT = /^(unresolved reference|unknown attribute)/; // warned about, and written again all the same
const CAUSES = [
  [/unparsable content <(.+?)>.*/s, "« $1 » n’est pas de BPMN"],
  [/duplicate ID <(.+?)>.*/s, "l’identifiant « $1 » sert deux fois"], [/no bpmnElement referenced.*/s, "un dessin qui n’est celui de rien"],
  [/element .* referenced by .*not yet drawn.*/s, "une flèche dont un bout n’est pas dessiné"], [/no diagram to display.*/s, "il ne contient aucun processus"],
  [/illegal (?:first )?.*|missing start tag.*|failed to parse.*|unclosed tag.*|unexpected.*/s, "ce n’est pas du XML de BPMN"],
  [/.*already referenced.*|.*already exists.*|element .* already.*/s, "un même élément y est dessiné deux fois"],
];

function cause({ message = "" }) {
  const line = message.match(/duplicate ID <.+?>/)?.[0] ?? message.split("\n")[0];
  const known = CAUSES.find(([english]) => english.test(line));
  return known ? line.replace(...known) : `« ${line} »`;
}

/** A place for messages: `say(kind, text, ...acts)` adds one, `say()` takes all away. */
export const messages = (place) => (kind, text, ...acts) => {
  if (!kind) return [...place.querySelectorAll("[data-ebg-opening]")].forEach((one) => one.remove());
  const made = h("div", { className: `alert alert-${kind}` }, h("p", { className: "mb-0" }, text), acts.length > 0 && h("p", { className: "ebg-bpmn-acts mb-0" }, ...acts));
  made.dataset.ebgOpening = "";
  place.append(made);
};
