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
  look(viewer, place.dataset.ebgLive);
  controls(viewer, place);
  speak(place);
  place.dataset.ebgDrawn = "yes";
}

// One image for who hears the page; what it shows is written below.
function speak(place) {
  const image = place.querySelector(".djs-container > svg");
  image?.setAttribute("role", "img");
  image?.setAttribute("aria-label", place.getAttribute("aria-label"));
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
    button.hidden = false;
    button.addEventListener("click", () => acts[button.dataset.ebgZoom]());
  }
}
