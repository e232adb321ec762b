// A decision table in its XML: read and changed in place, so that all the rest of the file
// (comments, extensions, drawing, other decisions) stays as its author left it.

import { t } from "../elements.js";

const DECLARATION = /^\s*<\?xml[^>]*\?>\s*/;
const SAME = /^(input|output|annotation|rule)$/;

// The document of a DMN file. Throws an Error that says what is wrong with it.
export function parse(text) {
  const doc = new DOMParser().parseFromString(text, "application/xml");
  const wrong = doc.querySelector("parsererror");
  if (wrong) {
    const place = /line (\d+)[^\d]+column (\d+)/i.exec(wrong.textContent);
    throw new Error(
      place
        ? t("Ce texte n’est pas du XML correct : regardez la ligne {line}, caractère {column}.", { line: place[1], column: place[2] })
        : t("Ce texte n’est pas du XML correct."),
    );
  }
  if (doc.doctype) throw new Error(t("Ce fichier contient une déclaration DOCTYPE : elle est refusée."));
  if (doc.documentElement.localName !== "definitions") throw new Error(t("Ce fichier n’est pas un fichier DMN (élément definitions attendu)."));
  return doc;
}

// The text of a document, with the declaration its source had.
export function write(doc, source) {
  const text = new XMLSerializer().serializeToString(doc).replace(DECLARATION, "");
  const declared = DECLARATION.exec(source)?.[0] ?? '<?xml version="1.0" encoding="UTF-8"?>\n';
  return declared.trimStart() + text + (/\n$/.test(source) && !/\n$/.test(text) ? "\n" : "");
}

export const children = (node, ...names) => [...node.children].filter((one) => names.includes(one.localName));
export const child = (node, ...names) => children(node, ...names)[0] ?? null;
export const textOf = (node) => (node && child(node, "text")?.textContent) ?? "";

// Every decision of the file: what it is called, and the table or the expression it holds.
export function decisions(doc) {
  return children(doc.documentElement, "decision").map((element) => ({
    element,
    id: element.getAttribute("id") ?? "",
    name: element.getAttribute("name") ?? "",
    table: child(element, "decisionTable"),
    expression: child(element, "literalExpression"),
  }));
}

export function read(table) {
  const inputs = children(table, "input").map((element) => {
    const expression = child(element, "inputExpression");
    return {
      element,
      label: element.getAttribute("label") ?? "",
      expression: textOf(expression),
      type: expression?.getAttribute("typeRef") ?? "",
      values: textOf(child(element, "inputValues")),
    };
  });
  const outputs = children(table, "output").map((element) => ({
    element,
    label: element.getAttribute("label") ?? "",
    name: element.getAttribute("name") ?? "",
    type: element.getAttribute("typeRef") ?? "",
    values: textOf(child(element, "outputValues")),
    otherwise: textOf(child(element, "defaultOutputEntry")),
  }));
  const annotations = children(table, "annotation").map((element) => ({ element, name: element.getAttribute("name") ?? "" }));
  return {
    policy: table.getAttribute("hitPolicy") ?? "UNIQUE",
    aggregation: table.getAttribute("aggregation") ?? "",
    inputs,
    outputs,
    annotations,
    rules: children(table, "rule").map((element) => ({
      element,
      note: child(element, "description")?.textContent ?? "",
      inputs: cells(element, "inputEntry", inputs.length),
      outputs: cells(element, "outputEntry", outputs.length),
      annotations: cells(element, "annotationEntry", annotations.length),
    })),
  };
}

function cells(rule, kind, count) {
  const found = children(rule, kind);
  return Array.from({ length: count }, (_, at) => textOf(found[at]));
}

export function setPolicy(table, policy, aggregation) {
  set(table, "hitPolicy", policy);
  set(table, "aggregation", policy === "COLLECT" ? aggregation : "");
}

// An attribute; an empty one is taken away.
export function set(element, name, value) {
  if (value === "") element.removeAttribute(name);
  else element.setAttribute(name, value);
}

export function setCell(rule, kind, at, text) {
  while (children(rule, kind).length <= at) append(rule, `${kind}`, kind === "annotationEntry" ? "" : kind === "inputEntry" ? "-" : "");
  setText(children(rule, kind)[at], text);
}

export function setText(element, text) {
  const place = child(element, "text") ?? element.appendChild(make(element, "text"));
  if (place.textContent !== text) place.textContent = text;
}

// The text of a part that may be absent (inputValues, defaultOutputEntry); empty takes it away.
export function setPart(element, kind, text) {
  const found = child(element, kind);
  if (!text.trim()) return void (found && take(found));
  setText(found ?? append(element, kind), text);
}

export function setExpression(input, { text, type }) {
  const found = child(input, "inputExpression") ?? append(input, "inputExpression");
  if (text !== undefined) setText(found, text);
  if (type !== undefined) set(found, "typeRef", type);
}

export function setNote(rule, text) {
  const found = child(rule, "description");
  if (!text) return void (found && take(found));
  (found ?? put(rule, make(rule, "description"), rule.firstElementChild)).textContent = text;
}

export function addRule(table, at) {
  const { inputs, outputs, annotations } = read(table);
  const rule = make(table, "rule");
  rule.setAttribute("id", fresh(table, "rule"));
  inputs.forEach(() => append(rule, "inputEntry", "-"));
  outputs.forEach(() => append(rule, "outputEntry", ""));
  annotations.forEach(() => append(rule, "annotationEntry", ""));
  const rules = children(table, "rule");
  return put(table, rule, rules[at] ?? null, rules.at(-1) ?? table.lastElementChild);
}

export const removeRule = (rule) => take(rule);

export function move(element, by) {
  const all = children(element.parentNode, element.localName);
  const other = all[all.indexOf(element) + by];
  if (other) swap(element, other);
  return Boolean(other);
}

// A column of the kind "input", "output" or "annotation", last of its kind, in every rule.
export function addColumn(table, kind) {
  const order = ["input", "output", "annotation", "rule"];
  const after = order.slice(order.indexOf(kind) + 1);
  const column = make(table, kind);
  if (kind !== "annotation") column.setAttribute("id", fresh(table, kind));
  if (kind === "input") setExpression(column, { text: "", type: "string" });
  if (kind === "output") column.setAttribute("typeRef", "string");
  put(table, column, children(table, ...after)[0] ?? null, children(table, kind).at(-1));
  const entry = `${kind}Entry`;
  const before = { inputEntry: ["outputEntry", "annotationEntry"], outputEntry: ["annotationEntry"], annotationEntry: [] }[entry];
  for (const rule of children(table, "rule")) {
    const made = make(rule, entry);
    if (kind !== "annotation") made.setAttribute("id", fresh(table, entry));
    setText(made, kind === "input" ? "-" : "");
    put(rule, made, children(rule, ...before)[0] ?? null);
  }
  return column;
}

export function removeColumn(column) {
  const [table, kind, at] = placeOf(column);
  for (const rule of children(table, "rule")) {
    const entry = children(rule, `${kind}Entry`)[at];
    if (entry) take(entry);
  }
  take(column);
}

export function moveColumn(column, by) {
  const [table, kind, at] = placeOf(column);
  if (!children(table, kind)[at + by]) return false;
  for (const rule of children(table, "rule")) {
    const entries = children(rule, `${kind}Entry`);
    if (entries[at] && entries[at + by]) swap(entries[at], entries[at + by]);
  }
  return move(column, by);
}

// A decision of its own, with an empty table.
export function addDecision(doc, name) {
  const root = doc.documentElement;
  const decision = make(root, "decision");
  decision.setAttribute("id", fresh(root, "decision"));
  decision.setAttribute("name", name);
  const table = decision.appendChild(make(root, "decisionTable"));
  table.setAttribute("id", `${decision.getAttribute("id")}_table`);
  const drawing = [...root.children].find((one) => one.localName === "DMNDI");
  put(root, decision, drawing ?? null);
  addColumn(table, "input");
  addColumn(table, "output").setAttribute("name", "resultat");
  addRule(table);
  return decision;
}

function placeOf(column) {
  const table = column.parentNode;
  const kind = SAME.exec(column.localName)[0];
  return [table, kind, children(table, kind).indexOf(column)];
}

function make(near, name) {
  const prefix = near.prefix ? `${near.prefix}:` : "";
  return near.ownerDocument.createElementNS(near.namespaceURI, prefix + name);
}

function append(parent, name, text) {
  const made = make(parent, name);
  if (/Entry$|Expression$/.test(name) && name !== "annotationEntry") made.setAttribute("id", fresh(parent, name));
  if (text !== undefined) setText(made, text);
  parent.append(made);
  return made;
}

// Puts an element before another (at the end for null), indented as its neighbour.
function put(parent, element, before, like = before) {
  const space = like?.previousSibling?.nodeType === Node.TEXT_NODE ? like.previousSibling.data : "";
  if (before) {
    parent.insertBefore(element, before);
    if (space.trim() === "" && space) parent.insertBefore(parent.ownerDocument.createTextNode(space), before);
  } else {
    const last = parent.lastElementChild;
    if (last) last.after(space.trim() === "" ? space : "", element);
    else parent.append(element);
  }
  return element;
}

function take(element) {
  const space = element.previousSibling;
  if (space?.nodeType === Node.TEXT_NODE && !space.data.trim()) space.remove();
  element.remove();
}

function swap(one, other) {
  const mark = one.ownerDocument.createComment("");
  one.replaceWith(mark);
  other.replaceWith(one);
  mark.replaceWith(other);
}

// An identifier that the file does not have.
function fresh(near, kind) {
  const doc = near.ownerDocument;
  const known = new Set([...doc.querySelectorAll("[id]")].map((one) => one.getAttribute("id")));
  let id;
  do id = `${kind}_${crypto.randomUUID().slice(0, 8)}`;
  while (known.has(id));
  return id;
}
