// The editor of a diagram: canvas in the middle, elements on the left, what they say on the right,
// what is to correct below.

import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "bpmn-js/dist/assets/bpmn-font/css/bpmn-codes.css";
import "bpmn-js-token-simulation/assets/css/bpmn-js-token-simulation.css";
import "../../css/designer-bpmn.css";
import { start } from "./editor.js";

for (const place of document.querySelectorAll("[data-ebg-bpmn]")) start(place);
