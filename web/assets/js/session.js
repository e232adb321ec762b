// Before a visit ends for want of a request, says so while there is time to stay. Once it has
// ended, the page keeps what is typed: one signs in beside it, and it can be sent as it is.

const LONGEST = 2 ** 30; // what a timer can wait

for (const panel of document.querySelectorAll("[data-ebg-session]")) watch(panel);

function watch(panel) {
  const { ebgSession, ebgRenew, ebgKept } = panel.dataset;
  const lasts = Number(ebgSession) * 1000;
  const warned = Math.min(lasts / 3, 15 * 60_000);
  const soon = panel.querySelector("[data-ebg-soon]");
  const over = panel.querySelector("[data-ebg-over]");
  let timer = 0;

  panel.querySelector("button").addEventListener("click", stay);
  document.addEventListener("ebg:contact", contact);
  document.addEventListener("visibilitychange", () => document.hidden || look());
  addEventListener("storage", ({ key }) => key === ebgKept && look()); // another tab was answered
  contact();

  function contact() {
    localStorage.setItem(ebgKept, Date.now());
    look();
  }

  function look() {
    clearTimeout(timer);
    const ends = Number(localStorage.getItem(ebgKept)) + lasts;
    const left = ends - Date.now();
    if (left > 0 && !over.hidden) return back();
    panel.querySelector("time").textContent = hour(ends);
    show(left <= 0 ? over : left <= warned ? soon : null);
    if (left > 0) timer = setTimeout(look, Math.min(left > warned ? left - warned : left, LONGEST));
  }

  function show(said) {
    for (const one of [soon, over]) one.hidden = one !== said;
  }

  async function stay() {
    const place = panel.contains(document.activeElement);
    const answer = await fetch(ebgRenew).catch(() => null);
    if (answer?.ok && !answer.redirected) contact();
    if (place && soon.hidden && over.hidden) document.getElementById("main").focus({ preventScroll: true });
  }

  // Signed in again elsewhere: the forms of this page take the token of the new session.
  async function back() {
    const answer = await fetch(location.href).catch(() => null);
    const page = new DOMParser().parseFromString((await answer?.text()) ?? "", "text/html");
    const fresh = page.querySelector("[data-ebg-session]") && page.querySelector('meta[name="csrf-token"]')?.content;
    if (!fresh) return;
    document.querySelector('meta[name="csrf-token"]').content = fresh;
    for (const one of document.querySelectorAll('input[name="csrf_token"]')) one.value = fresh;
    over.hidden = true;
    look();
  }
}

function hour(at) {
  return new Date(at).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" });
}
