// One-key shortcuts of the inbox, for those who keep them (the page then holds their help).
// Never while one types, nor with a modifier. On a line: the focus is the place.

const help = document.querySelector("[data-ebg-keyboard]");

if (help) {
  for (const button of document.querySelectorAll("[data-ebg-help]")) {
    button.hidden = false;
    button.addEventListener("click", () => help.showModal());
  }
  document.addEventListener("keydown", press);
}

const links = () => [...document.querySelectorAll("[data-ebg-row] .ebg-open")];
const row = () =>
  document.activeElement?.closest("[data-ebg-row]") ?? document.querySelector("[data-ebg-row][aria-current]");

function typing({ target }) {
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target.matches("input") && !target.matches("[type=checkbox], [type=radio], [type=button], [type=submit]");
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") return leave(event);
  if (typing(event) || document.querySelector("dialog[open]")) return;
  const act = acts[event.key];
  if (act?.(event)) event.preventDefault();
}

function leave(event) {
  if (!typing(event) || !event.target.matches("[data-ebg-search]")) return;
  event.target.blur();
  links()[0]?.focus();
}

function move(step) {
  const all = links();
  if (!all.length) return false;
  const here = all.indexOf(row()?.querySelector(".ebg-open"));
  const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1);
  all[next].focus();
  all[next].closest("[data-ebg-row]").scrollIntoView({ block: "nearest" });
  return true;
}

// On a task, its own button; in the list, the line alone is sent with the act.
function perform(act) {
  const own = document.querySelector(`[data-ebg-key="${act}"]`);
  if (own) return own.matches("details") ? unfold(own) : ((own.querySelector("button") ?? own).click(), true);
  const button = document.querySelector(`[data-ebg-bulk] button[value="${act}"]`);
  const box = row()?.querySelector("input[name=tache]");
  if (!button || !(box || document.querySelector("input[name=tache]:checked"))) return peeked(act);
  if (box && !document.querySelector("input[name=tache]:checked")) box.click();
  button.click();
  return true;
}

function unfold(details) {
  details.open = true;
  details.querySelector("input, select, textarea, button")?.focus();
  return true;
}

// Without acts on several tasks, what the preview offers.
function peeked(act) {
  const button = act === "prendre" && document.querySelector("[data-ebg-pane] form button");
  button?.click();
  return Boolean(button);
}

function answer() {
  const field = document.querySelector(
    "[data-ebg-form] :is(input:not([type=hidden]), select, textarea), [data-ebg-key=repondre], textarea[name=text]",
  );
  field?.focus();
  if (!field) row()?.querySelector(".ebg-open") && open();
  return true;
}

// Past the preview: the page of the task itself.
function open() {
  const link = row()?.querySelector(".ebg-open");
  if (link) location.assign(link.href);
  return Boolean(link);
}

const acts = {
  j: () => move(1),
  k: () => move(-1),
  Enter: ({ target }) => target.matches(".ebg-open, body") && open(),
  x: () => {
    const box = row()?.querySelector("input[name=tache]");
    box?.click();
    return Boolean(box);
  },
  c: () => perform("prendre"),
  a: () => perform("attribuer"),
  s: () => perform("reporter"),
  r: answer,
  "/": () => {
    const field = document.querySelector("[data-ebg-search]");
    field?.focus();
    field?.select();
    return Boolean(field);
  },
  "?": () => (help.showModal(), true),
};
