// A diagram in a fold is fetched when the fold is opened, once.

for (const fold of document.querySelectorAll("[data-ebg-diagram-fold]"))
  fold.addEventListener("toggle", () => open(fold.querySelector("[data-ebg-diagram-later]")), { once: true });

async function open(place) {
  if (!place) return;
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: place.dataset.ebgStyle });
  const library = Object.assign(document.createElement("script"), { src: place.dataset.ebgLibrary });
  await Promise.all([style, library].map((one) => new Promise((done) => {
    one.addEventListener("load", done);
    document.head.append(one);
  })));
  place.dataset.ebgDiagram = place.dataset.ebgDiagramLater;
  await import(place.dataset.ebgViewer);
}
