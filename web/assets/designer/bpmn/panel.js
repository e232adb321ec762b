// What can be said of the chosen element, in groups of fields. A field keeps the caret while the
// diagram changes; the panel is made anew only when its fields are others.

import { h } from "./dom.js";
import { draw } from "./fields.js";
import { kindOf, nameOf } from "./kinds.js";
import { groupsOf } from "./groups/all.js";

export class Panel {
  constructor(place, context) {
    Object.assign(this, { place, context, signature: "" });
    const bus = context.modeler.get("eventBus");
    bus.on("selection.changed", ({ newSelection }) => this.show(newSelection));
    bus.on("commandStack.changed", () => this.refresh());
    bus.on("import.done", () => this.show([]));
  }

  show(selection) {
    this.element = selection.length === 1 ? (selection[0].labelTarget ?? selection[0]) : null;
    this.many = selection.length > 1 ? selection.length : 0;
    this.refresh();
  }

  refresh() {
    const { modeler } = this.context;
    const registry = modeler.get("elementRegistry");
    const root = modeler.get("canvas").getRootElement();
    const element = this.element && registry.get(this.element.id) === this.element ? this.element : root;
    if (!element?.businessObject) {
      this.signature = "";
      return this.place.replaceChildren();
    }
    const groups = this.many ? [] : groupsOf(element, this.context).filter(({ fields }) => fields.length);
    const signature = JSON.stringify([element.id, this.many, groups.map(({ title, fields }) => [title, fields.map(({ key, kind }) => [key, kind])])]);
    if (signature === this.signature) this.sync(groups);
    else this.draw(element, groups, signature);
    this.title(element);
  }

  title(element) {
    const [kind, name] = this.many
      ? ["Plusieurs éléments", `${this.many} éléments choisis`] : [kindOf(element), nameOf(element)];
    this.place.querySelector(".ebg-bpmn-kind").textContent = kind;
    this.place.querySelector(".ebg-bpmn-name").textContent = name;
  }

  sync(groups) {
    for (const { fields } of groups)
      for (const field of fields) this.drawn.get(field.key)?.sync?.(field);
  }

  draw(element, groups, signature) {
    const focused = this.place.contains(document.activeElement) && document.activeElement.closest("[data-key]")?.dataset.key;
    const same = this.shown === element;
    const before = new Map([...this.place.querySelectorAll("details")].map(({ dataset, open }) => [dataset.title, open]));
    this.drawn = new Map();
    const heading = h("h2", { className: "ebg-bpmn-heading", tabIndex: -1 }, h("span", { className: "ebg-bpmn-kind" }), h("span", { className: "ebg-bpmn-name" }));
    const parts = groups.map(({ title, fields, folded }) => {
      const inside = fields.map((field) => {
        const made = draw(field, this.context.feel);
        this.drawn.set(field.key, made);
        return made;
      });
      const summary = h("summary", {}, title);
      const part = h("details", { open: (same ? before.get(title) : undefined) ?? !folded }, summary, ...inside);
      part.dataset.title = title;
      return part;
    });
    const body = h("fieldset", { className: "ebg-bpmn-fields", disabled: this.context.readOnly() },
      h("legend", { className: "visually-hidden" }, "Propriétés de l’élément choisi"), ...parts);
    this.place.replaceChildren(heading, body);
    Object.assign(this, { signature, shown: element });
    if (focused && same) this.drawn.get(focused)?.querySelector("input, select, textarea, button")?.focus();
  }

  /** Bring who uses the keyboard to the first field. */
  focus() {
    (this.place.querySelector("input, select, textarea") ?? this.place.querySelector("h2"))?.focus();
  }

  /** Draw it again, as when the page becomes read only. */
  again() {
    this.signature = "";
    this.refresh();
  }
}
