// A file dropped on a .ebg-dropzone goes into its file input, which stays usable as it is.

const zoneOf = (event) => event.target.closest?.(".ebg-dropzone");

for (const name of ["dragover", "dragleave", "drop"])
  document.addEventListener(name, (event) => {
    const zone = zoneOf(event);
    if (!zone) return;
    event.preventDefault();
    zone.classList.toggle("over", name === "dragover");
    if (name !== "drop") return;
    const input = zone.querySelector('input[type="file"]');
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
