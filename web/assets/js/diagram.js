// Draws a case's diagram: where it stands and what is done, to look at and move around.

const { BpmnJS } = window;

for (const place of document.querySelectorAll("[data-ebg-diagram]")) draw(place);

async function draw(place) {
  const viewer = new BpmnJS({ container: place });
  try {
    const answer = await fetch(place.dataset.ebgDiagram);
    if (!answer.ok) throw new Error(`${answer.status}`);
    await viewer.importXML(await answer.text());
  } catch {
    place.hidden = true;
    document.getElementById(place.dataset.ebgFailure)?.removeAttribute("hidden");
    return;
  }
  mark(viewer, place.dataset.ebgDone, "ebg-done");
  mark(viewer, place.dataset.ebgFailed, "ebg-failed");
  mark(viewer, place.dataset.ebgLive, "ebg-here");
  count(viewer, JSON.parse(place.dataset.ebgPassed || "{}"));
  badges(viewer, JSON.parse(place.dataset.ebgBadges || "{}"));
  look(viewer, place.dataset.ebgLive);
  controls(viewer, place);
  shows(viewer, place);
  speak(place);
  place.dataset.ebgDrawn = "yes";
}

// One image for who hears the page; what it shows is written below.
function speak(place) {
  const image = place.querySelector(".djs-container > svg");
  image?.setAttribute("role", "img");
  image?.setAttribute("aria-label", place.getAttribute("aria-label"));
  image?.querySelector(".viewport")?.setAttribute("lang", "fr"); // as procedures name their steps
}

const ids = (text) => (text ?? "").split(" ").filter(Boolean);

// What holds other elements would hide them behind its colour.
function mark(viewer, text, marker) {
  const elements = viewer.get("elementRegistry");
  for (const element of ids(text).map((id) => elements.get(id)))
    if (element && !element.children?.length) viewer.get("canvas").addMarker(element, marker);
}

// When each element was last done, and how many times when it was more than once.
function count(viewer, passed) {
  const elements = viewer.get("elementRegistry");
  for (const [id, { times, at, told }] of Object.entries(passed)) {
    const element = elements.get(id);
    if (!element || element.children?.length || element.waypoints) continue;
    const html = Object.assign(document.createElement("div"), { className: "ebg-passed", title: told });
    html.textContent = times > 1 ? `${times} × · ${at}` : at;
    viewer.get("overlays").add(id, { position: { top: 0, left: 0 }, html, show: { minZoom: 0.5 } });
  }
}

// What is said of each element, in words on it; a kind draws it in its own way.
function badges(viewer, told) {
  const elements = viewer.get("elementRegistry");
  for (const [id, { text, kind, told: title }] of Object.entries(told)) {
    const element = elements.get(id);
    if (!element) continue;
    if (kind && !element.children?.length) viewer.get("canvas").addMarker(element, `ebg-is-${kind}`);
    if (!text) continue;
    const html = Object.assign(document.createElement("div"), { className: `ebg-said ${kind || ""}`, title: title || text });
    html.textContent = text;
    const position = element.waypoints ? { top: -8, left: 0 } : { top: -4, left: -4 };
    // A sign stays readable however small the diagram; a sentence waits until there is room.
    const size = text.length <= 2 ? { scale: { min: 1 } } : { show: { minZoom: 0.5 } };
    viewer.get("overlays").add(id, { position, html, ...size });
  }
}

// Buttons of the page that lead to an element of the diagram.
function shows(viewer, place) {
  const elements = viewer.get("elementRegistry");
  let found = null;
  for (const button of document.querySelectorAll("[data-ebg-show]")) {
    const element = elements.get(button.dataset.ebgShow);
    if (!element) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      const canvas = viewer.get("canvas");
      if (canvas.zoom() < 0.7) canvas.zoom(0.7);
      canvas.scrollToElement(element, 100);
      if (found) canvas.removeMarker(found, "ebg-found");
      canvas.addMarker((found = element), "ebg-found");
      place.scrollIntoView({ block: "center" });
    });
  }
}

// The whole diagram is too small to read: begin at what is being done.
function look(viewer, live) {
  const canvas = viewer.get("canvas");
  canvas.zoom("fit-viewport", "auto");
  const elements = viewer.get("elementRegistry");
  const here = ids(live).map((id) => elements.get(id)).filter((e) => e && !e.children?.length);
  if (!here.length || canvas.zoom() > 0.6) return;
  const { x, y, width, height } = here[0];
  const { width: wide, height: high } = canvas.getSize();
  canvas.zoom(0.7);
  canvas.viewbox({ x: x + width / 2 - wide / 1.4, y: y + height / 2 - high / 1.4, width: wide / 0.7, height: high / 0.7 });
}

function controls(viewer, place) {
  const canvas = viewer.get("canvas");
  const acts = {
    in: () => canvas.zoom(Math.min(canvas.zoom() * 1.25, 4)),
    out: () => canvas.zoom(Math.max(canvas.zoom() / 1.25, 0.1)),
    all: () => canvas.zoom("fit-viewport", "auto"),
    here: () => look(viewer, place.dataset.ebgLive),
  };
  for (const button of document.querySelectorAll("[data-ebg-zoom]")) {
    if (button.dataset.ebgOf && button.dataset.ebgOf !== place.id) continue;
    button.hidden = false;
    button.addEventListener("click", () => acts[button.dataset.ebgZoom]());
  }
}
