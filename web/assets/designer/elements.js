// What every editor writes its pages with: elements, words, and what the page told it.

export const settings = JSON.parse(document.getElementById("ebg-designer").textContent);

// A sentence in the language of the page; `{places}` are filled in.
export function t(french, values = {}) {
  const said = settings.words[french] ?? french;
  return said.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// el("button", {class: "btn", onclick}, "Texte", other): attributes that are functions listen.
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (key === "value") made.value = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "ebg-icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "use"));
  svg.firstChild.setAttribute("href", `${settings.icons}#${name}`);
  return svg;
}

export const button = (label, onclick, more = {}) =>
  el("button", { type: "button", class: "btn btn-sm btn-outline-secondary", onclick, ...more }, label);

// A button that shows a drawing only; its name is read, and shown by the mouse.
export const iconButton = (drawing, label, onclick, more = {}) =>
  el(
    "button",
    { type: "button", class: "btn btn-sm btn-outline-secondary ebg-square", title: label, onclick, ...more },
    icon(drawing),
    el("span", { class: "visually-hidden" }, label),
  );

// Another name for a button that shows a drawing only.
export function rename(made, label) {
  made.title = made.querySelector(".visually-hidden").textContent = label;
}

let made = 0;

// A question with its label, its help, and the control that `control(attributes)` makes.
export function field(label, control, { help = "", wide = false } = {}) {
  const id = `q-${++made}`;
  const notes = help ? el("div", { class: "form-text", id: `${id}-help` }, help) : null;
  const input = control({ id, "aria-describedby": help ? `${id}-help` : null });
  return el("div", { class: wide === "two" ? "ebg-two" : wide ? "ebg-wide" : "" }, el("label", { class: "form-label", for: id }, label), notes, input);
}

export const input = (value, onchange, more = {}) => (given) =>
  el("input", { type: "text", class: "form-control", autocomplete: "off", value: value ?? "", oninput: ({ target }) => onchange(target.value), ...more, ...given });

export const area = (value, onchange, more = {}) => (given) =>
  el("textarea", { class: "form-control ebg-code", rows: 2, spellcheck: "false", value: value ?? "", oninput: ({ target }) => onchange(target.value), ...more, ...given });

export const choice = (value, options, onchange, more = {}) => (given) =>
  el(
    "select",
    { class: "form-select", onchange: ({ target }) => onchange(target.value), ...more, ...given },
    options.map(([key, label]) => el("option", { value: key, selected: key === (value ?? "") }, label)),
  );

export function tick(label, checked, onchange) {
  const id = `q-${++made}`;
  const box = el("input", { type: "checkbox", class: "form-check-input", id, checked, onchange: ({ target }) => onchange(target.checked) });
  return el("div", { class: "form-check" }, box, el("label", { class: "form-check-label", for: id }, label));
}

// What was typed, as a value: 12,5 is a number, vrai a truth, [1] a list, the rest a text.
export function plain(typed) {
  const text = typed.trim();
  if (!text) return null;
  if (/^-?\d+,\d+$/.test(text)) return Number(text.replace(",", "."));
  if (/^(vrai|faux)$/i.test(text)) return /^vrai$/i.test(text);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// {"a.b": 1} as {"a": {"b": 1}}.
export function nested(flat) {
  const data = {};
  for (const [path, value] of Object.entries(flat)) {
    const names = path.split(".");
    let at = data;
    for (const name of names.slice(0, -1)) at = at[name] = typeof at[name] === "object" && at[name] ? at[name] : {};
    at[names.at(-1)] = value;
  }
  return data;
}

const token = () => document.querySelector('meta[name="csrf-token"]').content;

// Sends JSON and gives back the JSON of the answer; throws what may be shown to people.
export async function ask(address, what, signal) {
  let answer;
  try {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": token() };
    answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(what), signal });
  } catch (failure) {
    if (failure.name === "AbortError") throw failure;
    throw new Error(t("Le serveur ne répond pas : ce que vous avez tapé reste sur cette page."));
  }
  const said = await answer.json().catch(() => null);
  if (!answer.ok || !said) throw new Error(said?.message ?? t("Le serveur a refusé (code {status}).", { status: answer.status }));
  return said;
}

export { token };
