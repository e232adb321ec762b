// A box above a list of boxes ticks them all; without it, one ticks them one by one.

for (const list of document.querySelectorAll("[data-ebg-select-all]")) {
  const boxes = [...list.querySelectorAll("input[type=checkbox]")];
  if (boxes.length < 2) continue;
  const french = document.documentElement.lang === "fr";
  const line = document.createElement("div");
  line.className = "ebg-select-all form-check-inline d-flex gap-2 m-0";
  const all = Object.assign(document.createElement("input"), {
    type: "checkbox",
    id: "select-all",
    className: "form-check-input",
  });
  const label = Object.assign(document.createElement("label"), {
    htmlFor: all.id,
    textContent: french ? `Tout cocher (${boxes.length})` : `Select all (${boxes.length})`,
  });
  line.append(all, label);
  list.before(line);
  const show = () => {
    const ticked = boxes.filter(({ checked }) => checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  list.addEventListener("change", show);
  show();
}
