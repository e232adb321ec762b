// Makes elements of a page: h("button", { type: "button", onclick }, "Texte").

export function h(tag, given = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && !["list", "form", "role"].includes(name)) made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...inside.flat().filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

/** A button that only acts on this page. */
export const button = (label, onclick, more = {}) =>
  h("button", { type: "button", className: "btn btn-sm btn-outline-secondary", onclick, ...more }, label);

let count = 0;
export const unique = (prefix) => `${prefix}-${++count}`;

/** Calls `act` once nothing more has happened for a while; `now` calls it at once if it waits. */
export function later(act, milliseconds) {
  let timer = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { timer = 0; act(); }, milliseconds);
  };
  soon.now = () => {
    if (!timer) return;
    clearTimeout(timer);
    timer = 0;
    act();
  };
  soon.waits = () => timer !== 0;
  return soon;
}
