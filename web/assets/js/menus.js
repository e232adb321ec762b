// <details class="ebg-menu"> closes on Escape, and when one looks elsewhere.

function close(except) {
  for (const menu of document.querySelectorAll(".ebg-menu[open]"))
    if (!menu.contains(except)) menu.open = false;
}

document.addEventListener("click", ({ target }) => close(target));
document.addEventListener("focusin", ({ target }) => close(target));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector(".ebg-menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
