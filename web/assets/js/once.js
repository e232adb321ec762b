// A form that starts something is sent once, however many clicks; coming back frees it.

document.addEventListener("submit", (event) => {
  const { target: form } = event;
  if (!form.matches("[data-ebg-once]")) return;
  if (form.dataset.ebgSent) event.preventDefault();
  form.dataset.ebgSent = "yes";
});

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-ebg-sent]")) delete form.dataset.ebgSent;
});
