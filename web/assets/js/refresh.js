// A form whose answers change its questions follows them by itself; adding or removing a
// row keeps one's place, and what was typed meanwhile stays. Without this script, buttons do
// the same and the page comes back.

const STAY = /^_(refresh|add|remove)/;
const pending = new WeakMap();
let released = Promise.resolve();

// A click begun on the form must end on it: nothing is replaced under a finger.
document.addEventListener("pointerdown", () => {
  const ends = ["pointerup", "pointercancel"];
  released = Promise.race(
    ends.map((end) => new Promise((go) => addEventListener(end, () => setTimeout(go), { once: true }))),
  );
});

document.addEventListener("change", ({ target }) => {
  const button = target.form?.querySelector("[data-ebg-refresh-button]");
  if (button && target.matches("[data-ebg-refresh]")) follow(target.form, button);
});

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.matches("[data-ebg-form]:not([data-ebg-plain])")) return;
  pending.get(form)?.abort();
  if (!STAY.test(submitter?.name ?? "")) return;
  event.preventDefault();
  follow(form, submitter);
});

// Sends the form as the button would, and puts the answer's questions in its place.
async function follow(form, button) {
  pending.get(form)?.abort();
  const abort = new AbortController();
  pending.set(form, abort);
  const sent = new Map(controls(form).map((one) => [one.id, state(one)]));
  form.setAttribute("aria-busy", "true");
  try {
    const body = new FormData(form, button);
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, signal: abort.signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("form[data-ebg-form]");
    if (!fresh) throw new Error(`${answer.status}`);
    await released;
    if (abort.signal.aborted) return;
    const known = new Set([...form.querySelectorAll("[id]")].map(({ id }) => id));
    const focused = document.activeElement;
    const typed = controls(form).filter((one) => sent.get(one.id) !== state(one));
    form.replaceChildren(...fresh.childNodes);
    for (const one of typed) document.getElementById(one.id)?.replaceWith(one);
    errors(form, page);
    focus(form, focused, button, known);
  } catch (failure) {
    if (failure.name === "AbortError") return;
    form.dataset.ebgPlain = "yes"; // the browser itself will show what happens
    form.requestSubmit(form.contains(button) ? button : null);
  } finally {
    if (pending.get(form) === abort) form.removeAttribute("aria-busy");
  }
}

const controls = (form) => [...form.elements].filter(({ id }) => id);
const state = ({ type, checked, value }) =>
  type === "radio" || type === "checkbox" ? checked : value;

function errors(form, page) {
  document.getElementById("form-errors")?.remove();
  const summary = page.getElementById("form-errors");
  if (summary) form.before(summary);
}

// Where one was, as one was; the first new question after adding a row.
function focus(form, before, button, known) {
  const added = button.name.startsWith("_add");
  const news = controls(form).find(({ id }) => !known.has(id));
  const place = (added && news) || document.getElementById(before?.id);
  place?.focus({ preventScroll: !added });
  if (place && place !== before && place.setSelectionRange && place.type === "text")
    place.setSelectionRange(before.selectionStart, before.selectionEnd);
}
