// What a file names and does not define stays written: a list of data to repeat over is a name and
// not an element (`loopDataInputRef`), and a reference to nothing is for the check to tell.

const FOLLOWED = new Set(["bpmnElement", "processRef"]); // bpmn-js goes there, and must find something

/** A thing that only bears an id, as the writer of references wants it. */
export const named = (id) => (id ? { id, get: () => [] } : undefined);

/** Put back the references of a parsed file that lead to nothing. Returns how many. */
export function keepReferences({ references = [], elementsById = {} }) {
  let kept = 0;
  for (const { element, property, id } of references) {
    const lost = !elementsById[id] && !FOLLOWED.has(plain(property)) && !element.$type.includes("di:");
    if (!lost) continue;
    const one = element.$descriptor.propertiesByName[property];
    if (one.isMany) element.get(one.name).push(named(id));
    else element.set(one.name, named(id));
    kept++;
  }
  return kept;
}

const plain = (property) => property.split(":").pop();
