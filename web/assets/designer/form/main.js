// The editor of forms: entry `designer-form`.

import "./main.css";
import { Editor, textView } from "../editor.js";
import { usages } from "../usages.js";
import { DrawingView } from "./drawing.js";
import { PlainView } from "./plain.js";
import { Preview } from "./preview.js";

const root = document.querySelector("[data-ebg-editor]");
const place = (name) => root.querySelector(`[data-ebg-place="${name}"]`);
const changed = () => editor.changed();
const views = {
  plain: new PlainView(place("view-plain"), changed, usages(place("usages"))),
  drawing: new DrawingView(place("view-drawing"), changed),
  text: textView(place("view-text"), changed),
};
const preview = new Preview(place("preview"), () => editor.text());
const editor = new Editor(root, views, { changed: () => preview.renew() });
await editor.start("plain");
views.plain.reveal(decodeURIComponent(location.hash.slice(1)));
