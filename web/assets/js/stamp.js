// Where a stamp goes is clicked on the page; its fields, which work alone, receive the place.

const MM = 25.4 / 72;
const SVG = "http://www.w3.org/2000/svg";

for (const place of document.querySelectorAll("[data-ebg-stamp]")) prepare(place);

function prepare(place) {
  const image = place.querySelector("[data-ebg-stamp-on]");
  const [page, x, y] = ["page", "x", "y"].map((name) => place.querySelector(`[data-ebg-stamp-${name}]`));
  const frame = Object.assign(document.createElement("div"), { className: "ebg-stamp-on" });
  image.replaceWith(frame);
  frame.append(image);
  const drawing = document.createElementNS(SVG, "svg");
  const box = document.createElementNS(SVG, "rect");
  drawing.append(box);
  drawing.setAttribute("aria-hidden", "true");
  frame.append(drawing);
  // The picture is drawn from points; a page of another size is wider than an A4 in millimetres.
  const across = () => (image.naturalWidth && image.dataset.ebgPoints ? image.dataset.ebgPoints * MM : 210);
  const number = (field) => Number(field.value.replace(",", "."));
  const show = () => {
    const wide = across();
    const high = (wide * (image.naturalHeight || 297)) / (image.naturalWidth || 210);
    drawing.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    box.toggleAttribute("hidden", !x.value || !y.value);
    const { ebgWidth: width, ebgHeight: height } = image.dataset;
    for (const [name, value] of Object.entries({ x: number(x), y: number(y), width, height })) box.setAttribute(name, x.value && y.value ? value : 0);
  };
  image.addEventListener("load", show);
  for (const field of [x, y]) field.addEventListener("input", show);
  page.addEventListener("change", () => {
    if (number(page) > 0) image.src = image.dataset.ebgStampOn.replace("/1.png", `/${number(page)}.png`);
  });
  frame.addEventListener("click", ({ clientX, clientY }) => {
    const { left, top, width } = image.getBoundingClientRect();
    const scale = across() / width;
    x.value = Math.round((clientX - left) * scale);
    y.value = Math.round((clientY - top) * scale);
    if (!page.value) page.value = 1;
    show();
  });
  show();
}
