// The bpmn.io editor of forms, with the components that we publish and our own properties.

import { FormEditor, TextFieldEntry, isTextFieldEntryEdited } from "@bpmn-io/form-js-editor";
import { settings, t } from "../elements.js";
import { outside, parse, walk, write } from "./questions.js";
import { NAMES, PROPERTIES } from "./words.js";

const { profile } = settings;

// The palette and what may change into what: our profile, by the names of our own editor.
class Restricted {
  static $inject = ["formFields"];

  constructor({ _formFields: known }) {
    for (const [type, Field] of Object.entries(known)) {
      if (type === "default") continue;
      if (!profile.keys[type]) delete known[type];
      else known[type] = named(Field, t(NAMES[type]));
    }
  }
}

function named(Field, name) {
  const ours = (props) => Field(props);
  return Object.assign(ours, Field, { config: { ...Field.config, name } });
}

// A module-level component: one made at each drawing would lose what is being typed.
function PropertyEntry({ element, id, name, edit }) {
  const { label, help } = PROPERTIES[name];
  return TextFieldEntry({
    element,
    id,
    label: t(label),
    description: help ? t(help) : name,
    debounce: (change) => change,
    getValue: () => element.properties?.[name] ?? "",
    setValue: (value) => {
      const { [name]: _, ...others } = element.properties ?? {};
      const properties = value ? { ...others, [name]: value } : others;
      edit(element, ["properties"], Object.keys(properties).length ? properties : undefined);
    },
  });
}

class OurProperties {
  static $inject = ["propertiesPanel"];

  constructor(panel) {
    panel.registerProvider(this, 400);
  }

  getGroups(field, edit) {
    return (groups) => {
      const names = profile.properties[field?.type] ?? [];
      const kept = groups.filter(({ id }) => id !== "custom-values");
      if (!names.length) return kept;
      const entries = names.map((name) => ({ id: `ebg-${name}`, name, element: field, edit, component: PropertyEntry, isEdited: isTextFieldEntryEdited }));
      return [...kept, { id: "ebg", label: t("Réglages de la plateforme"), entries }];
    };
  }
}

const ours = {
  __init__: ["restricted", "ourProperties"],
  restricted: ["type", Restricted],
  ourProperties: ["type", OurProperties],
};

export class DrawingView {
  constructor(pane, changed) {
    this.canvas = pane.querySelector("[data-ebg-canvas]");
    this.changed = changed;
  }

  async open(text) {
    const form = parse(text);
    for (const { component } of walk(form.components)) {
      const why = outside(component);
      if (why) throw new Error(t("{why} Retirez-le dans la vue « Questions » ou « Texte ».", { why }));
    }
    this.editor ??= this.make();
    this.opening = true;
    try {
      await this.editor.importSchema(form);
    } catch (failure) {
      throw new Error(t("Le dessin ne sait pas lire ce formulaire : {why}", { why: failure.message }));
    } finally {
      this.opening = false;
    }
    this.source = text;
    this.touched = false;
  }

  make() {
    const editor = new FormEditor({ container: this.canvas, additionalModules: [ours] });
    editor.on("changed", () => {
      if (this.opening) return;
      this.touched = true;
      this.changed();
    });
    return editor;
  }

  text() {
    return this.touched ? write(this.editor.saveSchema()) : this.source;
  }
}
