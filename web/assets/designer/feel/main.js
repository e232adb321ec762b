// The page « Essayer une expression »: entry `designer-feel`.

import "../designer.css";
import { Samples } from "../samples.js";
import { Trying } from "./trying.js";

const place = (name) => document.querySelector(`[data-ebg-place="${name}"]`);
const samples = new Samples(place("samples"));
new Trying(place("trying"), () => samples.data, { expression: new URLSearchParams(location.search).get("expression") ?? "" });
document.querySelector("[data-ebg-editor]").removeAttribute("aria-busy");
