// Beside a FEEL field: insert the name of a datum, try the expression on data of one's own.

import { h, button, unique } from "./dom.js";

let sample = '{\n  "application": {}\n}';

/** The two buttons of a FEEL field; `send` posts JSON to an address and answers JSON. */
export function feelTools({ address, send }) {
  const open = (place, what, fill) => {
    const same = place.dataset.what === what && !place.hidden;
    place.hidden = same;
    place.dataset.what = what;
    if (!same) fill();
  };

  const insert = (control, place, label) =>
    button("Donnée…", () => open(place, "data", () => {
      const name = h("input", { className: "form-control form-control-sm", type: "text", list: "ebg-data", id: unique("ebg-data-name"), autocomplete: "off" });
      const put = () => {
        control.setRangeText(name.value, control.selectionStart, control.selectionEnd, "end");
        control.dispatchEvent(new Event("change"));
        place.hidden = true;
        control.focus();
      };
      name.addEventListener("keydown", (event) => event.key === "Enter" && put());
      place.replaceChildren(h("label", { className: "form-label", htmlFor: name.id }, "Nom de la donnée"), name, button("Insérer", put));
      name.focus();
    }), { "aria-label": `Insérer une donnée – ${label}` });

  const tryOut = (control, place, label) =>
    button("Essayer", () => open(place, "try", () => {
      const data = h("textarea", { className: "form-control ebg-feel", rows: 3, id: unique("ebg-try"), spellcheck: false, value: sample });
      const said = h("output", { className: "ebg-bpmn-result", htmlFor: `${control.id} ${data.id}` });
      const run = async () => {
        sample = data.value;
        said.textContent = "…";
        said.textContent = await tried(control.value, data.value);
      };
      place.replaceChildren(h("label", { className: "form-label", htmlFor: data.id }, "Données d’essai (JSON)"), data, button("Calculer", run), said);
      data.focus();
    }), { "aria-label": `Essayer – ${label}` });

  async function tried(expression, text) {
    let data;
    try {
      data = JSON.parse(text || "{}");
    } catch {
      return "Les données d’essai ne sont pas du JSON : vérifiez les guillemets et les virgules.";
    }
    try {
      const { body } = await send(address, { expression: expression.replace(/^\s*=/, ""), data });
      return body.error ?? body.message ?? `= ${JSON.stringify(body.value)}`;
    } catch {
      return "Le service ne répond pas : réessayez dans un instant.";
    }
  }

  return { insert, tryOut };
}
