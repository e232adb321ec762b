// What the keyboard can do to the chosen element: add after it, join, move, change, take away.

import { is, isAny } from "bpmn-js/lib/util/ModelUtil";
import { h, button, unique } from "./dom.js";
import { lanesAround, putInLane } from "./groups/identity.js";
import { AFTER, ON_EDGE, kindOf, nameOf } from "./kinds.js";

const STEP = 10;
const MOVES = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
const HOLDS = ["bpmn:Process", "bpmn:Participant", "bpmn:Lane", "bpmn:SubProcess"];
const START = { id: "start-event", label: "Début", target: { type: "bpmn:StartEvent" } };

export class Acts {
  constructor(place, { modeler, dialog, chosen, select, told }) {
    Object.assign(this, { modeler, dialog, chosen, select, told });
    for (const made of place.querySelectorAll("[data-ebg-act]")) {
      made.addEventListener("click", () => this[made.dataset.ebgAct](made));
      if (made.dataset.ebgAct === "move") made.addEventListener("keydown", (event) => this.step(event, made));
    }
    this.buttons = [...place.querySelectorAll("[data-ebg-act]")];
    modeler.on(["selection.changed", "commandStack.changed", "import.done"], () => this.offer());
  }

  get = (service) => this.modeler.get(service);

  offer() {
    const element = this.chosen(), bo = element?.businessObject;
    const node = bo && is(bo, "bpmn:FlowNode");
    const can = {
      add: bo && (node || isAny(bo, HOLDS)), join: node && !is(bo, "bpmn:EndEvent"), move: element?.parent && !element.waypoints,
      change: node, remove: Boolean(element?.parent), lane: bo && isAny(bo, ["bpmn:Participant", "bpmn:Lane"]),
      pool: true, undo: this.get("commandStack").canUndo(), redo: this.get("commandStack").canRedo(),
    };
    for (const made of this.buttons) made.setAttribute("aria-disabled", String(!can[made.dataset.ebgAct] || Boolean(this.stopped)));
  }

  allowed = (made) => made.getAttribute("aria-disabled") !== "true";

  undo = (made) => this.allowed(made) && this.get("commandStack").undo();
  redo = (made) => this.allowed(made) && this.get("commandStack").redo();

  remove(made) {
    if (!this.allowed(made)) return;
    const element = this.chosen(), before = element.incoming?.[0]?.source ?? element.source;
    const name = nameOf(element);
    this.get("modeling").removeElements([element]);
    this.told(`« ${name} » est supprimé. « Annuler » le ramène.`);
    if (before?.parent) this.select(before.id);
  }

  // Move with the arrows while the button has the keyboard

  move(made) {
    if (!this.allowed(made)) return;
    const on = made.getAttribute("aria-pressed") !== "true";
    made.setAttribute("aria-pressed", String(on));
    this.told(on ? "Les flèches du clavier déplacent l’élément. Échap pour finir." : "Déplacement fini.");
  }

  step(event, made) {
    if (made.getAttribute("aria-pressed") !== "true") return;
    if (event.key === "Escape" || event.key === "Tab") return this.move(made);
    const by = MOVES[event.key];
    if (!by || !this.chosen()) return;
    event.preventDefault();
    this.get("modeling").moveElements([this.chosen()], { x: by[0], y: by[1] }, undefined, { autoResize: true });
  }

  // Add

  add(made) {
    if (!this.allowed(made)) return;
    const element = this.chosen(), bo = element.businessObject;
    const inside = isAny(bo, HOLDS) && !(is(bo, "bpmn:SubProcess") && !bo.triggeredByEvent);
    const kinds = inside ? [START, ...AFTER] : is(bo, "bpmn:EndEvent") ? [] : AFTER;
    const edges = is(bo, "bpmn:Activity") ? ON_EDGE : [];
    const within = is(bo, "bpmn:SubProcess") && element.children?.length >= 0 ? [START, ...AFTER] : [];
    const groups = [[inside ? "Dedans" : "Après", kinds, inside ? "in" : "after"], ["Sur le bord", edges, "edge"], ["Dedans", inside ? [] : within, "in"]]
      .filter(([, all]) => all.length);
    if (!groups.length) return this.told("Rien ne peut venir après une fin : choisissez un autre élément.");
    const lanes = inside ? [] : lanesAround(element);
    const kind = h("select", { className: "form-select" }, groups.map(([label, all, how]) =>
      h("optgroup", { label }, all.map((one) => h("option", { value: `${how} ${one.id}` }, one.label)))));
    const name = h("input", { className: "form-control", type: "text", autocomplete: "off" });
    const lane = lanes.length > 1 && h("select", { className: "form-select" }, h("option", { value: "" }, "Le même"),
      lanes.map((shape) => h("option", { value: shape.id }, nameOf(shape))));
    this.ask(`Ajouter après « ${nameOf(element)} »`.replace("après", inside ? "dans" : "après"), "Ajouter",
      [["Quoi", kind], ["Nom", name], lane && ["Couloir", lane]], () => {
        const [how, id] = kind.value.split(" ");
        const made = this.place(element, how, [START, ...AFTER, ...ON_EDGE].find((one) => one.id === id));
        if (name.value.trim()) this.get("modeling").updateLabel(made, name.value.trim());
        const target = lane && lanes.find((shape) => shape.id === lane.value);
        if (target) putInLane(this.modeler, made, target);
        return made;
      });
  }

  place(element, how, { target }) {
    const modeling = this.get("modeling"), sub = target.type === "bpmn:SubProcess";
    const undoes = how === "after" && (element.businessObject.eventDefinitions ?? []).some((one) => is(one, "bpmn:CompensateEventDefinition")) && is(element, "bpmn:BoundaryEvent");
    const shape = this.get("elementFactory").createShape({ ...target, ...(sub && { isExpanded: true }), ...(undoes && { isForCompensation: true }) });
    let made;
    if (how === "edge") {
      const number = element.attachers?.length ?? 0;
      made = modeling.createShape(shape, { x: element.x + Math.min(element.width, 24 + number * 40), y: element.y + element.height }, element, { attach: true });
    } else if (how === "in") {
      const lane = is(element, "bpmn:Lane");
      let around = element;
      while (is(around, "bpmn:Lane")) around = around.parent;
      const others = (around.children ?? []).filter((one) => !one.waypoints && one.type !== "label" && !is(one, "bpmn:Lane")
        && (!lane || (one.y >= element.y && one.y < element.y + element.height)));
      const right = Math.max(element.x ?? 100, ...others.map((one) => one.x + one.width)) + 50;
      const y = element.height ? element.y + element.height / 2 : 150;
      made = modeling.createShape(shape, { x: right + shape.width / 2, y }, around);
    } else if (element.outgoing?.length === 1 && target.type !== "bpmn:EndEvent") {
      made = this.get("inserting").after(element, shape);
    } else made = this.get("autoPlace").append(element, shape);
    if (sub) modeling.createShape({ type: "bpmn:StartEvent" }, { x: made.x + 60, y: made.y + made.height / 2 }, made);
    return made;
  }

  lane(made) {
    if (!this.allowed(made)) return;
    const lane = this.get("modeling").addLane(this.chosen(), "bottom");
    this.select(lane.id);
  }

  pool() {
    const root = this.get("canvas").getRootElement();
    const shape = this.get("elementFactory").createParticipantShape({ type: "bpmn:Participant" });
    const bottom = Math.max(0, ...(root.children ?? []).filter((one) => !one.waypoints).map((one) => one.y + one.height));
    const pools = (root.children ?? []).some((one) => is(one, "bpmn:Participant"));
    const centre = pools || !root.children?.length ? { x: 400, y: bottom + 40 + shape.height / 2 } : this.around(root.children, shape);
    this.select(this.get("modeling").createShape(shape, centre, root).id);
  }

  around(children, shape) {
    const boxes = children.filter((one) => !one.waypoints);
    const [left, top] = ["x", "y"].map((side) => Math.min(...boxes.map((one) => one[side])));
    const right = Math.max(...boxes.map((one) => one.x + one.width)), bottom = Math.max(...boxes.map((one) => one.y + one.height));
    shape.width = Math.max(shape.width, right - left + 130);
    shape.height = Math.max(shape.height, bottom - top + 60);
    return { x: (left + right) / 2 - 15, y: (top + bottom) / 2 };
  }

  // Join and change

  join(made) {
    if (!this.allowed(made)) return;
    const source = this.chosen(), rules = this.get("rules");
    const reached = this.get("elementRegistry").filter((one) => one !== source && is(one, "bpmn:FlowNode") && one.type !== "label"
      && one.businessObject.$parent === source.businessObject.$parent && rules.allowed("connection.create", { source, target: one }));
    if (!reached.length) return this.told("Rien d’autre à relier ici : ajoutez d’abord un élément.");
    const target = h("select", { className: "form-select" }, reached.sort((a, b) => a.x - b.x).map((one) => h("option", { value: one.id }, `${nameOf(one)} – ${kindOf(one)}`)));
    this.ask(`Relier « ${nameOf(source)} » à…`, "Relier", [["Jusqu’à", target]], () =>
      this.get("modeling").connect(source, reached.find((one) => one.id === target.value)));
  }

  change(made) {
    if (!this.allowed(made)) return;
    const element = this.chosen(), menu = this.get("popupMenu");
    const entries = menu._getEntries(element, menu._getProviders("bpmn-replace"));
    const offered = Object.entries(entries);
    if (!offered.length) return this.told("Cet élément n’a pas d’autre nature possible.");
    const kind = h("select", { className: "form-select" }, offered.map(([id, { label }]) => h("option", { value: id }, label)));
    this.ask(`Changer la nature de « ${nameOf(element)} »`, "Changer", [["En", kind]], () => entries[kind.value].action(new Event("keyboard"), entries[kind.value]) ?? element);
  }

  /** A small question; `act` answers the element to choose afterwards. */
  ask(title, yes, fields, act) {
    const rows = fields.filter(Boolean).map(([label, control]) => {
      control.id = unique("ebg-ask");
      return h("div", { className: "ebg-bpmn-field" }, h("label", { className: "form-label", htmlFor: control.id }, label), control);
    });
    const heading = h("h2", { id: unique("ebg-ask-title") }, title);
    const close = () => this.dialog.close();
    const form = h("form", { method: "dialog", onsubmit: (event) => {
      event.preventDefault();
      close();
      const made = act();
      if (made?.id) this.select(made.id);
    } }, heading, ...rows, h("p", { className: "ebg-bpmn-acts mb-0" }, h("button", { type: "submit", className: "btn btn-primary btn-sm" }, yes), button("Annuler", close)));
    this.dialog.setAttribute("aria-labelledby", heading.id);
    this.dialog.replaceChildren(form);
    this.dialog.showModal();
    rows[0]?.querySelector("select, input").focus();
  }
}
