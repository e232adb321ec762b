// One field of the panel each, in plain and accessible elements. A field is
// `{ key, label, kind, value, write, hint?, options?, required? }`; `write(value)` is one stroke.

import { h, button, later, unique } from "./dom.js";

const AFTER = 250;

/** The element of a field, with `sync(field)` to show another value without losing the caret. */
export function draw(field, tools) {
  const made = (KINDS[field.kind] ?? line)(field, tools);
  made.dataset.key = field.key;
  return made;
}

function wrapped(field, control, ...more) {
  control.id = unique("ebg-field");
  const hint = field.hint && h("p", { className: "form-text", id: `${control.id}-hint` }, field.hint);
  if (hint) control.setAttribute("aria-describedby", hint.id);
  const label = h("label", { className: "form-label", htmlFor: control.id }, field.label, field.required && " (obligatoire)");
  return h("div", { className: "ebg-bpmn-field" }, label, hint, control, ...more);
}

// What is typed is written a moment after, and at once when one leaves; a `lazy` field, whose every
// letter would make something, only when one leaves.
function typed(field, control) {
  const write = () => {
    if (control.value !== control.dataset.written) {
      control.dataset.written = control.value;
      control.current.write(control.value);
    }
  };
  control.current = field;
  control.value = control.dataset.written = field.value ?? "";
  const soon = later(write, AFTER);
  if (!field.lazy) control.addEventListener("input", soon);
  control.addEventListener("change", () => (soon.now(), write()));
  control.addEventListener("blur", () => soon.now());
  return control;
}

function following(made, control) {
  made.sync = (field) => {
    control.current = field;
    const value = field.value ?? "";
    if (control.value === value || control.value !== control.dataset.written) return;
    control.value = control.dataset.written = value;
  };
  return made;
}

function line(field) {
  const control = typed(field, h("input", { className: "form-control", type: "text", list: field.kind === "data" && "ebg-data",
    autocomplete: "off", spellcheck: field.kind !== "data" }));
  return following(wrapped(field, control), control);
}

function area(field) {
  const control = typed(field, h("textarea", { className: "form-control", rows: 2 }));
  return following(wrapped(field, control), control);
}

function select(field) {
  const control = h("select", { className: "form-select" });
  const made = wrapped(field, control);
  const options = (groups) => Object.entries(groups).flatMap(([group, all]) => {
    const inside = all.map(({ value, label, lang }) => h("option", { value, lang }, label));
    return group ? [h("optgroup", { label: group }, inside)] : inside;
  });
  made.sync = (next) => {
    control.current = next;
    const known = next.options.some(({ value }) => value === (next.value ?? ""));
    const all = known ? next.options : [...next.options, { value: next.value, label: `${next.value} (inconnu)` }];
    const signature = JSON.stringify(all);
    if (control.dataset.options !== signature) {
      control.replaceChildren(...options(Object.groupBy ? Object.groupBy(all, ({ group }) => group ?? "") : grouped(all)));
      control.dataset.options = signature;
    }
    control.value = next.value ?? "";
  };
  control.addEventListener("change", () => control.current.write(control.value));
  made.sync(field);
  return made;
}

function grouped(all) {
  const found = {};
  for (const one of all) (found[one.group ?? ""] ??= []).push(one);
  return found;
}

function check(field) {
  const control = h("input", { className: "form-check-input", type: "checkbox", id: unique("ebg-field") });
  const label = h("label", { className: "form-check-label", htmlFor: control.id }, field.label);
  const hint = field.hint && h("p", { className: "form-text mb-0", id: `${control.id}-hint` }, field.hint);
  if (hint) control.setAttribute("aria-describedby", hint.id);
  const made = h("div", { className: "ebg-bpmn-field form-check" }, control, label, hint);
  made.sync = (next) => {
    control.current = next;
    control.checked = Boolean(next.value);
  };
  control.addEventListener("change", () => control.current.write(control.checked));
  made.sync(field);
  return made;
}

function feel(field, tools) {
  const control = typed(field, h("textarea", { className: "form-control ebg-feel", rows: 1, spellcheck: false, autocomplete: "off" }));
  const place = h("div", { className: "ebg-bpmn-try", hidden: true });
  const acts = h("div", { className: "ebg-bpmn-feel-acts" },
    tools.insert(control, place, field.label), tools.tryOut(control, place, field.label));
  return following(wrapped(field, control, acts, place), control);
}

const note = (field) => {
  const made = h("div", { className: "ebg-bpmn-note" });
  made.sync = ({ value }) => made.replaceChildren(...[value].flat().map((one) => (one.tagName ? one : h("p", {}, one))));
  made.sync(field);
  return made;
};

const act = (field) => {
  const made = h("div", { className: "ebg-bpmn-field" });
  made.sync = ({ label, write }) => made.replaceChildren(button(label, write));
  made.sync(field);
  return made;
};

// Rows of several columns: `columns` are fields of their own, `value` a list of objects.
function rows(field, tools) {
  const title = h("legend", { className: "form-label" }, field.label);
  const hint = field.hint && h("p", { className: "form-text" }, field.hint);
  const list = h("div", {});
  const made = h("fieldset", { className: "ebg-bpmn-rows" }, title, hint, list);
  let shown = [];
  const write = (all, focus) => {
    shown = all;
    made.current.write(all);
    paint(focus);
  };
  const paint = (focus) => {
    const drawn = shown.map((row, place) => {
      const columns = made.current.columns.map((column) =>
        draw({ ...column, label: `${column.label} ${place + 1}`, value: row[column.key], write: (value) => {
          shown = shown.map((one, at) => (at === place ? { ...one, [column.key]: value } : one));
          made.current.write(shown);
        } }, tools));
      const away = button("Retirer", () => write(shown.filter((_, at) => at !== place), Math.max(0, place - 1)),
        { "aria-label": `Retirer la ligne ${place + 1} – ${field.label}` });
      return h("div", { className: "ebg-bpmn-row" }, ...columns, away);
    });
    const more = button(made.current.more ?? "Ajouter une ligne", () => write([...shown, {}], shown.length));
    list.replaceChildren(...drawn, more);
    if (focus !== undefined) (drawn[focus]?.querySelector("input, select, textarea") ?? more).focus();
  };
  made.sync = (next) => {
    made.current = next;
    if (list.contains(document.activeElement) || JSON.stringify(next.value) === JSON.stringify(shown.filter(filled))) return;
    shown = next.value;
    paint();
  };
  made.current = field;
  shown = field.value;
  paint();
  return made;
}

const filled = (row) => Object.values(row).some(Boolean);

const KINDS = { text: line, data: line, area, select, check, feel, note, act, rows };
