// Small conveniences over pages that work without them.

import htmx from "htmx.org/dist/htmx.esm.js";
import "./acts.js";
import "./annotate.js";
import "./autosave.js";
import "./csrf.js";
import "./diagrams.js";
import "./dropzone.js";
import "./focus.js";
import "./keyboard.js";
import "./live.js";
import "./menus.js";
import "./once.js";
import "./presence.js";
import "./preview.js";
import "./refresh.js";
import "./selection.js";
import "./select-all.js";
import "./session.js";
import "./stamp.js";
import "./signing.js";
import "./undo.js";
import "./weight.js";

window.htmx = htmx;
