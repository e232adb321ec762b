// Words and lines of vendors' code exchanged while it is bundled, where they offer no other way.
// A line that is no longer there stops the build: a new version is looked at again.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FORM_WORDS } from "./designer/form/french.mjs";

const FORM_EDITOR = "@bpmn-io/form-js-editor/dist/index.es.js";

// Styles go to an adopted sheet: a <style> element is refused by our content policy.
const STYLES = ["style-mod/src/style-mod.js", [["if (!root.head && root.adoptedStyleSheets", "if (root.adoptedStyleSheets"]]];

// form-js does not give the entry of which its own properties panel is made.
const ENTRY = ["export { ContextPadModule,", "export { TextfieldEntry as TextFieldEntry, isEdited as isTextFieldEntryEdited, ContextPadModule,"];

// After each change it gives the focus to the component on the canvas, away from the field of the
// properties panel where one is typing.
const FOCUS = [
  "if (selection.isSelected(field)) {\n      ref.current.focus();",
  'if (selection.isSelected(field) && !document.activeElement?.closest(".fjs-properties-container")) {\n      ref.current.focus();',
];

// It ships no translation: its English stands in quotes, after a few words that announce it.
const REMOVE = ["`Remove ${entry.label}`", "`Retirer : ${entry.label}`"];
const words = Object.entries(FORM_WORDS).map(([english, french]) => [quoted(english), JSON.stringify(french)]);

function quoted(text) {
  const plain = text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&").replace(/'/g, "\\\\?'");
  return new RegExp(`(?<=(?:label|title|placeholder|children|description|tooltip|text|name|emptyPlaceholder|message|'aria-label'|"aria-label"): |translate\\(|return |[?:] |placeholderLabel = |ariaLabel: )(['"])${plain}\\1`, "g");
}

export const exchange = (modules) => ({
  name: "exchange",
  setup(build) {
    for (const [file, pairs] of [STYLES, [FORM_EDITOR, [...words, ENTRY, FOCUS, REMOVE]]]) {
      const path = join(modules, file);
      const filter = new RegExp(`${file.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")}$`);
      build.onLoad({ filter }, () => {
        let contents = readFileSync(path, "utf8");
        for (const [from, to] of pairs) {
          const changed = contents.replaceAll(from, () => to);
          if (changed === contents) throw new Error(`${file} no longer holds ${from}`);
          contents = changed;
        }
        return { contents, loader: "js" };
      });
    }
  },
});
