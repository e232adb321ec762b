// What is done several times, only to undo, or at several tokens; ad hoc sub-processes.

import { is } from "bpmn-js/lib/util/ModelUtil";
import { named } from "../references.js";

const MANY = "bpmn:MultiInstanceLoopCharacteristics";
const WAYS = [{ value: "", label: "Une seule fois" }, { value: "parallel", label: "Plusieurs, en même temps" },
  { value: "sequential", label: "Plusieurs, l’une après l’autre" }, { value: "standard", label: "Tant qu’une condition est vraie" }];

export function repetition(one) {
  const { bo } = one;
  if (!is(bo, "bpmn:Activity") || bo.triggeredByEvent) return [];
  const repeated = { title: "Répétition", folded: !bo.loopCharacteristics, fields: [way(one), ...details(one)] };
  return [...(is(bo, "bpmn:AdHocSubProcess") ? [adHoc(one)] : []), repeated, { title: "Cas particuliers", folded: true, fields: rare(one) }];
}

function way({ element, bo, facts }) {
  const loop = bo.loopCharacteristics;
  const now = !loop ? "" : is(loop, MANY) ? (loop.isSequential ? "sequential" : "parallel") : "standard";
  const write = (next) => {
    if (loop && is(loop, MANY) && (next === "parallel" || next === "sequential"))
      return facts.set(element, loop, { isSequential: next === "sequential" });
    const made = !next ? undefined : next === "standard" ? facts.child("bpmn:StandardLoopCharacteristics", bo, {})
      : facts.child(MANY, bo, { isSequential: next === "sequential" });
    facts.modeling.updateProperties(element, { loopCharacteristics: made });
  };
  return { key: "loop", kind: "select", label: "Cette activité se fait", value: now, options: WAYS, write };
}

function details(one) {
  const loop = one.bo.loopCharacteristics;
  if (!loop) return [];
  return is(loop, MANY) ? many(one, loop) : standard(one, loop);
}

const expression = ({ element, facts }, loop, name, label, hint) => ({ key: name, kind: "feel", label, hint,
  value: facts.text(loop, name), write: (text) => facts.setText(element, loop, name, text) });

function standard(one, loop) {
  const { element, facts } = one;
  return [
    expression(one, loop, "loopCondition", "Recommencer tant que"),
    { key: "loopMaximum", kind: "text", label: "Au plus (fois)", value: loop.loopMaximum === undefined ? "" : String(loop.loopMaximum),
      write: (text) => facts.set(element, loop, { loopMaximum: /^\d+$/.test(text) ? Number(text) : undefined }) },
    { key: "testBefore", kind: "check", label: "Regarder la condition avant la première fois", value: loop.testBefore,
      write: (on) => facts.set(element, loop, { testBefore: on || undefined }) },
  ];
}

function many(one, loop) {
  const { element, facts } = one;
  const reference = (name, label, hint) => ({ key: name, kind: "data", label, hint, value: loop.get(name)?.id ?? "",
    write: (id) => facts.set(element, loop, { [name]: named(id) }) });
  const item = (name, label, type) => ({ key: name, kind: "text", label, value: loop.get(name)?.name ?? loop.get(name)?.id ?? "",
    write: (text) => facts.set(element, loop, { [name]: text ? facts.child(type, loop, { name: text }) : undefined }) });
  const fields = [
    reference("loopDataInputRef", "Pour chaque élément de", "Une liste du dossier ; ou donnez un nombre ci-dessous."),
    expression(one, loop, "loopCardinality", "Nombre de fois"),
    item("inputDataItem", "Nom de l’élément courant", "bpmn:DataInput"),
    reference("loopDataOutputRef", "Rassembler les résultats sous"),
    item("outputDataItem", "Résultat de chacune", "bpmn:DataOutput"),
    expression(one, loop, "completionCondition", "S’arrêter quand"),
    { key: "behavior", kind: "select", label: "Signaler la fin de chacune", value: loop.behavior ?? "All",
      options: [{ value: "All", label: "Non" }, { value: "One", label: "De la première" }, { value: "None", label: "De chacune" }, { value: "Complex", label: "Selon des conditions" }],
      write: (value) => facts.set(element, loop, { behavior: value === "All" ? undefined : value }) },
  ];
  const event = { One: "oneBehaviorEventRef", None: "noneBehaviorEventRef" }[loop.behavior];
  if (event) fields.push(thrown(one, loop, event));
  if (loop.behavior === "Complex") fields.push({ key: "complex", kind: "note", value: `${loop.complexBehaviorDefinition?.length ?? 0} condition(s), écrites dans le fichier.` });
  return fields;
}

function thrown({ element, facts }, loop, name) {
  const found = facts.roots().filter(({ $type }) => $type.endsWith("EventDefinition"));
  return { key: name, kind: "select", label: "Événement émis", value: loop.get(name)?.id ?? "",
    options: [{ value: "", label: "À choisir" }, ...found.map(({ id }) => ({ value: id, label: id }))],
    write: (id) => facts.setReference(element, loop, name, id) };
}

function adHoc(one) {
  const { element, bo, facts } = one;
  return { title: "Sous-processus ad hoc", fields: [
    { key: "ordering", kind: "select", label: "Les activités se font", value: bo.ordering ?? "Parallel",
      options: [{ value: "Parallel", label: "en même temps" }, { value: "Sequential", label: "l’une après l’autre" }],
      write: (value) => facts.set(element, bo, { ordering: value === "Parallel" ? undefined : value }) },
    expression(one, bo, "completionCondition", "Fini quand", "Vide : quand chaque activité a été faite une fois."),
    { key: "cancelRemainingInstances", kind: "check", label: "Arrêter ce qui reste quand c’est fini", value: bo.cancelRemainingInstances !== false,
      write: (on) => facts.set(element, bo, { cancelRemainingInstances: on ? undefined : false }) },
  ] };
}

function rare({ element, bo, facts }) {
  const quantity = (name, label) => ({ key: name, kind: "text", label, value: String(bo.get(name) ?? 1),
    write: (text) => facts.set(element, bo, { [name]: /^[1-9]\d*$/.test(text) && text !== "1" ? Number(text) : undefined }) });
  return [
    { key: "isForCompensation", kind: "check", label: "Ne sert qu’à défaire (compensation)", value: bo.isForCompensation,
      write: (on) => facts.modeling.updateProperties(element, { isForCompensation: on || undefined }) },
    quantity("startQuantity", "Jetons attendus pour commencer"),
    quantity("completionQuantity", "Jetons rendus à la fin"),
  ];
}
