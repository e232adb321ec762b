// Trying a decision on values one types: which rules apply, and what they give.

import { ask, button, el, field, input, nested, plain, settings, t, choice } from "../elements.js";

export class Trial {
  // `text` gives the file as it is; `applied` is told which rules have applied.
  constructor(place, text, applied) {
    Object.assign(this, { place, text, applied });
    this.typed = {};
    this.answer = el("div", { role: "status", class: "mt-3" });
    this.draw([]);
  }

  // Which decisions may be tried, and what they read; after each change of the text.
  async renew() {
    if ((await this.text()) !== this.tried) {
      this.answer.replaceChildren(); // what was tried is no longer what is written
      this.applied([]);
    }
    try {
      const { decisions } = await this.ask({});
      this.draw(decisions);
    } catch {
      // the problems of the file are said elsewhere: what can be tried stays as it was
    }
  }

  async ask(more) {
    return ask(settings.urls.decisions, { name: settings.file, text: await this.text(), ...more });
  }

  draw(decisions) {
    const same = JSON.stringify(decisions);
    if (same === this.drawn) return;
    this.drawn = same;
    const chosen = decisions.find(({ id }) => id === this.id) ?? decisions[0];
    this.id = chosen?.id;
    if (!chosen) return this.place.replaceChildren(el("p", { class: "mb-0 text-body-secondary" }, t("Corrigez d’abord les erreurs de ce fichier.")));
    const which = field(t("Décision à essayer"), choice(chosen.id, decisions.map(({ id, name }) => [id, name]), (id) => ((this.id = id), (this.drawn = ""), this.draw(decisions))));
    const fields = chosen.needs.map(({ path, label, type }) =>
      field(label === path ? path : `${label} (${path})`, input(this.typed[path] ?? "", (value) => (this.typed[path] = value), { "data-ebg-need": path }), { help: HELP[type] ? t(HELP[type]) : "" }),
    );
    const form = el("form", { onsubmit: (event) => (event.preventDefault(), this.run(chosen)) }, el("div", { class: "ebg-fields" }, decisions.length > 1 ? which : null, fields), el("p", { class: "mt-3 mb-0" }, el("button", { class: "btn btn-primary", type: "submit" }, t("Essayer"))));
    const { activeElement: typing } = document;
    const need = this.place.contains(typing) && typing.dataset.ebgNeed;
    this.place.replaceChildren(form, this.answer);
    if (!need) return;
    const again = [...form.elements].find(({ dataset }) => dataset.ebgNeed === need);
    again?.focus();
    again?.setSelectionRange(typing.selectionStart, typing.selectionEnd);
  }

  async run({ id, needs }) {
    const data = nested(Object.fromEntries(needs.map(({ path }) => [path, plain(this.typed[path] ?? "")])));
    this.tried = await this.text();
    try {
      const { result, rules, error } = await this.ask({ decision: id, data });
      if (error) this.answer.replaceChildren(el("div", { class: "alert alert-danger" }, el("div", {}, error)));
      else this.answer.replaceChildren(...said(result, rules));
      this.applied(rules ?? []);
    } catch (failure) {
      this.answer.replaceChildren(el("div", { class: "alert alert-danger" }, el("div", {}, failure.message)));
    }
  }
}

const HELP = {
  number: "Un nombre : 12,5",
  boolean: "vrai ou faux",
  date: "Une date : 2026-11-21",
  "date and time": "Un moment : 2026-11-21T10:00:00Z",
  string: "Un texte, sans guillemets",
};

function said(result, rules) {
  return [
    el("p", { class: "mb-1" }, el("strong", {}, t("Résultat :")), " ", el("code", {}, result === null ? t("rien (null)") : JSON.stringify(result))),
    rules.length
      ? el("ul", {}, rules.map(({ table, number, annotation, outputs }) => el("li", {}, t("« {table} », règle {number}", { table, number }), " → ", el("code", {}, JSON.stringify(outputs)), annotation ? ` (${annotation})` : "")))
      : el("p", {}, t("Aucune règle ne s’applique.")),
  ];
}
