// The groups of fields of an element, in the order people need them.

import { is } from "bpmn-js/lib/util/ModelUtil";
import { identity, papers } from "./identity.js";
import { people } from "./people.js";
import { work } from "./work.js";
import { events } from "./events.js";
import { flows } from "./flows.js";
import { repetition } from "./repetition.js";
import { whole } from "./whole.js";

/** Groups of fields: `[{ title, fields, folded }]`. */
export function groupsOf(element, context) {
  const one = { element, bo: element.businessObject, ...context };
  const about = identity(one);
  const specific = [...whole(one), ...people(one), ...work(one), ...events(one), ...flows(one), ...repetition(one)];
  return [about, ...specific, is(one.bo, "bpmn:FlowNode") && milestone(one), papers(one)].filter(Boolean);
}

function milestone({ element, bo, facts }) {
  const write = (value) => facts.setProperty(element, bo, "ebg:milestone", value);
  const hint = "Ce que l’usager lit dans le suivi de son dossier quand ce pas est fait.";
  const field = { key: "milestone", kind: "text", label: "Étape du suivi", hint, value: facts.property(bo, "ebg:milestone"), write };
  return { title: "Suivi par l’usager", folded: true, fields: [field] };
}
