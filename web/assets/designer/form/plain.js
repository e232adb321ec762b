// The accessible editor of a form: its questions as a list of ordinary fields.

import { area, button, choice, el, field, iconButton, input, settings, t, tick } from "../elements.js";
import * as form from "./questions.js";
import { NAMES, PROPERTIES, SETTINGS } from "./words.js";

const { profile } = settings;

export class PlainView {
  // `renamed(old, new)` is told when a key that other files may read has changed.
  constructor(pane, changed, renamed) {
    Object.assign(this, { pane, changed, renamed });
    this.past = [];
    this.open_ones = new Set();
  }

  open(text) {
    this.form = form.parse(text);
    this.source = text;
    this.touched = false;
    this.past = [];
    this.draw();
  }

  text() {
    return this.touched ? form.write(this.form) : this.source;
  }

  touch() {
    this.touched = true;
    this.changed();
  }

  act(change, spot) {
    this.past.push(JSON.stringify(this.form));
    const focus = change() ?? spot;
    this.draw();
    (this.pane.querySelector(`[data-ebg-spot="${CSS.escape(focus ?? "")}"]`) ?? this.pane.querySelector("[data-ebg-spot=undo]")).focus();
    this.touch();
  }

  undo() {
    if (!this.past.length) return;
    this.form = JSON.parse(this.past.pop());
    this.draw();
    this.pane.querySelector("[data-ebg-spot=undo]").focus();
    this.touch();
  }

  draw() {
    // Asked of the page itself: the event that tells of an unfolding comes after it.
    for (const { open, dataset } of this.pane.querySelectorAll("details[data-ebg-path]"))
      this.open_ones[open ? "add" : "delete"](dataset.ebgId ?? dataset.ebgPath);
    this.pane.replaceChildren(
      this.list(this.form.components, "components"),
      el("p", { class: "mt-3" }, button(t("Annuler le dernier ajout, retrait ou déplacement"), () => this.undo(), { "data-ebg-spot": "undo", "aria-disabled": String(!this.past.length) })),
    );
    this.problems(this.told ?? []);
  }

  list(list, path) {
    const kinds = Object.keys(profile.keys).map((type) => [type, t(NAMES[type])]);
    let type = kinds[0][0];
    const add = () =>
      this.act(() => {
        const made = form.make(this.form, type);
        list.push(made);
        this.open_ones.add(made.id);
        return `${path}[${list.length - 1}]`;
      });
    return el(
      "div",
      {},
      list.length ? el("ol", { class: "ebg-questions" }, list.map((one, at) => this.question(one, list, at, `${path}[${at}]`))) : el("p", { class: "text-body-secondary" }, t("Aucune question pour le moment.")),
      el("div", { class: "ebg-adding" }, field(path === "components" ? t("Ajouter au formulaire") : t("Ajouter à ce groupe"), choice(type, kinds, (value) => (type = value))), button(t("Ajouter"), add)),
    );
  }

  question(one, list, at, path) {
    const title = el("span", { class: "ebg-question-title" });
    const about = el("span", { class: "text-body-secondary" });
    const acts = el("div", { class: "ebg-row-acts mt-2" });
    const entitle = () => {
      const said = one.label || one.dateLabel || one.timeLabel || one.properties?.["ebg:label"] || one.text?.slice(0, 80) || one.key || t("Sans libellé");
      title.textContent = said;
      acts.replaceChildren(...this.acts(one, list, at, path));
      about.textContent = [NAMES[one.type] ? t(NAMES[one.type]) : String(one.type), one.key ?? one.path].filter(Boolean).join(", ");
    };
    entitle();
    const why = form.outside(one);
    const id = one.id ?? path;
    return el(
      "li",
      {},
      el(
        "details",
        { class: "ebg-question", open: this.open_ones.has(id), "data-ebg-path": path, "data-ebg-id": one.id },
        el("summary", { "data-ebg-spot": path }, title, " ", about),
        el(
          "div",
          { class: "ebg-question-body" },
          el("ul", { class: "ebg-remarks", "data-ebg-remarks": "" }),
          why ? el("div", { class: "alert alert-danger" }, el("div", {}, why)) : this.fields(one, entitle),
          acts,
        ),
      ),
      form.BOXES.includes(one.type) ? el("div", { class: "ebg-inside" }, this.list((one.components ??= []), `${path}.components`)) : null,
    );
  }

  acts(one, list, at, path) {
    const name = one.label || one.key || t("ce composant");
    const parent = path.replace(/\[\d+\]$/, "");
    const move = (by) => this.act(() => void form.shift(list, at, by), `${parent}[${at + by}]`);
    const homes = form.homes(this.form, one);
    const here = homes.findIndex((home) => home.list === list);
    const go = (to) =>
      this.act(() => {
        list.splice(at, 1);
        homes[to].list.push(one);
        return [...form.walk(this.form.components)].find(({ component }) => component === one).path;
      });
    return [
      iconButton("arrow-up", t("Monter « {name} »", { name }), () => move(-1), { "aria-disabled": String(at === 0) }),
      iconButton("arrow-down", t("Descendre « {name} »", { name }), () => move(1), { "aria-disabled": String(at + 1 === list.length) }),
      iconButton("trash", t("Retirer « {name} »", { name }), () => this.act(() => void list.splice(at, 1), `${parent}[${Math.max(0, at - 1)}]`)),
      homes.length > 1 ? field(t("Groupe"), choice(String(here), homes.map((home, i) => [String(i), home.label]), (to) => go(Number(to)))) : "",
    ];
  }

  fields(one, entitle) {
    const put = (path, read = (value) => value) => (value) => (form.put(one, path, read(value)), entitle(), this.touch());
    const kinds = Object.keys(profile.keys).filter((type) => form.BOXES.includes(type) === form.BOXES.includes(one.type));
    const type = field(t("Sorte"), choice(one.type, kinds.map((kind) => [kind, t(NAMES[kind])]), (value) => this.act(() => void form.retype(one, value, this.form), this.pane.querySelector(`[data-ebg-id="${CSS.escape(one.id ?? "")}"]`)?.dataset.ebgPath)));
    const admitted = (path) => {
      const [head, rule] = path.split(".");
      if (!profile.keys[one.type].includes(head)) return false;
      return head !== "validate" || rule === "required" || (profile.validations[one.type] ?? []).includes(rule);
    };
    const shown = SETTINGS.filter(({ path, only }) => admitted(path) && (!only || only(one)));
    const make = (setting) => this.setting(one, setting, put);
    const own = profile.properties[one.type];
    return el(
      "div",
      {},
      el("div", { class: "ebg-fields" }, type, shown.filter(({ more }) => !more).map(make)),
      el(
        "details",
        { class: "ebg-more mt-2" },
        el("summary", {}, t("Autres réglages")),
        el("div", { class: "ebg-fields" }, shown.filter(({ more }) => more).map(make), own.map((name) => this.property(one, name, put))),
      ),
    );
  }

  setting(one, { path, label, kind, help, options, wide }, put) {
    const value = form.got(one, path);
    const how = { help: help ? t(help) : "", wide };
    const naming = path === "key" || path === "path" ? { onchange: ({ target }) => this.renamed(value, target.value) } : {};
    switch (kind) {
      case "tick":
        return tick(t(label), Boolean(value), put(path));
      case "untick": // true unless said otherwise
        return tick(t(label), value !== false, (checked) => ((one[path] = checked), this.touch()));
      case "prose":
        return field(t(label), area(value, put(path), { class: "form-control" }), how);
      case "area":
        return field(t(label), area(value, put(path)), how);
      case "number":
        return field(t(label), input(value, put(path, number), { inputmode: "decimal" }), how);
      case "choice":
        return field(t(label), choice(value ?? "", options.map(([key, name]) => [key, t(name)]), put(path)), how);
      case "choices":
        return field(t(label), area(form.choices(value), put(path, form.readChoices), { rows: 4 }), how);
      default:
        return field(t(label), input(value, put(path), naming), how);
    }
  }

  property(one, name, put) {
    const path = `properties/${name}`;
    const { label, help } = PROPERTIES[name];
    const value = form.got(one, path) ?? "";
    const list = { "ebg:type": profile.formats[one.type] ?? [], "ebg:autocomplete": profile.autocomplete, "ebg:shared": profile.shared, "ebg:reserved": ["true"] }[name];
    const options = list && ["", ...new Set([...list, ...(value ? [value] : [])])].map((key) => [key, key || t("(aucun)")]);
    return field(t(label), options ? choice(value, options, put(path)) : input(value, put(path)), { help: help ? t(help) : name });
  }

  // Opens the question that an address or a remark names, by its path or its id.
  reveal(name) {
    const places = [...this.pane.querySelectorAll("[data-ebg-path]")];
    const place = places.find(({ dataset }) => name && (dataset.ebgPath === name || dataset.ebgId === name));
    if (!place) return;
    place.open = true;
    place.querySelector("summary").focus();
  }

  problems(found) {
    this.told = found;
    for (const old of this.pane.querySelectorAll("[data-ebg-remarks] > li, .ebg-question-mark")) old.remove();
    for (const { element_id, message, severity } of found) {
      const place = [...this.pane.querySelectorAll("[data-ebg-path]")].filter(({ dataset }) => dataset.ebgPath === element_id || dataset.ebgId === element_id || element_id.startsWith(`${dataset.ebgPath}.`)).at(-1);
      if (!place) continue;
      const kind = severity === "error" ? t("Erreur") : t("Remarque");
      place.querySelector("[data-ebg-remarks]").append(el("li", { class: `ebg-remark ebg-remark-${severity}` }, el("strong", {}, kind), " ", message));
      if (!place.querySelector(".ebg-question-mark")) place.querySelector("summary").append(el("span", { class: "ebg-question-mark ebg-badge ebg-badge-late" }, kind));
    }
  }
}

// A number when it is one; else a text, such as FEEL after « = ».
function number(typed) {
  const text = typed.trim().replace(",", ".");
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : typed.trim();
}
