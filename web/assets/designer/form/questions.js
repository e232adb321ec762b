// The components of a form-js file: found, added, moved, changed, whatever their depth.

import { settings, t } from "../elements.js";

const { keys, refused } = settings.profile;
export const BOXES = ["group", "dynamiclist"];

// The form of a text. Throws an Error that says what is wrong with it.
export function parse(text) {
  let form;
  try {
    form = text.trim() ? JSON.parse(text) : { type: "default", schemaVersion: settings.profile.version, components: [] };
  } catch (failure) {
    throw new Error(t("Ce texte n’est pas du JSON correct : {why}", { why: failure.message }));
  }
  if (typeof form !== "object" || !form || Array.isArray(form) || !Array.isArray(form.components ?? []))
    throw new Error(t("Ce fichier n’est pas un formulaire form-js (une liste « components » est attendue)."));
  const wrong = [...walk((form.components ??= []))].find(({ component }) => typeof component !== "object" || !component);
  if (wrong) throw new Error(t("Un composant de ce formulaire n’a pas la forme attendue."));
  return form;
}

export const write = (form) => `${JSON.stringify(form, null, 2)}\n`;

// Every component with the list that holds it and the path by which the server names it.
export function* walk(list, path = "components") {
  for (const [at, component] of list.entries()) {
    yield { component, list, at, path: `${path}[${at}]` };
    if (Array.isArray(component?.components)) yield* walk(component.components, `${path}[${at}].components`);
  }
}

// Why a component is not admitted, as the server would say it; empty when it is.
export function outside({ type }) {
  if (keys[type]) return "";
  return t("Le composant « {type} » n’est pas admis : {why}.", { type: String(type), why: refused[type] ?? t("choisissez un composant de la palette") });
}

// A component of this type, complete enough to be published once it has its label.
export function make(form, type) {
  const component = { type, id: `${type}_${crypto.randomUUID().slice(0, 8)}` };
  const known = new Set([...walk(form.components)].flatMap(({ component: one }) => [one.key, one.path]));
  let number = 1;
  while (known.has(`question_${number}`)) number++;
  if (keys[type].includes("key")) component.key = `question_${number}`;
  if (type === "dynamiclist") component.path = `question_${number}`;
  if (keys[type].includes("label")) component.label = BOXES.includes(type) ? t("Nouveau groupe") : t("Nouvelle question");
  if (BOXES.includes(type)) component.components = [];
  if (keys[type].includes("values")) component.values = ["1", "2"].map((value) => ({ label: t("Réponse {value}", { value }), value }));
  if (type === "datetime") Object.assign(component, { subtype: "date", dateLabel: component.label });
  if (type === "text") component.text = t("Texte à lire");
  if (type === "expression") component.expression = "=null";
  return component;
}

export function shift(list, at, by) {
  if (at + by < 0 || at + by >= list.length) return false;
  [list[at], list[at + by]] = [list[at + by], list[at]];
  return true;
}

// The lists a component may go to: not its own inside.
export function homes(form, component) {
  const inside = new Set([...walk([component])].map((one) => one.component));
  const boxes = [...walk(form.components)].map((one) => one.component).filter((one) => BOXES.includes(one.type) && !inside.has(one));
  return [{ label: t("Hors de tout groupe"), list: form.components }, ...boxes.map((one) => ({ label: one.label || one.path || one.id, list: (one.components ??= []) }))];
}

// Another type keeps what the new one knows too.
export function retype(component, type, form) {
  const fresh = make(form, type);
  for (const key of Object.keys(component)) if (!keys[type].includes(key)) delete component[key];
  for (const [key, value] of Object.entries(fresh)) if (key !== "id") component[key] ??= value;
  component.type = type;
  const rules = settings.profile.validations[type] ?? [];
  for (const rule of Object.keys(component.validate ?? {})) if (rule !== "required" && !rules.includes(rule)) put(component, `validate.${rule}`, "");
  for (const name of Object.keys(component.properties ?? {})) if (!settings.profile.properties[type].includes(name)) put(component, `properties/${name}`, "");
}

const split = (path) => (path.includes("/") ? path.split("/") : path.split("."));

export function got(component, path) {
  return split(path).reduce((at, name) => at?.[name], component);
}

// A value at "validate.min" or "properties/ebg:type"; what is empty goes away with its holder.
export function put(component, path, value) {
  const [first, second] = split(path);
  const empty = value === "" || value === null || value === undefined || value === false;
  if (second === undefined) {
    if (empty) delete component[first];
    else component[first] = value;
    return;
  }
  const held = (component[first] ??= {});
  if (empty) delete held[second];
  else held[second] = value;
  if (!Object.keys(held).length) delete component[first];
}

// Choices as people write them, one a line: « valeur = Libellé ».
export const choices = (values) => (Array.isArray(values) ? values.map(({ value, label }) => (value === label ? value : `${value} = ${label}`)).join("\n") : "");

export function readChoices(text) {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  return lines.map((line) => {
    const at = line.indexOf(" = ");
    return at < 0 ? { label: line, value: line } : { label: line.slice(at + 3).trim(), value: line.slice(0, at).trim() };
  });
}
