// Data to try things on: from the catalogue of the draft, a scenario, or a running case that
// one may see. They are typed over at will, and kept nowhere.

import { area, ask, button, choice, el, field, input, settings, t } from "./elements.js";

export class Samples {
  constructor(place, changed = () => {}) {
    this.changed = changed;
    this.message = el("div", { role: "status" });
    this.kind = "catalogue";
    this.number = "";
    this.case = field(t("Numéro du dossier"), input("", (value) => (this.number = value)), { help: t("Un dossier de votre organisme que vous traitez.") });
    this.case.hidden = true;
    const kinds = [["catalogue", t("Un exemple de chaque donnée")], ...settings.scenarios.map((name) => [`scenario:${name}`, t("Le scénario « {name} »", { name })]), ["case", t("Un dossier en cours")]];
    const turn = (kind) => ((this.kind = kind), (this.case.hidden = kind !== "case"));
    const shown = field(t("Données d’exemple (JSON)"), area("{}", () => this.changed(), { rows: 10 }), { wide: true });
    this.box = shown.querySelector("textarea");
    place.append(
      el("div", { class: "ebg-fields" }, field(t("Prendre les données de"), choice(this.kind, kinds, turn)), this.case, el("div", {}, button(t("Prendre ces données"), () => this.take()))),
      this.message,
      shown,
    );
  }

  async take() {
    this.message.replaceChildren();
    try {
      const { data } = await ask(settings.urls.samples, { from: this.kind === "case" ? `case:${this.number.trim()}` : this.kind });
      this.box.value = JSON.stringify(data, null, 2);
      this.changed();
    } catch (failure) {
      this.message.replaceChildren(el("div", { class: "alert alert-danger" }, el("div", {}, failure.message)));
    }
  }

  // The data as typed. Throws an Error that says what is wrong with them.
  get data() {
    try {
      return JSON.parse(this.box.value || "{}");
    } catch (failure) {
      throw new Error(t("Les données d’exemple ne sont pas du JSON correct : {why}", { why: failure.message }));
    }
  }
}
