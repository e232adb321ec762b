// Checks what is drawn a moment after the last stroke, and shows it on the canvas and in a list.
// An answer to an older drawing is thrown away.

import { h, button, later } from "./dom.js";

const AFTER = 300;
const WORDS = { error: ["Erreur", "×"], warning: ["Remarque", "!"] };

export class Check {
  constructor(place, { modeler, address, file, send, source, go, heard }) {
    Object.assign(this, { place, modeler, address, file, send, source, go, heard, asked: 0, shown: 0, overlays: [], problems: [] });
    this.soon = later(() => this.run(), AFTER);
  }

  /** A stroke was made: `place.dataset.state` is « waiting » until what is shown speaks of it. */
  stroke() {
    this.place.dataset.state = "waiting";
    this.last = performance.now();
    this.soon();
  }

  async run() {
    const number = ++this.asked;
    this.flight?.abort();
    const flight = (this.flight = new AbortController());
    this.place.dataset.state = "waiting";
    try {
      const text = await this.source();
      const { ok, body } = await this.send(this.address, { files: { [this.file]: text } }, flight.signal);
      if (number !== this.asked) return;
      if (!ok) throw new Error(body.message ?? "");
      this.show(body.problems);
      this.took = performance.now() - this.last;
      this.place.dataset.state = "shown";
    } catch (failure) {
      if (number !== this.asked) return;
      this.place.dataset.state = "failed";
      this.title(`Le contrôle ne répond pas${failure.message ? ` : ${failure.message}` : ""}. Il reprendra à la prochaine modification.`);
    }
  }

  title(text) {
    this.place.querySelector("[data-ebg-count]").textContent = text;
  }

  show(problems) {
    this.problems = problems;
    const counts = new Map();
    for (const { element_id: id } of problems) if (id) counts.set(id, (counts.get(id) ?? 0) + 1);
    this.list(problems);
    this.draw(problems);
    this.heard(counts, problems);
  }

  list(problems) {
    const errors = problems.filter(({ severity }) => severity === "error").length, rest = problems.length - errors;
    const say = (number, word) => `${number} ${word}${number > 1 ? "s" : ""}`;
    this.title(problems.length ? [errors && say(errors, "erreur"), rest && say(rest, "remarque")].filter(Boolean).join(", ") : "Rien à corriger.");
    this.place.querySelector("[data-ebg-problems]").replaceChildren(...problems.map((problem) => this.line(problem)));
  }

  line(problem) {
    const { file, element_id: id, element_name: name, message, severity } = problem;
    const [word, sign] = WORDS[severity] ?? WORDS.error;
    const drawn = id && this.modeler.get("elementRegistry").get(id);
    const who = name && id && name !== id ? `${name} (${id})` : name || id;
    const where = who && (drawn ? button(who, () => this.go(id), { className: "btn btn-link btn-sm ebg-bpmn-goto" }) : h("span", { className: "ebg-bpmn-who" }, who));
    return h("li", { className: `ebg-bpmn-problem ${severity}` },
      h("span", { className: "ebg-bpmn-severity" }, h("span", { "aria-hidden": "true" }, `${sign} `), word),
      file !== this.file && h("span", { className: "ebg-bpmn-file" }, file), where, h("span", { className: "ebg-bpmn-message" }, message));
  }

  draw(problems) {
    const overlays = this.modeler.get("overlays"), registry = this.modeler.get("elementRegistry");
    for (const one of this.overlays) overlays.remove(one);
    this.overlays = [];
    const told = new Map();
    for (const { file, element_id: id, message, severity } of problems)
      if (id && file === this.file) told.set(id, [...(told.get(id) ?? []), { message, severity }]);
    for (const [id, all] of told) {
      const element = registry.get(id);
      if (!element?.parent) continue;
      const severity = all.some((one) => one.severity === "error") ? "error" : "warning";
      const html = h("div", { className: `ebg-bpmn-mark ${severity}`, title: all.map(({ message }) => message).join("\n") }, `${WORDS[severity][1]} ${all.length}`);
      this.overlays.push(overlays.add(id, "ebg-check", { position: element.waypoints ? { top: -10, left: 0 } : { top: -12, right: 14 }, html }));
    }
  }
}
