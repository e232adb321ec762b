// The bell, the counts and what is new on a page that stays open: asked every half minute, and
// at once when the event process says that something changed. Nothing that one reads moves:
// what is new is said below, with a link that brings it.

const EVERY = 30_000;
const SELDOM = 300_000; // while the event process speaks
const KEPT = `written on ${location.pathname}`;
const address = named("ebg-signal");
const events = named("ebg-events");
let stream = null;
let waiting = 0;
let seldom = false;

if (address) {
  put();
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : wake()));
  addEventListener("pagehide", rest);
  if (!document.hidden) go();
}

function named(name) {
  return document.querySelector(`meta[name="${name}"]`)?.content;
}

function place(name) {
  return document.querySelector(`[data-ebg-live="${name}"]`);
}

function rest() {
  clearTimeout(waiting);
  stream?.close();
  stream = null;
}

function wake() {
  rest();
  ask();
}

function wait() {
  clearTimeout(waiting);
  seldom = stream?.readyState === EventSource.OPEN;
  waiting = setTimeout(ask, seldom ? SELDOM : EVERY);
}

function go() {
  listen();
  wait();
}

// Whatever is heard means: ask. Pages that hear together do not all ask together.
function listen() {
  if (!events || (stream && stream.readyState !== EventSource.CLOSED)) return;
  stream = new EventSource(events);
  let before = false;
  stream.onopen = () => {
    if (before) soon(); // what was said meanwhile is not said again
    else wait();
    before = true;
  };
  stream.onmessage = soon;
  stream.onerror = () => seldom && wait();
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(ask, Math.random() * 300);
}

async function ask() {
  clearTimeout(waiting);
  try {
    const response = await fetch(`${address}?${question()}`);
    if (response.redirected) return rest(); // signed out
    if (response.ok) {
      document.dispatchEvent(new Event("ebg:contact")); // the session lasts again
      show(await response.json());
    }
  } catch {
    // no network for a while: asked again later
  }
  if (!document.hidden) go();
}

function question() {
  const asked = new URLSearchParams();
  const list = place("list");
  const { ebgCase, ebgSeq } = place("case")?.dataset ?? {};
  if (list) asked.set("depuis", list.dataset.ebgSince);
  if (ebgCase) asked.set("dossier", ebgCase);
  if (ebgCase) asked.set("suite", ebgSeq);
  if (document.querySelector('[data-ebg-live^="basket:"]')) asked.set("paniers", "1");
  return asked;
}

function show(answer) {
  count("bell", answer.bell);
  for (const [name, number] of Object.entries(answer.baskets ?? {})) count(`basket:${name}`, number);
  say("list", answer.list);
  say("case", answer.case);
}

function count(name, number) {
  const shown = place(name);
  if (!shown || number === null) return;
  const text = shown.querySelector("[data-ebg-number]") ?? shown;
  if (text.textContent !== String(number)) text.textContent = number;
  if (name === "bell") shown.hidden = number === 0;
}

function say(name, news) {
  const region = place(name);
  if (!region || !news || region.dataset.ebgSaid === news.text) return;
  region.dataset.ebgSaid = news.text;
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = news.act;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    keep();
    location.reload();
  });
  region.replaceChildren(`${news.text} : `, link);
}

// What was being written is still there once the page is back.
function written() {
  return [...document.querySelectorAll("main form:not([data-ebg-form]) textarea[id]")];
}

function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify(written().map(({ id, value }) => [id, value])));
}

function put() {
  const kept = new Map(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));
  sessionStorage.removeItem(KEPT);
  for (const one of written()) one.value ||= kept.get(one.id) ?? "";
}
