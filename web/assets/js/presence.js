// Says every half minute that somebody looks at a case, and shows who else does.

const EVERY = 30_000;
const place = document.querySelector("[data-ebg-presence]");

async function look() {
  if (document.visibilityState !== "visible") return;
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  try {
    const answer = await fetch(place.dataset.ebgPresence, { method: "POST", headers: { "X-CSRFToken": token } });
    if (!answer.ok || answer.redirected) return;
    const { told } = await answer.json();
    const [line, words] = [place.querySelector("p"), place.querySelector("span")];
    if (words.textContent !== told) words.textContent = told;
    line.hidden = !told;
  } catch {
    // The next time will tell.
  }
}

if (place) {
  look();
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
}
