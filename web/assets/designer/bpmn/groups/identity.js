// Its name, what is written to explain it, its lane, its identifier.

import { is, isAny } from "bpmn-js/lib/util/ModelUtil";

const NAMELESS = ["bpmn:TextAnnotation", "bpmn:Group", "bpmn:Association", "bpmn:DataAssociation", "bpmn:Collaboration"];
const ID = /^[A-Za-z_][\w.-]*$/;

export function identity(one) {
  const { element, bo, facts } = one;
  const fields = [];
  if (!NAMELESS.some((type) => is(bo, type)))
    fields.push({ key: "name", kind: bo.name?.length > 40 ? "area" : "text", label: "Nom", value: bo.name,
      write: (name) => facts.modeling.updateProperties(element, { name: name || undefined }) });
  if (is(bo, "bpmn:TextAnnotation"))
    fields.push({ key: "text", kind: "area", label: "Texte de la note", value: bo.text,
      write: (text) => facts.modeling.updateLabel(element, text) });
  if (is(bo, "bpmn:Group"))
    fields.push({ key: "group", kind: "text", label: "Nom du groupe", value: bo.categoryValueRef?.value,
      write: (text) => facts.modeling.updateLabel(element, text) });
  fields.push(...lane(one));
  return { title: "Général", fields };
}

/** What is written for people, and the name that cases hold on to. */
export function papers(one) {
  const { element, bo, facts } = one;
  const documentation = { key: "documentation", kind: "area", label: "Documentation", hint: "Pour qui lira le diagramme.",
    value: facts.documentation(bo), write: (text) => facts.setDocumentation(element, bo, text) };
  return { title: "Documentation et identifiant", folded: true, fields: [...(is(bo, "bpmn:Association") ? [] : [documentation]), identifier(one)] };
}

function identifier({ element, bo, facts, told, key }) {
  const fixed = is(bo, "bpmn:Process") && bo.id === key;
  if (fixed || isAny(bo, ["bpmn:Collaboration"]))
    return { key: "id-note", kind: "note", value: `Identifiant : ${bo.id}` };
  const write = (id) => {
    const taken = facts.modeler.get("moddle").ids.assigned(id);
    if (!ID.test(id)) return told("Un identifiant commence par une lettre, sans espace ni accent : il n’a pas été changé.");
    if (taken && taken !== bo) return told(`L’identifiant « ${id} » sert déjà : il n’a pas été changé.`);
    if (id !== bo.id) facts.modeling.updateProperties(element, { id });
  };
  return { key: "id", kind: "text", lazy: true, label: "Identifiant", value: bo.id, write,
    hint: "Les dossiers en cours s’y rattachent : ne le changez qu’avant la première publication." };
}

/** The lanes of the pool or sub-process where an element stands. */
export function lanesAround(element) {
  let around = element.parent;
  while (around && !around.children?.some((child) => is(child, "bpmn:Lane"))) around = around.parent;
  const inner = (shape) => shape.children.filter((child) => is(child, "bpmn:Lane")).flatMap((child) => {
    const found = inner(child);
    return found.length ? found : [child];
  });
  return around ? inner(around) : [];
}

/** Move an element to the nearest free place of a lane; to its middle when there is none. */
export function putInLane(modeler, element, laneShape) {
  const others = modeler.get("elementRegistry").filter((one) => one !== element && !one.waypoints && one.type !== "label" && one.host !== element
    && is(one, "bpmn:FlowNode") && one.x < element.x + element.width + 10 && one.x + one.width > element.x - 10);
  const free = (y) => others.every((one) => one.y > y + element.height + 10 || one.y + one.height < y - 10);
  const places = [];
  for (let y = laneShape.y + 20; y + element.height + 20 <= laneShape.y + laneShape.height; y += 10) places.push(y);
  const middle = laneShape.y + (laneShape.height - element.height) / 2;
  const far = (y) => Math.abs(y - element.y);
  const to = places.filter(free).sort((a, b) => far(a) - far(b))[0] ?? middle;
  modeler.get("modeling").moveElements([element], { x: 0, y: Math.round(to - element.y) }, element.parent);
}

function lane({ element, bo, modeler }) {
  if (!is(bo, "bpmn:FlowNode") || is(bo, "bpmn:BoundaryEvent") || !element.parent) return [];
  const lanes = lanesAround(element);
  if (!lanes.length) return [];
  const here = lanes.find(({ businessObject }) => businessObject.flowNodeRef?.includes(bo));
  const options = lanes.map((shape) => ({ value: shape.id, label: shape.businessObject.name || shape.id }));
  if (!here) options.unshift({ value: "", label: "Aucun" });
  return [{ key: "lane", kind: "select", label: "Couloir", value: here?.id ?? "", options,
    write: (id) => id && putInLane(modeler, element, lanes.find((shape) => shape.id === id)) }];
}
