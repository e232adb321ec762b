// What a step does by itself: an operation, a decision, a calculation, a call.

import { is, isAny } from "bpmn-js/lib/util/ModelUtil";
import { readContext, writeContext } from "../contexts.js";
import { h } from "../dom.js";

export function work(one) {
  const { bo } = one;
  if (is(bo, "bpmn:ServiceTask")) return service(one);
  if (is(bo, "bpmn:BusinessRuleTask")) return decision(one);
  if (is(bo, "bpmn:ScriptTask")) return [script(one)];
  if (is(bo, "bpmn:CallActivity")) return call(one);
  if (isAny(bo, ["bpmn:SubProcess"]) && !bo.triggeredByEvent) return [mappings(one, true)];
  return [];
}

function service({ element, bo, facts, catalogue }) {
  const asked = facts.operator(bo);
  const all = [...catalogue.operations.map((op) => ({ ...op, group: "Opérations du service" })),
    ...catalogue.remote_calls.map((op) => ({ ...op, group: "Appels à un partenaire" }))];
  const known = all.find(({ name }) => name === asked?.id);
  const given = facts.parameters(bo);
  const write = (id, more = {}) => {
    const wanted = all.find(({ name }) => name === id)?.parameters.map(({ name }) => [name, given[name] ?? ""]) ?? Object.entries(given);
    const parameters = wanted.filter(([name, value]) => value || required(all, id, name));
    facts.setOperator(element, bo, { id, resultVariable: asked?.resultVariable, parameters, ...more });
  };
  const fields = [{ key: "operator", kind: "select", label: "Opération ou appel", value: asked?.id ?? "", write,
    options: [{ value: "", label: "À choisir" }, ...all.map(({ name, about, group }) => ({ value: name, group, lang: about ? "en" : undefined, label: about ? `${name} – ${short(about)}` : name }))] }];
  if (known?.about) fields.push({ key: "about", kind: "note", value: [h("p", { lang: "en" }, known.about), known.partner && `Partenaire : ${known.partner}${known.sandbox ? " (simulé ici)" : ""}`].filter(Boolean) });
  if (!asked) return [{ title: "Ce qu’elle fait", fields }];
  fields.push({ key: "result", kind: "data", label: "Ranger le résultat sous", value: asked.resultVariable,
    write: (value) => facts.setOperator(element, bo, { id: asked.id, resultVariable: value, parameters: Object.entries(given) }) });
  const names = [...(known?.parameters ?? []), ...Object.keys(given).filter((name) => !known?.parameters.some((p) => p.name === name)).map((name) => ({ name, stray: true }))];
  const parameters = names.map((parameter) => ({ key: `parameter ${parameter.name}`, kind: "feel", label: parameter.name, required: parameter.required,
    hint: parameter.stray && known ? "L’opération ne connaît pas ce paramètre : videz-le." : parameter.about, value: given[parameter.name],
    write: (value) => {
      const now = { ...facts.parameters(bo), [parameter.name]: value };
      const order = names.map(({ name }) => [name, now[name] ?? ""]).filter(([name, said]) => said || required(all, asked.id, name));
      facts.setOperator(element, bo, { id: asked.id, resultVariable: facts.operator(bo).resultVariable, parameters: order });
    } }));
  return [{ title: "Ce qu’elle fait", fields }, { title: "Paramètres", fields: parameters }];
}

const required = (all, id, name) => all.find((op) => op.name === id)?.parameters.find((p) => p.name === name)?.required;
const short = (text) => (text.length > 60 ? `${text.slice(0, 57)}…` : text);

function decision({ element, bo, facts, catalogue }) {
  const called = facts.said(bo, "CalledDecisionId");
  const known = catalogue.decisions.find(({ id }) => id === called);
  const fields = [
    { key: "decision", kind: "select", label: "Décision", value: called,
      options: [{ value: "", label: "À choisir" }, ...catalogue.decisions.map(({ id, name, file }) => ({ value: id, label: `${name || id} (${file})` }))],
      write: (id) => facts.say(element, bo, "CalledDecisionId", id) },
    { key: "result", kind: "data", label: "Ranger le résultat sous", value: facts.property(bo, "ebg:result"),
      hint: "Vide : sous l’identifiant de la décision.", write: (value) => facts.setProperty(element, bo, "ebg:result", value) },
  ];
  if (known) fields.push({ key: "columns", kind: "note", value: [h("dl", {},
    ...columns("Lit", known.inputs, ({ label, expression }) => label || expression), ...columns("Donne", known.outputs, ({ label, name }) => label || name))] });
  return [{ title: "Table de décision", fields }];
}

const columns = (title, all, say) => (all?.length ? [h("dt", {}, title), ...all.map((one) => h("dd", {}, `${say(one)}${one.type ? ` : ${one.type}` : ""}`))] : []);

/** Fields for a FEEL context: rows when it can be read as such, else its text. */
function contextField(key, label, hint, text, write) {
  const rows = readContext(text);
  if (!rows) return { key: `${key} text`, kind: "feel", label, hint, value: text, write };
  return { key, kind: "rows", label, hint, more: "Ajouter une donnée", value: rows, write: (all) => write(writeContext(all)),
    columns: [{ key: "name", kind: "data", label: "Donnée" }, { key: "value", kind: "feel", label: "Valeur" }] };
}

const script = ({ element, bo, facts }) => ({ title: "Calcul", fields: [
  contextField("script", "Données calculées", "Chaque ligne devient une donnée du dossier.", bo.script ?? "",
    (text) => facts.set(element, bo, { script: text || undefined })),
] });

function mappings({ element, bo, facts }, folded) {
  const side = (key, label, hint) => contextField(key, label, hint, facts.property(bo, `ebg:${key}`), (text) => facts.setProperty(element, bo, `ebg:${key}`, text));
  return { title: "Ce qui entre et ce qui sort", folded, fields: [
    side("in", "Données données", "Vide : tout ce que sait le dossier."),
    side("out", "Données reprises", "Vide : tout revient."),
  ] };
}

function call(one) {
  const { element, bo, facts, catalogue, key } = one;
  const called = bo.calledElement ?? "", computed = called.startsWith("=");
  const inside = facts.ofType("bpmn:Process").filter(({ id, isExecutable }) => isExecutable && id !== key);
  const options = [{ value: "", label: "À choisir" },
    ...inside.map(({ id, name }) => ({ value: id, label: name ? `${name} (${id})` : id, group: "De ce fichier" })),
    ...catalogue.procedures.map(({ key: id, name }) => ({ value: id, label: `${name} (${id})`, group: "Autres procédures" })),
    { value: "=", label: "Calculée à l’ouverture du pas" }];
  const write = (calledElement) => facts.set(element, bo, { calledElement: calledElement || undefined });
  const fields = [{ key: "called", kind: "select", label: "Procédure appelée", value: computed ? "=" : called, options, write }];
  if (computed) fields.push({ key: "computed", kind: "feel", label: "Clé de la procédure", value: called.slice(1), write: (text) => write(`=${text}`) });
  return [{ title: "Appel", fields }, mappings(one, false)];
}
