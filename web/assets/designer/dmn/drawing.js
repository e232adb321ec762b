// The bpmn.io editor of DMN, which never loses silently what it does not know.

import DmnModeler from "dmn-js/lib/Modeler";
import { el, settings, t } from "../elements.js";
import { FRENCH } from "./french.js";
import { parse } from "./table.js";

const KNOWN = "https://www.omg.org/spec/DMN/20191111/";
// DMN 1.2, 1.4 and 1.5 say the same things in other namespaces; what they add is found lost.
const LIKE_IT = /https?:\/\/www\.omg\.org\/spec\/DMN\/(?:20180521|20211108|20230324)\/(MODEL\/|DMNDI\/)/g;

const french = settings.language === "fr";
const translate = (template, values = {}) =>
  ((french && FRENCH[template]) || template).replace(/\{([^}]+)\}/g, (whole, name) => values[name] ?? whole);
const words = { translate: ["value", translate] };

export class DrawingView {
  constructor(pane, changed) {
    this.pane = pane;
    this.changed = changed;
    this.canvas = pane.querySelector("[data-ebg-canvas]");
    this.choice = pane.querySelector("[data-ebg-parts]");
    this.choice.addEventListener("change", () => this.modeler.open(this.modeler.getViews()[this.choice.value]));
  }

  async open(text) {
    parse(text);
    this.source = text;
    this.modeler ??= this.make();
    try {
      await this.modeler.importXML(text.replace(LIKE_IT, `${KNOWN}$1`));
    } catch (failure) {
      throw new Error(t("Le dessin ne sait pas lire ce fichier : modifiez-le dans la vue « Tableau » ou « Texte ». ({why})", { why: failure.message }));
    }
    const gone = lost(text, (await this.modeler.saveXML({ format: true })).xml);
    if (gone.length) throw new Error(t("Le dessin perdrait une partie de ce fichier ({what}) : modifiez-le dans la vue « Tableau » ou « Texte ».", { what: gone.slice(0, 5).join(", ") }));
    this.parts();
    this.touched = false;
  }

  make() {
    const part = { additionalModules: [words] };
    const modeler = new DmnModeler({
      container: this.canvas,
      common: { expressionLanguages: { options: [{ value: "feel", label: "FEEL" }], defaults: { editor: "feel" } } },
      drd: part,
      decisionTable: part,
      literalExpression: part,
      boxedExpression: part,
    });
    modeler.on("views.changed", () => this.parts());
    modeler.on("viewer.created", ({ viewer }) => viewer.on("commandStack.changed", ({ trigger }) => trigger !== "clear" && this.touch()));
    return modeler;
  }

  touch() {
    this.touched = true;
    this.changed();
  }

  parts() {
    const views = this.modeler.getViews();
    const active = this.modeler.getActiveView();
    const label = ({ element, type }) => (type === "drd" ? t("Le dessin des décisions") : element.name || element.id);
    this.choice.replaceChildren(...views.map((view, at) => el("option", { value: at, selected: view === active }, label(view))));
  }

  async text() {
    return this.touched ? (await this.modeler.saveXML({ format: true })).xml : this.source;
  }
}

// What says no more than its absence does: an editor may leave it out.
const USUAL = { hitPolicy: "UNIQUE", isCollection: "false", preferredOrientation: "Rule-as-Row", kind: "FEEL", textFormat: "text/plain", associationDirection: "None" };

// The kinds of elements and attributes that a text has more of than another.
export function lost(before, after) {
  const counts = census(after);
  return [...census(before)].filter(([what, count]) => count > (counts.get(what) ?? 0)).map(([what]) => what);
}

function census(text) {
  const counts = new Map();
  const count = (what) => counts.set(what, (counts.get(what) ?? 0) + 1);
  for (const element of parse(text).querySelectorAll("*")) {
    if (/DMNDI|DC\/$|DI\/$/.test(element.namespaceURI)) continue; // a drawing is drawn again
    count(element.localName);
    for (const { name, localName, value } of element.attributes)
      if (value && !/^xmlns|:schemaLocation$/.test(name) && USUAL[localName] !== value) count(`${element.localName}/@${localName}`);
    if (!element.children.length && element.textContent.trim()) count(`${element.localName} : texte`);
  }
  return counts;
}
