// Trying a FEEL expression: what it gives on sample data, or where it is wrong.
//
// In any editor's panel, whose settings have urls.feel (and urls.samples for Samples):
//   new Trying(place, () => samples.data, { expression: "montant > 10" })

import { area, ask, choice, el, field, input, plain, settings, t } from "../elements.js";

export class Trying {
  constructor(place, data, { expression = "" } = {}) {
    this.data = data;
    this.kind = "expression";
    this.tested = "";
    const typed = field(t("Expression"), area(expression, () => this.hush(), { rows: 3 }), { wide: true });
    this.box = typed.querySelector("textarea");
    const value = field(t("Valeur que regarde la cellule"), input("", (text) => (this.tested = text)));
    value.hidden = true;
    const kinds = [["expression", t("Une expression")], ["unary", t("Une cellule de table")]];
    const turn = (kind) => ((this.kind = kind), (value.hidden = kind !== "unary"));
    this.answer = el("div", { role: "status", class: "mt-3" });
    place.append(
      el(
        "form",
        { onsubmit: (event) => (event.preventDefault(), this.run()) },
        el("div", { class: "ebg-fields" }, field(t("C’est"), choice(this.kind, kinds, turn)), value, typed),
        el("p", { class: "mt-3 mb-0" }, el("button", { class: "btn btn-primary", type: "submit" }, t("Essayer l’expression"))),
      ),
      this.answer,
    );
  }

  async run() {
    try {
      const data = { ...this.data() };
      if (this.kind === "unary") data["?"] = plain(this.tested);
      const { value, type, notes, error, at } = await ask(settings.urls.feel, { expression: this.box.value, data, kind: this.kind });
      if (error) return this.wrong(error, at);
      this.box.removeAttribute("aria-invalid");
      this.answer.replaceChildren(
        el("p", { class: "mb-1" }, el("strong", {}, t("Résultat :")), " ", el("code", {}, value === null ? t("rien (null)") : JSON.stringify(value)), ` (${type})`),
        notes?.length ? el("ul", {}, notes.map((note) => el("li", {}, note))) : "",
      );
    } catch (failure) {
      this.wrong(failure.message, null);
    }
  }

  // The character where reading stopped is shown in the text, and selected in the field.
  wrong(message, at) {
    const text = this.box.value;
    const shown = typeof at === "number" ? el("pre", { class: "ebg-pointed" }, text.slice(0, at), el("mark", {}, text[at] ?? "⏎"), text.slice(at + 1)) : "";
    this.box.setAttribute("aria-invalid", "true");
    this.answer.replaceChildren(el("div", { class: "alert alert-danger" }, el("div", {}, el("p", {}, message), shown)));
    if (typeof at !== "number") return;
    this.box.focus();
    this.box.setSelectionRange(at, at + 1);
  }

  hush() {
    this.box.removeAttribute("aria-invalid");
    this.answer.replaceChildren();
  }
}
