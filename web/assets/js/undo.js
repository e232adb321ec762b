// The button that takes an act back goes away once it would be refused, unless one is about to
// use it: a minute, as `web/undo.py` says.

const SHOWN = 60_000;

for (const form of document.querySelectorAll("[data-ebg-undo]")) {
  const leave = () => {
    if (form.matches(":hover") || form.contains(document.activeElement)) return wait(1_000);
    form.hidden = true;
  };
  const wait = (time) => setTimeout(leave, time);
  wait(SHOWN);
}
