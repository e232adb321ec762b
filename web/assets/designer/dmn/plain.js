// The accessible editor of a DMN file: tables of ordinary fields, worked by the keyboard alone.

import { area, button, choice, el, field, iconButton, input, rename, t } from "../elements.js";
import * as xml from "./table.js";

const TYPES = ["", "string", "number", "boolean", "date", "time", "dateTime", "dayTimeDuration", "yearMonthDuration"];
const SUMS = ["", "SUM", "MIN", "MAX", "COUNT"];
const POLICIES = {
  UNIQUE: "Une seule règle s’applique (UNIQUE)",
  FIRST: "La première qui s’applique (FIRST)",
  ANY: "Toutes donnent le même résultat (ANY)",
  PRIORITY: "La plus importante (PRIORITY)",
  COLLECT: "Tous les résultats (COLLECT)",
  "RULE ORDER": "Tous, dans l’ordre des règles (RULE ORDER)",
  "OUTPUT ORDER": "Tous, par importance (OUTPUT ORDER)",
};
const SUM_NAMES = { "": "Liste", SUM: "Somme (SUM)", MIN: "Le plus petit (MIN)", MAX: "Le plus grand (MAX)", COUNT: "Nombre (COUNT)" };

export class PlainView {
  // `renamed(old, new)` is told when a name that other files may read has changed.
  constructor(pane, changed, renamed) {
    Object.assign(this, { pane, changed, renamed });
    this.past = [];
  }

  open(text) {
    this.source = text;
    this.doc = xml.parse(text);
    this.past = [];
    this.touched = false;
    this.draw();
  }

  text() {
    const text = xml.write(this.doc, this.source);
    return this.touched ? text : this.source;
  }

  touch() {
    this.touched = true;
    this.changed();
  }

  // A change of shape: it can be taken back, and the focus goes where `focus` says.
  act(change, focus) {
    this.past.push(xml.write(this.doc, this.source));
    const changed = change();
    this.draw();
    const place = focus && this.pane.querySelector(`[data-ebg-spot="${focus}"]`);
    (place ?? this.pane.querySelector("[data-ebg-spot=undo]"))?.focus();
    place?.select?.(); // what a new cell holds is there to be typed over
    this.touch();
    return changed;
  }

  undo() {
    const before = this.past.pop();
    if (before === undefined) return;
    this.doc = xml.parse(before);
    this.draw();
    this.pane.querySelector("[data-ebg-spot=undo]")?.focus();
    this.touch();
  }

  draw() {
    const found = xml.decisions(this.doc);
    // Asked of the page itself: the event that tells of an unfolding comes after it.
    const unfolded = [...this.pane.querySelectorAll("[data-ebg-columns][open]")];
    this.unfolded = new Set(unfolded.map((one) => Number(one.dataset.ebgColumns)));
    this.pane.replaceChildren(
      ...found.map((decision, at) => this.decision(decision, at)),
      el(
        "div",
        { class: "d-flex flex-wrap gap-2 mt-3" },
        button(t("Ajouter une table"), () => this.act(() => xml.addDecision(this.doc, t("Nouvelle table")), `name-${found.length}`)),
        button(t("Annuler le dernier ajout, retrait ou déplacement"), () => this.undo(), { "data-ebg-spot": "undo", "aria-disabled": String(!this.past.length) }),
      ),
    );
    this.problems(this.told ?? []);
  }

  decision(decision, at) {
    const { element, name, id, table, expression } = decision;
    const heading = el("h2", { class: "h4", id: `decision-${at}` }, name || id);
    const named = el(
      "div",
      { class: "ebg-fields" },
      field(t("Nom de la décision"), input(name, (value) => (element.setAttribute("name", value), (heading.textContent = value || id), this.touch()), { "data-ebg-spot": `name-${at}` })),
      field(t("Identifiant"), input(id, (value) => (element.setAttribute("id", value), this.touch()), { onchange: ({ target }) => this.renamed(id, target.value) }), {
        help: t("C’est par lui que le diagramme appelle la décision."),
      }),
    );
    const section = el("section", { class: "ebg-decision", "aria-labelledby": `decision-${at}`, "data-ebg-decision": id }, heading, named);
    if (table) section.append(...this.table(table, at, name || id));
    else if (expression)
      section.append(field(t("Expression FEEL"), area(xml.textOf(expression), (value) => (xml.setText(expression, value), this.touch()), { rows: 4 }), { wide: true }));
    else section.append(el("p", { class: "text-body-secondary" }, t("Cette décision n’est ni une table ni une expression : modifiez-la dans la vue « Dessin » ou « Texte ».")));
    return section;
  }

  table(table, at, name) {
    const found = xml.read(table);
    return [
      el("div", { class: "ebg-fields" }, ...this.policy(table, found)),
      el("ul", { class: "ebg-remarks", "data-ebg-remarks": name }),
      this.columns(table, found, at),
      this.rules(table, at, name),
      el("p", { class: "mt-2" }, button(t("Ajouter une règle"), () => this.act(() => xml.addRule(table, found.rules.length), `${at}-${found.rules.length}-0`))),
    ];
  }

  rules(table, at, name) {
    const found = xml.read(table);
    const title = t("Règles de « {name} »", { name });
    const heads = [
      ...found.inputs.map((one) => column(t("Si"), one.label || one.expression)),
      ...found.outputs.map((one) => column(t("Alors"), one.label || one.name)),
      column("", t("Note de la règle")),
      ...found.annotations.map((one) => column("", one.name)),
    ];
    const head = el("tr", {}, el("th", { scope: "col" }, t("N°")), heads, el("th", { scope: "col" }, t("Actions")));
    const body = found.rules.map((rule, row) => this.rule(rule, row, found, at));
    const drawn = el("table", { class: "table ebg-rules" }, el("caption", { class: "caption-top" }, title), el("thead", {}, head), el("tbody", {}, body));
    return el("div", { class: "table-responsive", role: "region", tabindex: "0", "aria-label": title, "data-ebg-rules": at }, drawn);
  }

  // A column has another name: the rules say it. They stay where they are, for the finger that
  // leaves the name may be on one of their buttons.
  renew(table, at) {
    const old = this.pane.querySelector(`[data-ebg-rules="${at}"]`);
    const name = old.closest("section").querySelector("[data-ebg-remarks]").dataset.ebgRemarks;
    const fresh = this.rules(table, at, name);
    old.querySelector("thead").replaceWith(fresh.querySelector("thead"));
    for (const { dataset, ariaLabel } of fresh.querySelectorAll("textarea"))
      old.querySelector(`[data-ebg-spot="${dataset.ebgSpot}"]`).ariaLabel = ariaLabel;
  }

  policy(table, { policy, aggregation }) {
    const collect = field(t("Réunir par"), choice(aggregation, SUMS.map((one) => [one, t(SUM_NAMES[one])]), (value) => (xml.setPolicy(table, "COLLECT", value), this.touch())));
    collect.hidden = policy !== "COLLECT";
    const change = (value) => {
      xml.setPolicy(table, value, value === "COLLECT" ? aggregation : "");
      collect.hidden = value !== "COLLECT";
      this.touch();
    };
    const known = Object.entries(POLICIES).map(([key, label]) => [key, t(label)]);
    return [field(t("Quand plusieurs règles s’appliquent"), choice(policy, known, change), { wide: "two" }), collect];
  }

  rule(rule, row, found, at) {
    const { element } = rule;
    const number = row + 1;
    const cell = (kind, index, text, label, spot) =>
      el(
        "td",
        {},
        el("textarea", {
          class: "form-control ebg-code",
          rows: Math.min(6, text.split("\n").length),
          spellcheck: "false",
          "aria-label": t("Règle {number}, {label}", { number, label }),
          "data-ebg-spot": spot,
          value: text,
          oninput: ({ target }) => {
            if (kind) xml.setCell(element, kind, index, target.value);
            else xml.setNote(element, target.value);
            this.touch();
          },
        }),
      );
    const name = (label, other) => label || other;
    const redraw = (change, focus) => this.act(change, focus);
    const shift = (by) => redraw(() => xml.move(element, by), `${at}-${row + by}-0`);
    return el(
      "tr",
      { "data-ebg-rule": number },
      el("th", { scope: "row" }, String(number), el("span", { class: "ebg-applies", hidden: true }, t("s’applique"))),
      rule.inputs.map((text, i) => cell("inputEntry", i, text, name(found.inputs[i].label, found.inputs[i].expression), `${at}-${row}-${i}`)),
      rule.outputs.map((text, i) => cell("outputEntry", i, text, name(found.outputs[i].label, found.outputs[i].name), `${at}-${row}-${rule.inputs.length + i}`)),
      cell(null, 0, rule.note, t("note"), `${at}-${row}-note`),
      rule.annotations.map((text, i) => cell("annotationEntry", i, text, found.annotations[i].name, `${at}-${row}-a${i}`)),
      el(
        "td",
        {},
        el(
          "div",
          { class: "ebg-row-acts" },
          iconButton("arrow-up", t("Monter la règle {number}", { number }), () => shift(-1), { "aria-disabled": String(row === 0) }),
          iconButton("arrow-down", t("Descendre la règle {number}", { number }), () => shift(1), { "aria-disabled": String(row + 1 === found.rules.length) }),
          iconButton("plus-lg", t("Ajouter une règle après la règle {number}", { number }), () => redraw(() => xml.addRule(element.parentNode, row + 1), `${at}-${row + 1}-0`)),
          iconButton("trash", t("Retirer la règle {number}", { number }), () => redraw(() => xml.removeRule(element), `${at}-${Math.max(0, row - (row + 1 === found.rules.length))}-0`)),
        ),
      ),
    );
  }

  columns(table, found, at) {
    const kinds = [
      ["input", t("Conditions"), found.inputs, t("Ajouter une condition")],
      ["output", t("Résultats"), found.outputs, t("Ajouter un résultat")],
      ["annotation", t("Annotations"), found.annotations, t("Ajouter une annotation")],
    ];
    return el(
      "details",
      { class: "ebg-more mb-3", open: this.unfolded.has(at), "data-ebg-columns": at },
      el("summary", {}, t("Colonnes de la table")),
      el("div", { }, kinds.map(([kind, title, all, add]) => [
        el("h3", { class: "h6" }, title),
        all.map((one, i) => this.column(kind, one, i, all.length, at)),
        el("p", {}, button(add, () => this.act(() => xml.addColumn(table, kind), `${kind}-${at}-${all.length}`))),
      ])),
    );
  }

  column(kind, one, i, count, at) {
    const { element } = one;
    const spot = { "data-ebg-spot": `${kind}-${at}-${i}` };
    const types = [...new Set([...TYPES, one.type])].map((type) => [type, type || t("n’importe lequel")]);
    const put = (change) => (value) => (change(value), this.touch());
    const attribute = (name) => put((value) => xml.set(element, name, value));
    const redrawn = { onchange: () => (entitle(), this.renew(element.parentNode, at)) };
    const fields =
      kind === "input"
        ? [
            field(t("Libellé"), input(one.label, attribute("label"), { ...spot, ...redrawn })),
            field(t("Expression regardée"), input(one.expression, put((text) => xml.setExpression(element, { text })), { class: "form-control ebg-code" })),
            field(t("Type"), choice(one.type, types, put((type) => xml.setExpression(element, { type })))),
            field(t("Valeurs admises"), input(one.values, put((text) => xml.setPart(element, "inputValues", text)), { class: "form-control ebg-code" })),
          ]
        : kind === "output"
          ? [
              field(t("Libellé"), input(one.label, attribute("label"), { ...spot, ...redrawn })),
              field(t("Nom"), input(one.name, attribute("name"), { class: "form-control ebg-code", onchange: ({ target }) => (this.renamed(one.name, target.value), entitle(), this.renew(element.parentNode, at)) })),
              field(t("Type"), choice(one.type, types, attribute("typeRef"))),
              field(t("Valeurs admises"), input(one.values, put((text) => xml.setPart(element, "outputValues", text)), { class: "form-control ebg-code" })),
              field(t("Valeur si aucune règle ne s’applique"), input(one.otherwise, put((text) => xml.setPart(element, "defaultOutputEntry", text)), { class: "form-control ebg-code" })),
            ]
          : [field(t("Nom"), input(one.name, attribute("name"), { ...spot, ...redrawn }))];
    const legend = el("legend", { class: "h6" });
    const moves = [
      ["Déplacer « {name} » vers la gauche", iconButton("arrow-left", "", () => this.act(() => xml.moveColumn(element, -1), `${kind}-${at}-${i - 1}`), { "aria-disabled": String(i === 0) })],
      ["Déplacer « {name} » vers la droite", iconButton("arrow-right", "", () => this.act(() => xml.moveColumn(element, 1), `${kind}-${at}-${i + 1}`), { "aria-disabled": String(i + 1 === count) })],
      ["Retirer la colonne « {name} »", iconButton("trash", "", () => this.act(() => xml.removeColumn(element), `${kind}-${at}-${Math.max(0, i - 1)}`))],
    ];
    // The buttons stay, for the same reason as the rules.
    const entitle = () => {
      const name = element.getAttribute("label") || element.getAttribute("name") || one.expression || String(i + 1);
      legend.textContent = name;
      for (const [label, move] of moves) rename(move, t(label, { name }));
    };
    entitle();
    return el("fieldset", { class: "ebg-column" }, legend, el("div", { class: "ebg-fields" }, fields), el("div", { class: "ebg-row-acts" }, moves.map(([, move]) => move)));
  }

  // The server's sentences, beside the rules they name; those that name none, above the table.
  problems(found) {
    this.told = found;
    for (const old of this.pane.querySelectorAll(".ebg-remark-row, [data-ebg-remarks] > li")) old.remove();
    for (const list of this.pane.querySelectorAll("[data-ebg-remarks]")) {
      const name = list.dataset.ebgRemarks;
      const section = list.closest("section");
      const mine = found.filter(({ element_name, message }) => element_name === name || message.includes(`« ${name} »`));
      for (const { message, severity } of mine) {
        const rows = /[Rr]ègles? (\d+)(?: et (\d+))?/.exec(message)?.slice(1).filter(Boolean) ?? [];
        const kind = severity === "error" ? t("Erreur") : t("Remarque");
        if (!rows.length) list.append(el("li", { class: `ebg-remark ebg-remark-${severity}` }, el("strong", {}, kind), " ", message));
        for (const number of rows) {
          const row = section.querySelector(`[data-ebg-rule="${number}"]`);
          row?.after(el("tr", { class: "ebg-remark-row" }, el("td", { colspan: row.cells.length }, el("strong", {}, kind), " ", message)));
        }
      }
    }
  }

  // Which rules have just applied, in the decision tried: [{table, number}].
  applied(rules) {
    for (const row of this.pane.querySelectorAll("[data-ebg-rule]")) {
      const name = row.closest("section").querySelector("[data-ebg-remarks]").dataset.ebgRemarks;
      const applies = rules.some((rule) => rule.table === name && rule.number === Number(row.dataset.ebgRule));
      row.classList.toggle("ebg-applied", applies);
      row.querySelector(".ebg-applies").hidden = !applies;
    }
  }
}

const column = (about, label) => el("th", { scope: "col" }, about ? el("span", { class: "ebg-about" }, about) : "", " ", label);
