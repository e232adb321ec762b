// A name has changed: which other files of the draft still use the old one.

import { ask, el, settings, t } from "./elements.js";

// A function of (old, new) that says so in `place`.
export const usages = (place) => async (before, after) => {
  if (!before || before === after) return;
  let found;
  try {
    ({ found } = await ask(settings.urls.usages, { name: before, except: settings.file }));
  } catch {
    return; // a courtesy: what is typed goes on without it
  }
  place.replaceChildren();
  if (!found.length) return;
  place.append(
    el(
      "div",
      { class: "alert alert-warning" },
      el(
        "div",
        {},
        el("p", {}, t("« {before} » s’appelle maintenant « {after} ». L’ancien nom est encore écrit ailleurs dans le brouillon :", { before, after })),
        el("ul", {}, found.map(({ file, url, line, text }) => el("li", {}, el("a", { href: url }, file), ` (${t("ligne {line}", { line })}) : `, el("code", {}, text)))),
      ),
    ),
  );
};
