// The elements as a tree beside the canvas, for the keyboard and for who does not see the drawing.

import { is, isAny } from "bpmn-js/lib/util/ModelUtil";
import { h, later, unique } from "./dom.js";
import { kindOf, nameOf } from "./kinds.js";
import { ranks } from "./ranks.js";

const HOLDS = ["bpmn:Process", "bpmn:Collaboration", "bpmn:Participant", "bpmn:Lane", "bpmn:SubProcess"];

export class Outline {
  constructor(place, modeler, { chosen }) {
    Object.assign(this, { place, modeler, chosen, opened: new Set(), closed: new Set(), problems: new Map(), words: "" });
    this.soon = later(() => this.draw(), 60);
    for (const event of ["commandStack.changed", "import.done", "root.set"]) modeler.on(event, this.soon);
    modeler.on("selection.changed", ({ newSelection }) => this.mark(newSelection[0]));
    place.addEventListener("keydown", (event) => this.key(event));
    place.addEventListener("click", (event) => this.click(event));
  }

  filter(words) {
    this.words = words.trim().toLowerCase();
    this.draw();
  }

  tell(problems) {
    this.problems = problems;
    for (const item of this.items()) this.count(item, item.dataset.id);
  }

  draw() {
    const root = this.modeler.get("canvas").getRootElement();
    if (!root?.businessObject) return this.place.replaceChildren();
    this.place.setAttribute("role", "tree");
    this.place.setAttribute("aria-label", "Éléments");
    const focused = this.place.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    this.ranks = new Map();
    const found = this.words ? this.matching() : this.below(root);
    this.place.replaceChildren(...[root, ...found.filter((one) => one !== root)].map((one) => this.item(one, 1, one === root)));
    this.mark(this.modeler.get("selection").get()[0]);
    if (focused) this.items().find(({ dataset }) => dataset.id === focused)?.focus({ preventScroll: true });
  }

  matching = () => this.modeler.get("elementRegistry").filter((one) => one.type !== "label" && one.businessObject
    && `${nameOf(one)} ${kindOf(one)} ${one.id}`.toLowerCase().includes(this.words)).slice(0, 200);

  /** What stands in an element: lanes hold the elements that they name, activities their edges. */
  below(element) {
    const bo = element.businessObject;
    const drawn = (one) => this.modeler.get("elementRegistry").get(one.id);
    const order = (all) => all.sort((a, b) => this.rank(a) - this.rank(b) || a.x - b.x || a.y - b.y);
    if (!isAny(bo, HOLDS)) return [...order([...(element.attachers ?? [])]), ...(element.outgoing ?? [])];
    const children = (element.children ?? []).filter((one) => one.type !== "label" && !one.waypoints);
    const lanes = children.filter((one) => is(one, "bpmn:Lane")).sort((a, b) => a.y - b.y);
    if (is(bo, "bpmn:Lane"))
      return lanes.length ? lanes : order((bo.flowNodeRef ?? []).map((one) => drawn(one)).filter((one) => one && !one.host));
    const inLanes = new Set(lanes.flatMap((lane) => this.named(lane)));
    const rest = children.filter((one) => !is(one, "bpmn:Lane") && !one.host && !inLanes.has(one.businessObject));
    const edges = is(bo, "bpmn:SubProcess") ? [...(element.attachers ?? []), ...(element.outgoing ?? [])] : [];
    return [...lanes, ...order(rest), ...edges];
  }

  /** How far the arrows have come when they reach it. */
  rank(element) {
    const bo = element.businessObject, scope = bo.$parent;
    if (!is(bo, "bpmn:FlowNode") || !scope?.flowElements) return 0;
    if (!this.ranks.has(scope)) this.ranks.set(scope, ranks(scope.flowElements.filter((one) => is(one, "bpmn:FlowNode")), scope.flowElements));
    return this.ranks.get(scope).get(bo) ?? 0;
  }

  named = (lane) => [...(lane.businessObject.flowNodeRef ?? []), ...(lane.children ?? []).filter((one) => is(one, "bpmn:Lane")).flatMap((one) => this.named(one))];

  item(element, level, alone = false) {
    const below = alone || this.words ? [] : this.below(element);
    const holds = isAny(element.businessObject, HOLDS);
    const open = below.length > 0 && (holds ? !this.closed.has(element.id) : this.opened.has(element.id));
    const inside = open && h("ul", { role: "group", id: unique("ebg-group") }, below.map((one) => this.item(one, level + 1)));
    const made = h("span", { className: "ebg-bpmn-item", role: "treeitem", tabIndex: -1, "aria-level": String(level), "aria-selected": "false",
      ...(below.length && { "aria-expanded": String(open) }), "aria-owns": inside && inside.id },
      h("span", { className: "ebg-bpmn-item-name" }, nameOf(element)), " ", h("span", { className: "ebg-bpmn-item-kind" }, kindOf(element)), " ", h("span", { className: "ebg-bpmn-item-count" }));
    made.dataset.id = element.id;
    this.count(made, element.id);
    return h("li", { role: "none" }, made, inside);
  }

  count(item, id) {
    const number = this.problems.get(id) ?? 0;
    item.querySelector(".ebg-bpmn-item-count").replaceChildren(...(number ? [`× ${number}`, h("span", { className: "visually-hidden" }, " à corriger")] : []));
  }

  items = () => [...this.place.querySelectorAll("[role=treeitem]")];

  mark(element) {
    const id = element?.id ?? this.modeler.get("canvas").getRootElement()?.id;
    for (const item of this.items()) {
      const here = item.dataset.id === id;
      item.setAttribute("aria-selected", String(here));
      item.tabIndex = here ? 0 : -1;
      if (here && element) this.reveal(item);
    }
    const first = this.items()[0];
    if (first && !this.items().some(({ tabIndex }) => tabIndex === 0)) first.tabIndex = 0;
  }

  reveal(item) {
    const around = this.place.getBoundingClientRect(), { top } = item.getBoundingClientRect();
    if (top < around.top || top > around.bottom - 30) this.place.scrollTop += top - around.top - around.height / 3;
  }

  /** Put the keyboard on the chosen element. */
  focus() {
    (this.items().find(({ tabIndex }) => tabIndex === 0) ?? this.items()[0])?.focus();
  }

  click(event) {
    const item = event.target.closest("[role=treeitem]");
    if (item) this.chosen(item.dataset.id, false);
  }

  key(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item || event.ctrlKey || event.metaKey) return;
    const all = this.items(), at = all.indexOf(item);
    const go = (to) => to && (all.forEach((one) => (one.tabIndex = -1)), (to.tabIndex = 0), to.focus());
    const acts = {
      ArrowDown: () => go(all[at + 1]), ArrowUp: () => go(all[at - 1]), Home: () => go(all[0]), End: () => go(all.at(-1)),
      ArrowRight: () => (item.getAttribute("aria-expanded") === "false" ? this.fold(item, true) : go(all[at + 1])),
      ArrowLeft: () => (item.getAttribute("aria-expanded") === "true" ? this.fold(item, false) : go(item.closest("[role=group]")?.parentElement.querySelector("[role=treeitem]"))),
      Enter: () => this.chosen(item.dataset.id, true), " ": () => this.chosen(item.dataset.id, false),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  fold(item, open) {
    for (const [set, has] of [[this.opened, open], [this.closed, !open]]) has ? set.add(item.dataset.id) : set.delete(item.dataset.id);
    this.draw();
  }
}
