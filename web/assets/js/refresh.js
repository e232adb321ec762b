// A form whose answers change its questions follows them by itself; adding or removing a
// row keeps one's place, and what was typed meanwhile stays. Without this script, buttons do
// the same and the page comes back.

const STAY = /^_(refresh|add|remove|del)/;
const REFRESH = "_refresh";
const lines = new WeakMap(); // the buttons pressed on a form; the first is being answered
const sending = new WeakMap();
let released = Promise.resolve();

// A click begun on the form must end on it: nothing is replaced under a finger.
document.addEventListener("pointerdown", () => {
  const ends = ["pointerup", "pointercancel"];
  released = Promise.race(
    ends.map((end) => new Promise((go) => addEventListener(end, () => setTimeout(go), { once: true }))),
  );
});

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-ebg-refresh]") && target.form?.elements[REFRESH]) follow(target.form, REFRESH);
});

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.matches("[data-ebg-form]:not([data-ebg-plain])")) return;
  if (!STAY.test(submitter?.name ?? "")) return leave(form);
  event.preventDefault();
  follow(form, submitter.name);
});

// One at a time: a file is sent once, and rows have moved before others are named by number.
async function follow(form, name) {
  const line = lines.get(form) ?? lines.set(form, []).get(form);
  const already = name === REFRESH ? line.includes(name, 1) : line.some((one) => one !== REFRESH);
  if (already || line.push(name) > 1) return;
  form.setAttribute("aria-busy", "true");
  for (; line.length; line.shift()) await answer(form, line[0]);
  form.removeAttribute("aria-busy");
}

// The page is being left: nothing more is asked for it.
function leave(form) {
  lines.get(form)?.splice(0);
  sending.get(form)?.abort();
}

// Sends the form as the button would, and puts the answer's questions in its place.
async function answer(form, name) {
  const button = form.querySelector(`button[name="${CSS.escape(name)}"]`);
  if (!button) return;
  const abort = new AbortController();
  sending.set(form, abort);
  const sent = new Map(controls(form).map((one) => [one.id, state(one)]));
  try {
    const body = new FormData(form, button);
    const response = await fetch(form.getAttribute("action"), { method: "POST", body, signal: abort.signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("form[data-ebg-form]");
    if (!fresh) throw new Error(`${response.status}`);
    await released;
    if (abort.signal.aborted) return;
    const known = new Set([...form.querySelectorAll("[id]")].map(({ id }) => id));
    const focused = document.activeElement;
    const kept = controls(form).filter((one) => sent.get(one.id) !== state(one) || choosing(one));
    form.replaceChildren(...fresh.childNodes);
    for (const one of kept) put(one, document.getElementById(one.id));
    errors(form, page);
    focus(form, focused, button, known);
  } catch (failure) {
    if (failure.name === "AbortError") return;
    lines.get(form).splice(0);
    form.dataset.ebgPlain = "yes"; // the browser itself will show what happens
    form.requestSubmit(form.contains(button) ? button : null);
  }
}

const controls = (form) => [...form.elements].filter(({ id }) => id);
const state = ({ type, checked, value }) =>
  type === "radio" || type === "checkbox" ? checked : value;

// Its window may be open, for a file that would go to what is no longer on the page.
const choosing = ({ type, value }) => type === "file" && !value;

function put(one, fresh) {
  if (!fresh) return;
  for (const name of one.getAttributeNames()) if (!fresh.hasAttribute(name)) one.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (one.getAttribute(name) !== value) one.setAttribute(name, value);
  fresh.replaceWith(one);
}

function errors(form, page) {
  document.getElementById("form-errors")?.remove();
  const summary = page.getElementById("form-errors");
  if (summary) form.before(summary);
}

// Where one was, as one was; the first new question after adding a row; where to add one, or
// a file, after taking it away.
function focus(form, before, button, known) {
  const [verb, of] = button.name.split(":");
  const added = verb === "_add";
  const news = controls(form).find(({ id }) => !known.has(id));
  const place =
    (added && news) ||
    document.getElementById(before?.id) ||
    form.elements[`_add:${of}`] ||
    controls(form).find(({ name }) => name === of);
  place?.focus({ preventScroll: !added });
  // A field without a caret says null.
  if (place && place !== before && place.selectionStart != null && before.selectionStart != null)
    place.setSelectionRange(before.selectionStart, before.selectionEnd);
}
