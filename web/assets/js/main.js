// Small conveniences over pages that work without them.

import htmx from "htmx.org/dist/htmx.esm.js";
import "./csrf.js";
import "./dropzone.js";
import "./focus.js";
import "./live.js";
import "./menus.js";
import "./once.js";
import "./refresh.js";

window.htmx = htmx;
