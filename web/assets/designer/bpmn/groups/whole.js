// The procedure itself: its title, what its cases can be searched by; a pool.

import { is } from "bpmn-js/lib/util/ModelUtil";

const NAMED = /^\s*([^()]*?)\s*(?:\(([^()]*)\))?\s*$/;

export function whole(one) {
  const { bo } = one;
  if (is(bo, "bpmn:Process")) return [procedure(one, bo)];
  if (is(bo, "bpmn:Participant") && bo.processRef) return [procedure(one, bo.processRef)];
  if (!is(bo, "bpmn:Collaboration")) return [];
  const pools = (bo.participants ?? []).map(({ name, id }) => name || id).join(", ");
  return [{ title: "Diagramme", fields: [{ key: "pools", kind: "note", value: pools ? `Piscines : ${pools}. Choisissez-en une pour dire ce qu’elle est.` : "" }] }];
}

function procedure({ element, bo, facts, key }, process) {
  const fields = [];
  if (process !== bo) {
    fields.push({ key: "process name", kind: "text", label: "Nom de la procédure", value: process.name, write: (name) => facts.set(element, process, { name: name || undefined }) });
    fields.push({ key: "process id", kind: "note", value: `Identifiant du processus : ${process.id}` });
  }
  fields.push({ key: "executable", kind: "check", label: "Ce processus s’exécute", hint: process.id === key ? "" : "Sinon il n’est que dessiné, pour montrer un partenaire.",
    value: process.isExecutable, write: (on) => facts.set(element, process, { isExecutable: on }) });
  fields.push(
    { key: "title", kind: "feel", label: "Titre d’un dossier", hint: "Ce que les agents lisent dans leurs listes.", value: facts.property(process, "ebg:title"),
      write: (text) => facts.setProperty(element, process, "ebg:title", text) },
    { key: "searchable", kind: "rows", label: "Données cherchées", hint: "Ce par quoi les agents cherchent et trient les dossiers ; vingt au plus.", more: "Ajouter une donnée",
      value: searchable(facts.property(process, "ebg:searchable")), columns: [{ key: "path", kind: "data", label: "Donnée" }, { key: "label", kind: "text", label: "Libellé" }],
      write: (rows) => facts.setProperty(element, process, "ebg:searchable", rows.filter(({ path }) => path).map(({ path, label }) => (label ? `${path} (${label})` : path)).join(", ")) },
  );
  if (process !== bo) fields.push({ key: "process documentation", kind: "area", label: "Documentation de la procédure", value: facts.documentation(process), write: (text) => facts.setDocumentation(element, process, text) });
  return { title: "Procédure", fields };
}

function searchable(text) {
  return text.split(",").filter((part) => part.trim()).map((part) => {
    const [, path, label] = part.match(NAMED) ?? [null, part.trim(), ""];
    return { path, label: label ?? "" };
  });
}
