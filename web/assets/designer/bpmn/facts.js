// Reads and writes what a diagram says beyond its drawing. Every write is one stroke, to be undone
// in one.

import { is, getBusinessObject } from "bpmn-js/lib/util/ModelUtil";
import { named } from "./references.js";

const SPIFF = "spiffworkflow";

export class Facts {
  constructor(modeler) {
    this.modeling = modeler.get("modeling");
    this.factory = modeler.get("bpmnFactory");
    this.modeler = modeler;
  }

  // Attributes and children

  set(element, holder, values) {
    const bo = getBusinessObject(element);
    if (holder === bo) this.modeling.updateProperties(element, values);
    else this.modeling.updateModdleProperties(element, holder, values);
  }

  /** The text of a child element that is an expression, as `conditionExpression`. */
  text = (holder, name) => holder?.get(name)?.body ?? "";

  setText(element, holder, name, body) {
    const value = body ? this.child("bpmn:FormalExpression", holder, { body }) : undefined;
    this.set(element, holder, { [name]: value });
  }

  setReference(element, holder, name, id) {
    const known = this.roots().find((root) => root.id === id);
    this.set(element, holder, { [name]: known ?? named(id) });
  }

  documentation = (bo) => (bo.documentation ?? []).map(({ text }) => text ?? "").join("\n\n");

  setDocumentation(element, bo, text) {
    const documentation = text ? [this.child("bpmn:Documentation", bo, { text })] : [];
    this.modeling.updateModdleProperties(element, bo, { documentation });
  }

  child(type, parent, values) {
    const made = this.factory.create(type, values);
    made.$parent = parent;
    return made;
  }

  // Our extensions

  extension = (holder, type) =>
    holder?.extensionElements?.values?.find(({ $type }) => $type === `${SPIFF}:${type}`);

  said = (holder, type) => (this.extension(holder, type)?.text ?? "").trim();

  say(element, holder, type, text) {
    this.setExtension(element, holder, type, text ? { text } : null);
  }

  setExtension(element, holder, type, values) {
    const around = holder.extensionElements;
    const others = around?.values ?? [];
    const old = this.extension(holder, type);
    if (!old && !values) return;
    const kept = values && this.factory.create(`${SPIFF}:${type}`, values);
    const all = old ? others.map((one) => (one === old ? kept : one)).filter(Boolean) : [...others, kept];
    const extensionElements = all.length ? this.child("bpmn:ExtensionElements", holder, { values: all }) : undefined;
    for (const one of all) one.$parent = extensionElements;
    this.modeling.updateModdleProperties(element, holder, { extensionElements });
  }

  property(holder, name) {
    const found = this.extension(holder, "Properties")?.values ?? [];
    return found.find((one) => one.name === name)?.value ?? "";
  }

  setProperty(element, holder, name, value) {
    const bag = this.extension(holder, "Properties");
    const old = bag?.values ?? [];
    const made = value ? this.factory.create(`${SPIFF}:Property`, { name, value }) : null;
    const there = old.some((one) => one.name === name);
    const values = there ? old.map((one) => (one.name === name ? made : one)).filter(Boolean) : [...old, ...(made ? [made] : [])];
    const keep = values.length || bag?.others?.length;
    this.setExtension(element, holder, "Properties", keep ? { values, others: bag?.others } : null);
  }

  // What a service task asks for

  operator = (bo) => this.extension(bo, "ServiceTaskOperator");

  parameters = (bo) => Object.fromEntries((this.operator(bo)?.list?.values ?? []).map(({ id, value }) => [id, value ?? ""]));

  setOperator(element, bo, { id, resultVariable, parameters }) {
    const list = this.factory.create(`${SPIFF}:Parameters`, {
      values: parameters.map(([key, value]) => this.factory.create(`${SPIFF}:Parameter`, { id: key, type: "any", value })),
    });
    const others = this.operator(bo)?.others;
    this.setExtension(element, bo, "ServiceTaskOperator",
      id ? { id, list, others, ...(resultVariable && { resultVariable }) } : null);
  }

  // What stands beside the processes: messages, signals, errors, escalations

  roots = () => this.modeler.getDefinitions().get("rootElements");

  ofType = (type) => this.roots().filter((one) => is(one, type));

  /** The id of the root of this type and name, made if there is none. */
  rootNamed(element, type, name, values) {
    const known = this.ofType(type).find((one) => one.name === name || one.errorCode === name || one.escalationCode === name);
    if (known) return known.id;
    const definitions = this.modeler.getDefinitions();
    const made = this.child(type, definitions, { name, ...values });
    this.modeling.updateModdleProperties(element, definitions, { rootElements: [...this.roots(), made] });
    return made.id;
  }
}
