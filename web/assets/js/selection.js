// Several tasks of the list at once: all of the page, and how many there are.

const form = document.querySelector("[data-ebg-bulk]");

if (form) {
  const boxes = () => [...form.elements].filter(({ name }) => name === "tache");
  const all = form.querySelector("[data-ebg-all]");
  const every = all.querySelector("input");
  const said = form.querySelector("[data-ebg-count]");
  const tell = () => {
    const number = boxes().filter(({ checked }) => checked).length;
    const { none, one, many } = said.dataset;
    said.textContent = number === 0 ? none : number === 1 ? one : many.replace("#", number);
    every.checked = number > 0 && number === boxes().length;
    every.indeterminate = number > 0 && !every.checked;
    for (const button of form.querySelectorAll("button[name=acte]")) button.disabled = !number;
  };
  all.hidden = false;
  every.addEventListener("change", () => {
    for (const box of boxes()) box.checked = every.checked;
    tell();
  });
  document.addEventListener("change", ({ target }) => target.name === "tache" && tell());
  addEventListener("pageshow", tell);
  tell();
}
