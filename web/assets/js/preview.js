// On a wide screen, a task of the list is read beside it: the address says which, the list
// keeps its place, and Back works. A click with a modifier, or a narrow screen, opens it.

const wide = matchMedia("(min-width: 1200px)");
const list = document.querySelector("[data-ebg-list][data-ebg-preview]");
const pane = list?.querySelector("[data-ebg-pane]");
const PARAMETER = "apercu";
let asking = null;

if (pane) {
  const fit = () => (pane.hidden = !wide.matches);
  wide.addEventListener("change", fit);
  fit();
  list.addEventListener("click", choose);
  addEventListener("popstate", () => show(selected()));
  if (wide.matches && selected()) show(selected());
}

function selected() {
  return new URL(location).searchParams.get(PARAMETER);
}

async function choose(event) {
  const plain = !(event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  const link = event.target.closest("a[data-ebg-peek]");
  if (!link || !plain || !wide.matches || event.defaultPrevented) return;
  event.preventDefault();
  const id = link.closest("[data-ebg-row]").dataset.ebgRow;
  if (id === selected()) return;
  const address = new URL(location);
  address.searchParams.set(PARAMETER, id);
  history.pushState({}, "", address);
  await show(id);
  if (!event.detail) pane.focus(); // not a pointer: what opened is read from its start
}

async function show(id) {
  const rows = [...list.querySelectorAll("[data-ebg-row]")];
  for (const row of rows) row.toggleAttribute("aria-current", false);
  const row = rows.find(({ dataset }) => dataset.ebgRow === id);
  asking?.abort();
  if (!row) return empty();
  row.setAttribute("aria-current", "true");
  const link = row.querySelector("a[data-ebg-peek]");
  asking = new AbortController();
  pane.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(link.dataset.ebgPeek, { headers: { "X-Preview": "1" }, signal: asking.signal });
    if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    pane.replaceChildren(...page.body.childNodes);
    pane.scrollTop = 0;
    pane.removeAttribute("aria-busy");
  } catch (failure) {
    if (failure.name !== "AbortError") location.assign(link.href);
  }
}

const nothing = pane ? [...pane.childNodes] : [];

function empty() {
  pane.removeAttribute("aria-busy");
  pane.replaceChildren(...nothing);
}
