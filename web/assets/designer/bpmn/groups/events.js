// What an event waits for or says: message, moment, signal, error, escalation, condition, link.

import { is, isAny } from "bpmn-js/lib/util/ModelUtil";
import { nameOf } from "../kinds.js";

const WAITS = ["bpmn:StartEvent", "bpmn:IntermediateCatchEvent", "bpmn:BoundaryEvent"];
const ROOTS = {
  message: { type: "bpmn:Message", label: "Message", code: "name" },
  signal: { type: "bpmn:Signal", label: "Signal", code: "name" },
  error: { type: "bpmn:Error", label: "Erreur", code: "errorCode" },
  escalation: { type: "bpmn:Escalation", label: "Escalade", code: "escalationCode" },
};
const TIMES = [["timeDuration", "Après une durée"], ["timeDate", "À une date"], ["timeCycle", "Plusieurs fois"]];
const TITLES = { Message: "Message", Timer: "Moment", Signal: "Signal", Error: "Erreur", Escalation: "Escalade", Conditional: "Condition", Link: "Lien", Compensate: "Compensation" };

export function events(one) {
  const { bo } = one;
  if (isAny(bo, ["bpmn:SendTask", "bpmn:ReceiveTask"])) return [exchange(one)];
  if (!is(bo, "bpmn:Event")) return [];
  const definitions = bo.eventDefinitions ?? [];
  const found = definitions.map((definition, place) => ({ title: title(definition, definitions, place), fields: fieldsOf(one, definition, place) }));
  return [...interrupting(one), ...found, ...together(one, definitions), ...correlation(one, definitions)];
}

const nature = ({ $type }) => $type.slice("bpmn:".length).replace("EventDefinition", "");
const title = (definition, all, place) => `${TITLES[nature(definition)] ?? "Événement"}${all.length > 1 ? ` ${place + 1}` : ""}`;

function fieldsOf(one, definition, place) {
  const kind = nature(definition);
  if (kind === "Timer") return timer(one, definition, place);
  if (kind === "Conditional") return [{ key: `condition ${place}`, kind: "feel", label: "Quand", hint: "Survient dès que le calcul vaut vrai.",
    value: one.facts.text(definition, "condition"), write: (text) => one.facts.setText(one.element, definition, "condition", text) }];
  if (kind === "Link") return [{ key: `link ${place}`, kind: "text", label: "Nom du lien", hint: "Le même au départ et à l’arrivée.", value: definition.name,
    write: (name) => one.facts.set(one.element, definition, { name: name || undefined }) }];
  if (kind === "Compensate") return [compensated(one, definition, place)];
  const named = ROOTS[kind.toLowerCase()];
  return named ? [...root(one, definition, kind.toLowerCase(), place), ...carried(one, definition, kind.toLowerCase(), place)] : [];
}

/** The message, signal, error or escalation it names, or a new one. */
function root({ element, facts, catalogue }, holder, kind, place) {
  const { type, label, code } = ROOTS[kind], reference = `${kind}Ref`;
  const now = holder.get(reference);
  const all = facts.ofType(type);
  const known = all.map((one) => ({ value: one.id, label: one.name && one[code] && one.name !== one[code] ? `${one.name} (${one[code]})` : (one.name || one[code] || one.id) }));
  const elsewhere = kind === "message" ? (catalogue.messages ?? []).map((one) => one.name ?? one).filter((name) => !all.some((one) => one.name === name)) : [];
  const none = kind === "error" || kind === "escalation" ? "N’importe laquelle" : "À choisir";
  const write = (id) => facts.setReference(element, holder, reference, id.startsWith("+") ? facts.rootNamed(element, type, id.slice(1)) : id);
  const fields = [{ key: `${kind} ${place}`, kind: "select", label, value: now?.id ?? "", write,
    options: [{ value: "", label: none }, ...known, ...elsewhere.map((name) => ({ value: `+${name}`, label: name, group: "D’autres procédures" }))] }];
  const values = (name) => (code === "name" ? {} : { [code]: name });
  const fresh = kind === "error" || kind === "escalation" ? "une nouvelle" : "un nouveau";
  fields.push({ key: `new ${kind} ${place}`, kind: "text", lazy: true, label: `Ou en nommer ${fresh}`, value: "",
    write: (name) => name.trim() && facts.setReference(element, holder, reference, facts.rootNamed(element, type, name.trim(), values(name.trim()))) });
  if (now && code !== "name" && is(now, type))
    fields.push({ key: `code ${place}`, kind: "text", label: "Code", value: now[code], write: (value) => facts.set(element, now, { [code]: value || undefined }) });
  return fields;
}

// The payload and the name that receives it are read on the definition, the element, then the root.
function carried({ element, bo, facts }, definition, kind, place) {
  const holders = [definition, bo, definition.get(`${kind}Ref`)].filter((one) => one?.$type);
  const field = (key, names, fieldKind, label, hint) => {
    const [holder, name] = holders.flatMap((one) => names.map((each) => [one, each])).find(([one, each]) => facts.said(one, each)) ?? [definition, names[0]];
    return { key: `${key} ${place}`, kind: fieldKind, label, hint, value: facts.said(holder, name), write: (text) => facts.say(element, holder, name, text) };
  };
  const receives = isAny(bo, [...WAITS, "bpmn:ReceiveTask"]);
  if (receives) return [field("variable", ["MessageVariable", "VariableName"], "data", "Ranger ce qu’il apporte sous")];
  return [field("payload", ["MessagePayload", "PayloadExpression"], "feel", "Ce qu’il apporte", "Un calcul, souvent un contexte : {numero: case.number}.")];
}

function timer({ element, facts }, definition, place) {
  const now = TIMES.find(([name]) => definition.get(name))?.[0] ?? "";
  const text = now ? facts.text(definition, now) : "";
  const write = (name, body) => facts.set(element, definition, Object.fromEntries(
    TIMES.map(([each]) => [each, each === name ? facts.child("bpmn:FormalExpression", definition, { body }) : undefined])));
  const examples = { timeDuration: "P15D (quinze jours), PT2H, ou un calcul.", timeDate: "2027-01-31, ou un calcul : working days after(today(), 5).", timeCycle: "R3/P7D (trois fois, chaque semaine)." };
  return [
    { key: `timer kind ${place}`, kind: "select", label: "Survient", value: now, options: [{ value: "", label: "À choisir" }, ...TIMES.map(([value, label]) => ({ value, label }))],
      write: (name) => write(name, text) },
    ...(now ? [{ key: `timer ${place}`, kind: "feel", label: "Moment", hint: examples[now], value: text, write: (body) => write(now, body) }] : []),
  ];
}

function compensated({ element, bo, facts }, definition, place) {
  const activities = (bo.$parent.flowElements ?? []).filter((one) => is(one, "bpmn:Activity") && !one.isForCompensation);
  return { key: `activity ${place}`, kind: "select", label: "Ce qui est défait", value: definition.activityRef?.id ?? "",
    options: [{ value: "", label: "Tout ce qui a été fait" }, ...activities.map((one) => ({ value: one.id, label: nameOf(one) }))],
    write: (id) => facts.set(element, definition, { activityRef: activities.find((one) => one.id === id) }) };
}

function interrupting({ element, bo, facts }) {
  const kinds = (bo.eventDefinitions ?? []).map(nature);
  if (kinds.some((kind) => ["Error", "Cancel", "Compensate"].includes(kind))) return [];
  const name = is(bo, "bpmn:BoundaryEvent") ? "cancelActivity" : is(bo, "bpmn:StartEvent") && bo.$parent?.triggeredByEvent ? "isInterrupting" : "";
  if (!name) return [];
  return [{ title: "Effet", fields: [{ key: name, kind: "check", label: "Interrompt ce qui est en cours", value: bo.get(name) !== false,
    write: (on) => facts.modeling.updateProperties(element, { [name]: on ? undefined : false }) }] }];
}

const OTHERS = [["bpmn:MessageEventDefinition", "un message"], ["bpmn:TimerEventDefinition", "un moment"], ["bpmn:SignalEventDefinition", "un signal"], ["bpmn:ConditionalEventDefinition", "une condition"]];

/** A catch event may wait for several events: one of them, or all. */
function together({ element, bo, facts }, definitions) {
  if (!is(bo, "bpmn:IntermediateCatchEvent") || !definitions.length || definitions.some((one) => is(one, "bpmn:LinkEventDefinition"))) return [];
  const write = (eventDefinitions) => facts.modeling.updateProperties(element, { eventDefinitions });
  const fields = [{ key: "also", kind: "select", label: "Attendre aussi", value: "", options: [{ value: "", label: "Rien d’autre" }, ...OTHERS.map(([value, label]) => ({ value, label }))],
    write: (type) => type && write([...definitions, facts.child(type, bo, {})]) }];
  if (definitions.length > 1) fields.push(
    { key: "parallelMultiple", kind: "check", label: "Attendre tous ces événements", hint: "Sinon le premier suffit.", value: bo.parallelMultiple,
      write: (on) => facts.set(element, bo, { parallelMultiple: on || undefined }) },
    ...definitions.map((one, place) => ({ key: `less ${place}`, kind: "act", label: `Ne plus attendre : ${title(one, definitions, place)}`, write: () => write(definitions.filter((other) => other !== one)) })));
  return [{ title: "Plusieurs événements", folded: definitions.length < 2, fields }];
}

function correlation({ element, bo, facts }, definitions) {
  const messages = isAny(bo, ["bpmn:SendTask", "bpmn:ReceiveTask"]) || definitions.some((one) => is(one, "bpmn:MessageEventDefinition"));
  if (!messages) return [];
  return [{ title: "À qui il parle", folded: true, fields: [{ key: "correlation", kind: "feel", label: "Reconnu par", hint: "Vide : par le numéro du dossier.",
    value: facts.property(bo, "ebg:correlation"), write: (text) => facts.setProperty(element, bo, "ebg:correlation", text) }] }];
}

function exchange(one) {
  const { element, bo, facts } = one;
  const fields = [...root(one, bo, "message", 0), ...carried(one, bo, "message", 0), ...correlation(one, []).flatMap((group) => group.fields)];
  if (is(bo, "bpmn:ReceiveTask"))
    fields.push({ key: "instantiate", kind: "check", label: "Ouvre un dossier", hint: "Le message commence un dossier.", value: bo.instantiate,
      write: (on) => facts.set(element, bo, { instantiate: on || undefined }) });
  return { title: "Message", fields };
}
