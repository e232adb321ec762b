// Small conveniences over pages that work without them.

import htmx from "htmx.org/dist/htmx.esm.js";
import "./autosave.js";
import "./csrf.js";
import "./diagrams.js";
import "./dropzone.js";
import "./focus.js";
import "./menus.js";
import "./once.js";
import "./presence.js";
import "./refresh.js";

window.htmx = htmx;
