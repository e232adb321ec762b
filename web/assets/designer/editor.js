// The frame of an editor: one text, several views of it, saving, and what the server says of it.
//
// A view is {open(text), text(), problems?(list), undo?()}: `open` throws an Error whose message
// is for people when it cannot show the text; the text view can show anything.

import { ask, button, el, settings, t } from "./elements.js";
import { DraftFile } from "./file.js";
import { download, forget, keep, kept } from "./keeping.js";

const PAUSE = 1200;

export class Editor {
  constructor(root, views, { changed } = {}) {
    this.root = root;
    root.editor = this; // for whoever looks at the page from outside: tests, extensions
    this.views = views;
    this.told = changed ?? (() => {});
    this.file = new DraftFile(settings.urls.file);
    this.name = null;
    this.place = (name) => root.querySelector(`[data-ebg-place="${name}"]`);
    for (const choice of root.querySelectorAll("[data-ebg-view]"))
      choice.addEventListener("click", () => this.show(choice.dataset.ebgView));
    this.on("save", () => this.save());
    this.on("check", () => this.check());
    this.on("download", async () => download(settings.file, await this.text()));
    this.place("upload")?.addEventListener("change", ({ target }) => this.upload(target));
    addEventListener("beforeunload", (event) => this.dirty && event.preventDefault());
    addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "s") event.preventDefault(), this.save();
    });
  }

  on(act, then) {
    this.root.querySelector(`[data-ebg-act="${act}"]`)?.addEventListener("click", then);
  }

  async start(first) {
    let text;
    try {
      text = await this.file.read();
    } catch (failure) {
      return this.say(failure.message, "danger");
    }
    if (!(await this.show(first, text))) await this.show("text", text);
    const mine = kept(this.file.address);
    if (mine && mine.text !== text) this.offer(mine);
    this.state();
    this.root.removeAttribute("aria-busy");
    this.check();
  }

  // Shows the same text in another view; stays where one is when that view cannot read it.
  async show(name, given) {
    const view = this.views[name];
    try {
      const text = given ?? (await this.text());
      const pane = this.place(`view-${name}`);
      const before = pane.hidden;
      pane.hidden = false; // what draws must be able to measure
      try {
        await view.open(text);
      } catch (failure) {
        pane.hidden = before;
        throw failure;
      }
      this.latest = text;
    } catch (failure) {
      this.say(failure.message, "danger");
      return false;
    }
    if (this.name !== name) this.hush();
    this.name = name;
    for (const choice of this.root.querySelectorAll("[data-ebg-view]"))
      choice.setAttribute("aria-pressed", String(choice.dataset.ebgView === name));
    for (const pane of this.root.querySelectorAll("[data-ebg-place^=view-]"))
      pane.hidden = pane.dataset.ebgPlace !== `view-${name}`;
    view.problems?.(this.problems ?? []);
    return true;
  }

  text() {
    return this.views[this.name].text();
  }

  get dirty() {
    return this.latest !== undefined && this.latest !== this.file.saved;
  }

  // Every view calls this after each change.
  async changed() {
    this.latest = await this.text();
    if (this.dirty) keep(this.file.address, this.latest);
    else forget(this.file.address);
    this.state();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.check();
      this.told(this.latest);
    }, PAUSE);
  }

  async save() {
    if (this.saving || settings.readOnly) return;
    this.saving = true;
    const text = await this.text();
    const answer = await this.file.write(text);
    this.saving = false;
    if (!answer.done) return this.refused(answer, text);
    this.hush();
    forget(this.file.address);
    this.state();
    this.show_problems(answer.problems);
  }

  refused({ reason, message, rev }, text) {
    const acts = [button(t("Télécharger ce que j’ai écrit"), () => download(settings.file, text))];
    if (reason === "stale") {
      acts.push(
        button(t("Enregistrer le mien par-dessus"), () => ((this.file.rev = rev === undefined ? null : String(rev)), this.save())),
        button(t("Reprendre le texte enregistré"), () => this.restart()),
      );
    } else acts.push(button(t("Essayer encore"), () => this.save()));
    this.say(message, "danger", acts);
  }

  async restart() {
    const mine = await this.text();
    const theirs = await this.file.read();
    if (!(await this.show(this.name, theirs))) await this.show("text", theirs);
    forget(this.file.address);
    this.state();
    this.check();
    this.say(t("Le texte enregistré est repris."), "info", [button(t("Télécharger ce que j’avais écrit"), () => download(settings.file, mine))]);
  }

  offer({ text, at }) {
    const when = new Date(at).toLocaleString(document.documentElement.lang);
    this.say(t("Un texte tapé le {when} n’a pas été enregistré.", { when }), "warning", [
      button(t("Le reprendre"), async () => {
        if (!(await this.show(this.name, text))) await this.show("text", text);
        else this.hush();
        this.changed();
      }),
      button(t("L’oublier"), () => (forget(this.file.address), this.hush())),
    ]);
  }

  async upload(input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    if (file.size > settings.largest) return this.say(t("Ce fichier dépasse 5 Mo : allégez-le."), "danger");
    const text = await file.text();
    const readable = await this.show(this.name, text);
    if (!readable) {
      const why = this.place("message").innerText;
      await this.show("text", text);
      this.say(why, "danger");
    }
    this.changed();
  }

  // What the server says of the text as it is; the latest question alone is listened to.
  async check() {
    this.asking?.abort();
    this.asking = new AbortController();
    try {
      const files = { [settings.file]: await this.text() };
      const { problems } = await ask(settings.urls.check, { files }, this.asking.signal);
      this.show_problems(problems);
    } catch (failure) {
      if (failure.name !== "AbortError") this.say(failure.message, "warning");
    }
  }

  show_problems(all) {
    this.problems = all.filter(({ file }) => file === settings.file);
    const others = all.length - this.problems.length;
    const rows = this.problems.map(({ message, severity, element_name }) =>
      el("li", { class: `ebg-remark ebg-remark-${severity}` }, el("strong", {}, severity === "error" ? t("Erreur") : t("Remarque")), " ", element_name ? `${element_name} : ` : "", message),
    );
    const place = this.place("problems");
    place.replaceChildren(
      rows.length ? el("ul", { class: "ebg-remarks" }, rows) : el("p", { class: "mb-0" }, t("Rien à signaler dans ce fichier.")),
      others ? el("p", { class: "mt-2 mb-0 text-body-secondary" }, t("{count} remarques concernent d’autres fichiers du brouillon.", { count: others })) : "",
    );
    this.views[this.name]?.problems?.(this.problems);
  }

  say(message, kind, acts = []) {
    this.place("message").replaceChildren(
      el("div", { class: `alert alert-${kind}` }, el("div", {}, el("p", {}, message), el("div", { class: "d-flex flex-wrap gap-2" }, acts))),
    );
  }

  hush() {
    this.place("message").replaceChildren();
  }

  state() {
    const place = this.place("state");
    place.textContent = settings.readOnly ? t("Lecture seule") : this.dirty ? t("Modifications non enregistrées") : t("Enregistré");
    place.className = `ebg-badge ${this.dirty ? "ebg-badge-warn" : "ebg-badge-ok"}`;
  }
}

// The view that shows any text, right or wrong.
export function textView(pane, changed) {
  const box = pane.querySelector("textarea");
  box.addEventListener("input", () => changed());
  return { open: (text) => void (box.value = text), text: () => box.value };
}
