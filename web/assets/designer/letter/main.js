// The editor of letters: entry `designer-letter`.

import "../designer.css";
import { button, choice, el, field, settings, t } from "../elements.js";
import { Editor, textView } from "../editor.js";
import { Samples } from "../samples.js";

const root = document.querySelector("[data-ebg-editor]");
const place = (name) => root.querySelector(`[data-ebg-place="${name}"]`);
const editor = new Editor(root, { text: textView(place("view-text"), () => editor.changed()) }, { changed: () => shown && show() });
const samples = new Samples(place("samples"));
const box = place("view-text").querySelector("textarea");
const form = place("preview").querySelector("form");
const frame = place("preview").querySelector("iframe");
let shown = false;

// Where one writes, the place of a datum.
function offer() {
  const known = settings.data.map(({ path, from }) => [path, from ? `${path} (${from})` : path]);
  if (!known.length) return;
  let path = known[0][0];
  const insert = () => {
    box.setRangeText(`{{ ${path} }}`, box.selectionStart, box.selectionEnd, "end");
    box.focus();
    editor.changed();
  };
  place("data").append(el("div", { class: "ebg-adding" }, field(t("Donnée du dossier"), choice(path, known, (value) => (path = value))), button(t("Insérer dans le texte"), insert)));
}

// In the frame as a page; in another tab as the PDF that will be sent.
async function show(pdf = false) {
  try {
    form.elements.data.value = JSON.stringify(samples.data);
  } catch (failure) {
    return editor.say(failure.message, "danger");
  }
  form.elements.source.value = await editor.text();
  form.elements.pdf.value = pdf ? "1" : "";
  form.target = pdf ? "_blank" : frame.name;
  if (!pdf) frame.hidden = !(shown = true);
  form.submit();
}

form.action = settings.urls.preview;
form.addEventListener("submit", (event) => (event.preventDefault(), show(event.submitter?.value === "pdf")));
offer();
editor.start("text");
