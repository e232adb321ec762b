// A remark is drawn over a page with the mouse; its form, which works alone, receives the place.

const form = document.querySelector("[data-ebg-annotation]");
const button = document.querySelector("[data-ebg-annotate]");
const hint = document.querySelector("[data-ebg-annotate-hint]");
const SVG = "http://www.w3.org/2000/svg";
let drawn = null;
let from = null;

if (form && button) {
  button.hidden = false;
  button.addEventListener("click", () => turn(button.getAttribute("aria-pressed") !== "true"));
  addEventListener("keydown", ({ key }) => key === "Escape" && turn(false));
  for (const paper of document.querySelectorAll("[data-ebg-sheet]")) {
    paper.addEventListener("pointerdown", (event) => begin(paper, event));
    paper.addEventListener("pointermove", (event) => from && draw(paper, event));
    paper.addEventListener("pointerup", (event) => from && end(paper, event));
  }
}

function turn(on) {
  button.setAttribute("aria-pressed", String(on));
  hint.hidden = !on;
  document.querySelector(".ebg-pages").classList.toggle("ebg-annotating", on);
  if (!on) drawn?.remove();
  from = null;
}

function at(paper, { clientX, clientY }) {
  const { left, top, width, height } = paper.getBoundingClientRect();
  const within = (value) => Math.min(Math.max(value, 0), 1);
  return { x: within((clientX - left) / width), y: within((clientY - top) / height) };
}

function begin(paper, event) {
  if (button.getAttribute("aria-pressed") !== "true" || event.button) return;
  event.preventDefault();
  paper.setPointerCapture(event.pointerId);
  drawn?.remove();
  drawn = document.createElementNS(SVG, "rect");
  drawn.setAttribute("class", "drawn");
  paper.querySelector("svg").append(drawn);
  from = at(paper, event);
  draw(paper, event);
}

function box(paper, event) {
  const to = at(paper, event);
  return {
    x: Math.min(from.x, to.x), y: Math.min(from.y, to.y),
    width: Math.abs(from.x - to.x), height: Math.abs(from.y - to.y),
  };
}

function draw(paper, event) {
  const { width, height } = paper.querySelector("svg").viewBox.baseVal;
  const place = box(paper, event);
  drawn.setAttribute("x", place.x * width);
  drawn.setAttribute("y", place.y * height);
  drawn.setAttribute("width", place.width * width);
  drawn.setAttribute("height", place.height * height);
}

function end(paper, event) {
  const place = box(paper, event);
  const percent = (value) => (value * 100).toFixed(1).replace(".", ",");
  from = null;
  form.elements.page.value = paper.dataset.ebgSheet;
  form.elements.x.value = percent(place.x);
  form.elements.y.value = percent(place.y);
  form.elements.largeur.value = percent(place.width);
  form.elements.hauteur.value = percent(place.height);
  form.closest("details").open = true;
  form.elements.texte.focus();
}
