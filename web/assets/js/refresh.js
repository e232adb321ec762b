// A form whose answers change its questions follows them by itself; adding or removing a
// row keeps one's place. Without this script, buttons do the same and the page comes back.

const STAY = /^_(refresh|add|remove)/;
const pending = new WeakMap();

document.addEventListener("change", ({ target }) => {
  const button = target.form?.querySelector("[data-ebg-refresh-button]");
  if (button && target.matches("[data-ebg-refresh]")) follow(target.form, button);
});

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.matches("[data-ebg-form]") || !STAY.test(submitter?.name ?? "")) return;
  event.preventDefault();
  follow(form, submitter);
});

// Sends the form as the button would, and puts the answer's questions in its place.
async function follow(form, button) {
  pending.get(form)?.abort();
  const abort = new AbortController();
  pending.set(form, abort);
  const before = document.activeElement?.id;
  form.setAttribute("aria-busy", "true");
  try {
    const body = new FormData(form, button);
    const answer = await fetch(form.action, { method: "POST", body, signal: abort.signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("form[data-ebg-form]");
    if (!fresh) throw new Error(`${answer.status}`);
    const known = new Set([...form.querySelectorAll("[id]")].map(({ id }) => id));
    form.replaceChildren(...fresh.childNodes);
    errors(form, page);
    focus(form, before, button, known);
  } catch (failure) {
    if (failure.name !== "AbortError") form.requestSubmit(form.contains(button) ? button : null);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

function errors(form, page) {
  document.getElementById("form-errors")?.remove();
  const summary = page.getElementById("form-errors");
  if (summary) form.before(summary);
}

// Where one was; the first new question after adding a row; else the list of the rows.
function focus(form, before, button, known) {
  const added = button.name.startsWith("_add");
  const news = [...form.querySelectorAll("input, select, textarea")].find(
    ({ id, type }) => id && type !== "hidden" && !known.has(id),
  );
  const place = (added && news) || document.getElementById(before);
  place?.focus({ preventScroll: !added });
}
