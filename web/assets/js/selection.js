// Several tasks of the list at once: all of the page, and how many there are.

const form = document.querySelector("[data-ebg-bulk]");

if (form) {
  const boxes = () => [...form.elements].filter(({ name }) => name === "tache");
  const all = form.querySelector("[data-ebg-all]");
  const every = all.querySelector("input");
  const whole = form.elements.toutes;
  const said = form.querySelector("[data-ebg-count]");
  const tell = () => {
    const number = boxes().filter(({ checked }) => checked).length;
    const { none, one, many } = said.dataset;
    const listed = whole?.checked;
    said.textContent = listed ? whole.closest("label").textContent.trim() : number === 0 ? none : number === 1 ? one : many.replace("#", number);
    every.checked = number > 0 && number === boxes().length;
    every.indeterminate = number > 0 && !every.checked;
    for (const button of form.querySelectorAll("button[name=acte]")) button.disabled = !number && !listed;
  };
  all.hidden = false;
  every.addEventListener("change", () => {
    for (const box of boxes()) box.checked = every.checked;
    tell();
  });
  document.addEventListener("change", ({ target }) => ["tache", "toutes"].includes(target.name) && tell());
  addEventListener("pageshow", tell);
  tell();
}
