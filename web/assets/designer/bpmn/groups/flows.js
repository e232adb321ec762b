// Arrows and gateways: conditions, the default arrow, what makes a complex gateway fire.

import { is, isAny } from "bpmn-js/lib/util/ModelUtil";
import { nameOf } from "../kinds.js";

const CHOOSING = ["bpmn:ExclusiveGateway", "bpmn:InclusiveGateway", "bpmn:ComplexGateway", "bpmn:Activity"];

export function flows(one) {
  const { bo } = one;
  if (is(bo, "bpmn:SequenceFlow")) return [condition(one)];
  return [...leaving(one), ...gateway(one)];
}

function condition({ element, bo, facts }) {
  const source = bo.sourceRef;
  const fields = [{ key: "condition", kind: "feel", label: "Condition", value: facts.text(bo, "conditionExpression"),
    hint: "Un calcul qui vaut vrai ou faux : montant > 3000.", write: (text) => facts.setText(element, bo, "conditionExpression", text) }];
  if (source && isAny(source, CHOOSING))
    fields.push({ key: "default", kind: "check", label: "Flèche par défaut", hint: "Celle qu’on prend quand aucune condition n’est vraie ; elle n’en porte pas.",
      value: source.default === bo, write: (on) => facts.modeling.updateProperties(element.source, { default: on ? bo : undefined }) });
  return { title: "Passage", fields };
}

function leaving({ element, bo, facts }) {
  const out = bo.outgoing ?? [];
  if (!isAny(bo, CHOOSING) || out.length < 2) return [];
  const options = [{ value: "", label: "Aucune" }, ...out.map((flow) => ({ value: flow.id, label: flow.name || nameOf(flow) }))];
  const fields = [{ key: "default", kind: "select", label: "Flèche par défaut", value: bo.default?.id ?? "", options,
    write: (id) => facts.modeling.updateProperties(element, { default: out.find((flow) => flow.id === id) }) }];
  for (const flow of out.filter((other) => other !== bo.default)) {
    const drawn = element.outgoing.find(({ businessObject }) => businessObject === flow);
    if (drawn) fields.push({ key: `condition ${flow.id}`, kind: "feel", label: `Condition : ${flow.name || nameOf(flow)}`, value: facts.text(flow, "conditionExpression"),
      write: (text) => facts.setText(drawn, flow, "conditionExpression", text) });
  }
  return [{ title: "Sorties", folded: is(bo, "bpmn:Activity"), fields }];
}

function gateway({ element, bo, facts }) {
  if (is(bo, "bpmn:ComplexGateway"))
    return [{ title: "Déclenchement", fields: [{ key: "activation", kind: "feel", label: "Passe quand", hint: "activationCount compte les flèches arrivées : activationCount >= 2.",
      value: facts.text(bo, "activationCondition"), write: (text) => facts.setText(element, bo, "activationCondition", text) }] }];
  if (!is(bo, "bpmn:EventBasedGateway")) return [];
  const fields = [{ key: "instantiate", kind: "check", label: "Ouvre un dossier", hint: "Le premier événement qui survient commence un dossier.", value: bo.instantiate,
    write: (on) => facts.set(element, bo, on ? { instantiate: true } : { instantiate: undefined, eventGatewayType: undefined }) }];
  if (bo.instantiate)
    fields.push({ key: "gateway-type", kind: "select", label: "Attend", value: bo.eventGatewayType ?? "Exclusive",
      options: [{ value: "Exclusive", label: "un seul des événements" }, { value: "Parallel", label: "tous les événements" }],
      write: (value) => facts.set(element, bo, { eventGatewayType: value }) });
  return [{ title: "Passerelle d’événements", fields }];
}
