// bpmn-js as we want it: our words, our menus, our extensions, and nothing lost on the way.

import Modeler from "bpmn-js/lib/Modeler";
import TokenSimulation from "bpmn-js-token-simulation";
import french from "./french.js";
import inserting from "./inserting.js";
import { dropLooseEnds, layOut, undrawn } from "./layout.js";
import menus from "./menus.js";
import { keepReferences } from "./references.js";
import { knowExtensions, mendNames } from "./unknown.js";
import spiffworkflow from "./spiff.json";

/** A modeler in this place. `modeler.laidOut` says, after an import, that we drew the diagram. */
export function makeModeler(container) {
  const modeler = new Modeler({
    container,
    moddleExtensions: { spiffworkflow },
    additionalModules: [french, inserting, menus, TokenSimulation],
  });
  mendNames(modeler.get("moddle"));
  modeler.on("import.parse.start", ({ xml }) => knowExtensions(modeler.get("moddle"), xml));
  modeler.on("import.parse.complete", ({ error, definitions, ...parsed }) => {
    modeler.laidOut = modeler.partly = 0;
    if (error || !definitions) return;
    keepReferences(parsed);
    dropLooseEnds(definitions);
    const missing = undrawn(definitions).length;
    if (!missing && definitions.diagrams?.length) return;
    if (definitions.diagrams?.some(({ plane }) => plane?.planeElement?.length)) modeler.partly = missing;
    else {
      layOut(definitions, modeler.get("moddle"));
      modeler.laidOut = missing || 1;
    }
  });
  return modeler;
}

/** Draw everything anew from what the file says. */
export async function redraw(modeler) {
  const definitions = modeler.getDefinitions();
  layOut(definitions, modeler.get("moddle"));
  await modeler.importDefinitions(definitions);
}
