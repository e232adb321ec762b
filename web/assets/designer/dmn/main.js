// The editor of decision tables: entry `designer-dmn`.

import "./main.css";
import { Editor, textView } from "../editor.js";
import { usages } from "../usages.js";
import { DrawingView } from "./drawing.js";
import { PlainView } from "./plain.js";
import { Trial } from "./trial.js";

const root = document.querySelector("[data-ebg-editor]");
const place = (name) => root.querySelector(`[data-ebg-place="${name}"]`);
const changed = () => editor.changed();
const plain = new PlainView(place("view-plain"), changed, usages(place("usages")));
const views = {
  plain,
  drawing: new DrawingView(place("view-drawing"), changed),
  text: textView(place("view-text"), changed),
};
const trial = new Trial(place("trial"), () => editor.text(), (rules) => plain.applied(rules));
const editor = new Editor(root, views, { changed: () => trial.renew() });
await editor.start("plain");
trial.renew();
