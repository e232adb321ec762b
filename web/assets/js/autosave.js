// Keeps what is being typed in a task's form, a few seconds after the last change. Without this
// script, « Enregistrer le brouillon » does the same.

const AFTER = 3000;

for (const form of document.querySelectorAll("[data-ebg-autosave]")) watch(form);

function watch(form) {
  let timer = 0;
  let stopped = false;
  let sending = null;
  const later = () => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(keep, AFTER);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    sending?.abort(); // what is sent now holds everything
  });

  async function keep() {
    if (form.hasAttribute("aria-busy")) return later();
    sending = new AbortController();
    const { signal } = sending;
    const body = new FormData(form);
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    for (const { name, value } of form.querySelectorAll("input[type=hidden]"))
      if (value && !body.getAll(name).includes(value)) body.append(name, value); // files kept
    body.set("_save", "1");
    try {
      const answer = await fetch(form.dataset.ebgAutosave, { method: "POST", body, signal });
      const { told, rev } = await answer.json();
      say(told, !answer.ok);
      if (answer.ok) form.elements._rev.value = rev;
      else stopped = true;
    } catch (failure) {
      if (failure.name !== "AbortError") say(place()?.dataset.ebgLost ?? "", true);
    }
  }

  const place = () => form.querySelector("[data-ebg-saved]");
  function say(text, late) {
    if (!place()) return;
    place().textContent = text;
    place().classList.toggle("late", late);
  }
}
