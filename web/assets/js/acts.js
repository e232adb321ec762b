// The form of an act: matters are looked for by words, types of documents follow the nature,
// and the number that would come next is taken with one press.

const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");

for (const select of document.querySelectorAll("select[data-searched]")) {
  const groups = [...select.querySelectorAll("optgroup")].map((group) => ({
    label: group.label,
    options: [...group.children].map((option) => ({ option, words: fold(`${group.label} ${option.textContent}`) })),
  }));
  const label = Object.assign(document.createElement("label"), {
    className: "form-label",
    htmlFor: `${select.id}-search`,
    textContent: select.dataset.searched,
  });
  const input = Object.assign(document.createElement("input"), {
    type: "search",
    id: `${select.id}-search`,
    className: "form-control",
    autocomplete: "off",
  });
  const status = Object.assign(document.createElement("p"), { className: "form-text mb-2" });
  status.setAttribute("role", "status");
  const box = document.createElement("div");
  box.className = "ebg-select-search";
  box.append(label, input, status);
  document.querySelector(`label[for="${select.id}"]`).before(box);
  input.addEventListener("input", () => {
    const asked = fold(input.value).split(/\s+/).filter(Boolean);
    const chosen = select.value;
    const first = select.options[0];
    select.replaceChildren(first);
    let found = 0;
    for (const { label: head, options } of groups) {
      const left = options.filter(
        ({ option, words }) => option.value === chosen || asked.every((word) => words.includes(word)),
      );
      if (!left.length) continue;
      found += left.length;
      const group = document.createElement("optgroup");
      group.label = head;
      group.append(...left.map(({ option }) => option));
      select.append(group);
    }
    select.value = chosen;
    if (select.selectedIndex < 0) select.selectedIndex = 0;
    status.textContent = asked.length ? `${found} ${select.dataset.found}` : "";
  });
}

for (const select of document.querySelectorAll("select[data-by-nature]")) {
  const nature = document.getElementById(select.dataset.byNature);
  if (!nature) continue;
  const groups = [...select.querySelectorAll("optgroup")];
  const follow = () => {
    const kept = select.value;
    for (const group of groups) group.remove();
    select.append(...groups.filter((group) => !nature.value || group.dataset.nature === nature.value));
    select.value = kept;
    if (select.selectedIndex < 0) select.selectedIndex = 0;
  };
  nature.addEventListener("change", follow);
  follow();
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("button[data-fills]");
  if (!button) return;
  const field = document.getElementById(button.dataset.fills);
  field.value = button.dataset.value;
  field.focus();
});

// A button that only a script can serve is hidden until there is one.
const suggested = document.getElementById("act_number_next");
if (suggested) {
  const reveal = () => {
    for (const button of suggested.querySelectorAll("button[hidden]")) button.hidden = false;
  };
  new MutationObserver(reveal).observe(suggested, { childList: true, subtree: true });
  reveal();
}
