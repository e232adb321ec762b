// What BPMN's or our own description of the format lacks, so that a file is saved as it was opened.

const SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core";
const TEXT = [{ name: "text", isBody: true, type: "String" }, { name: "others", type: "Element", isMany: true }];
const AS_NAMED = { ComplexBehaviorDefinition: ["condition", "event"] };

/** Children that bpmn-moddle would write under the name of their type. */
export function mendNames(moddle) {
  for (const [type, names] of Object.entries(AS_NAMED))
    for (const one of moddle.registry.typeMap[`bpmn:${type}`].properties)
      if (names.includes(one.ns.localName)) one.xml = { serialize: "property" };
}

/** Extensions of our namespace that we do not know: kept as they are, for the check to tell. */
export function knowExtensions(moddle, xml) {
  const bound = [...xml.matchAll(/xmlns:([\w.-]+)\s*=\s*["']([^"']+)["']/g)].filter(([, , uri]) => uri === SPIFF);
  const { packageMap, typeMap } = moddle.registry;
  for (const [, prefix] of bound)
    for (const [, name] of xml.matchAll(new RegExp(`<${prefix}:([A-Za-z_]\\w*)`, "g"))) {
      const type = name[0].toUpperCase() + name.slice(1);
      if (typeMap[`spiffworkflow:${type}`]) continue;
      moddle.registry.registerType({ name: type, superClass: ["Element"], properties: TEXT.map((one) => ({ ...one })) }, packageMap.spiffworkflow);
    }
}
