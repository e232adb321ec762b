// Our palette, and bpmn-js' context pad and menus without what the engine would refuse.

import { AFTER, ON_EDGE, REFUSED } from "./kinds.js";

const TOOLS = [
  ["hand-tool", "bpmn-icon-hand-tool", "Déplacer la vue", "handTool", "activateHand"],
  ["lasso-tool", "bpmn-icon-lasso-tool", "Choisir plusieurs éléments", "lassoTool", "activateSelection"],
  ["space-tool", "bpmn-icon-space-tool", "Faire ou ôter de la place", "spaceTool", "activateSelection"],
  ["global-connect-tool", "bpmn-icon-connection-multi", "Relier deux éléments", "globalConnect", "start"],
];
const FIRST = ["user-task", "service-task", "rule-task", "exclusive-gateway", "parallel-gateway", "catch-timer"];
const APPENDED = ["user-task", "service-task", "exclusive-gateway", "end-event"];
const DRAWN = [
  ["start-event", "bpmn-icon-start-event-none", "Début", { type: "bpmn:StartEvent" }],
  ...[...AFTER.filter(({ id }) => FIRST.includes(id)), ...ON_EDGE.slice(0, 1)]
    .map(({ id, icon, label, target }) => [id, icon, label, target]),
  ["end-event", "bpmn-icon-end-event-none", "Fin", { type: "bpmn:EndEvent" }],
].filter(([id]) => !id.startsWith("boundary"));

class Palette {
  static $inject = ["palette", "create", "elementFactory", "injector"];

  constructor(palette, create, factory, injector) {
    Object.assign(this, { create, factory, injector });
    palette.registerProvider(this);
  }

  getPaletteEntries() {
    const entries = {};
    for (const [id, className, title, service, method] of TOOLS)
      entries[id] = { group: "tools", className, title, action: { click: (event) => this.injector.get(service)[method](event) } };
    entries["tool-separator"] = { group: "tools", separator: true };
    for (const [id, className, title, target] of DRAWN)
      entries[`create.${id}`] = this.drawing(className, title, (event) => this.create.start(event, this.factory.createShape(target)));
    entries["create.subprocess"] = this.drawing("bpmn-icon-subprocess-expanded", "Sous-processus", (event) => this.subprocess(event));
    entries["create.participant"] = this.drawing("bpmn-icon-participant", "Piscine", (event) =>
      this.create.start(event, this.factory.createParticipantShape()));
    return entries;
  }

  drawing(className, title, begin) {
    return { group: "create", className, title, action: { dragstart: begin, click: begin } };
  }

  subprocess(event) {
    const around = this.factory.createShape({ type: "bpmn:SubProcess", x: 0, y: 0, isExpanded: true });
    const start = this.factory.createShape({ type: "bpmn:StartEvent", x: 40, y: 82, parent: around });
    this.create.start(event, [around, start], { hints: { autoSelect: [around] } });
  }
}

class Pad {
  static $inject = ["contextPad", "create", "elementFactory", "autoPlace", "appendPreview"];

  constructor(contextPad, create, factory, autoPlace, preview) {
    Object.assign(this, { create, factory, autoPlace, preview });
    contextPad.registerProvider(500, this);
  }

  getContextPadEntries() {
    return (entries) => {
      if (!entries["append.append-task"]) return entries;
      for (const id of ["append-task", "gateway", "end-event", "intermediate-event"]) delete entries[`append.${id}`];
      const ours = AFTER.filter(({ id }) => APPENDED.includes(id)).map((one) => [`append.${one.id}`, this.append(one)]);
      return { ...Object.fromEntries(ours), ...entries };
    };
  }

  append({ icon, label, target }) {
    const shape = () => this.factory.createShape({ ...target });
    return {
      group: "model", className: icon, title: `Ajouter : ${label}`,
      action: {
        dragstart: (event, element) => this.create.start(event, shape(), { source: element }),
        click: (_, element) => this.autoPlace.append(element, shape()),
        hover: (_, element) => {
          this.preview.create(element, target.type, target);
          return () => this.preview.cleanUp();
        },
      },
    };
  }
}

class Menu {
  static $inject = ["popupMenu"];

  constructor(popupMenu) {
    popupMenu.registerProvider("bpmn-replace", 500, this);
  }

  getPopupMenuEntries(target) {
    return (entries) => allowed(target, entries);
  }

  getPopupMenuHeaderEntries(target) {
    return (entries) => allowed(target, entries);
  }
}

const allowed = (target, entries) =>
  Object.fromEntries(Object.entries(entries).filter(([id]) => !REFUSED[id]?.(target)));

export default {
  __init__: ["paletteProvider", "ourPad", "ourMenu"],
  paletteProvider: ["type", Palette],
  ourPad: ["type", Pad],
  ourMenu: ["type", Menu],
};
